"""The ledger's figures, kept where they happen: each change commits with the journal or the cursor that caused it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from smartward.instants import MINUTE_MS
from smartward.ledger import Account, Ledger, total_of

FIELDS = Account.__struct_fields__

_ADD = (
    f"INSERT INTO account (device, {', '.join(FIELDS)}) VALUES (?{', ?' * len(FIELDS)}) "  # noqa: S608  # our own names
    f"ON CONFLICT (device) DO UPDATE SET {', '.join(f'{field} = {field} + excluded.{field}' for field in FIELDS)}"
)
_LIST = f"SELECT device, {', '.join(FIELDS)} FROM account"  # noqa: S608  # our own names


def add(connection: sqlite3.Connection, changes: Mapping[str, Account]) -> None:
    """Add to the figures of each device; a negative `waiting` takes away."""
    connection.executemany(
        _ADD, [(device, *(getattr(account, field) for field in FIELDS)) for device, account in changes.items()]
    )


def add_minute(connection: sqlite3.Connection, changes: Mapping[str, Account], *, now_ms: int) -> None:
    """Count what came in and what was refused in this minute; those of the last hour are kept."""
    minute = now_ms // MINUTE_MS
    received = sum(account.received for account in changes.values())
    refused = sum(account.dead_lettered for account in changes.values())
    if received:
        connection.execute(
            "INSERT INTO intake_minute (minute, received, refused) VALUES (?, ?, ?) ON CONFLICT (minute) DO UPDATE "
            "SET received = received + excluded.received, refused = refused + excluded.refused",
            (minute, received, refused),
        )
        connection.execute("DELETE FROM intake_minute WHERE minute NOT BETWEEN ? AND ?", (minute - 60, minute))


def ledger(connection: sqlite3.Connection, *, as_of_ms: int) -> Ledger:
    """Read all figures as they stand in this one transaction."""
    devices = {device: Account(*figures) for device, *figures in connection.execute(_LIST)}
    return Ledger(as_of_ms, total_of(devices), devices)
