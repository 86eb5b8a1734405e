"""Upgrade: an `ingest.db` that an older smartward left gets the columns that today's has, filled as they would be."""

from __future__ import annotations

import sqlite3
from collections import Counter

from ingest import record


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring the tables of this file up to date; does nothing to a file that is."""
    if "trimmed" not in _columns(connection, "account"):
        _add_recount_figures(connection)
    if "account" not in _columns(connection, "dead_letter"):
        _name_accounts_of_dead_letters(connection)


def _add_recount_figures(connection: sqlite3.Connection) -> None:
    """Add the figures of a recount; what the journal no longer holds of the past counts as trimmed."""
    for column in ("trimmed", "expired", "repeated"):
        connection.execute(f"ALTER TABLE account ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    held: Counter[str] = Counter()
    for (body,) in connection.execute("SELECT body FROM log_record"):
        held.update(record.items_of(record.decode(body)))
    connection.execute("UPDATE account SET trimmed = stored + duplicates + waiting")
    connection.executemany(
        "UPDATE account SET trimmed = trimmed - ? WHERE device = ?", [(count, device) for device, count in held.items()]
    )


def _name_accounts_of_dead_letters(connection: sqlite3.Connection) -> None:
    """Name under which account each group was counted: its device, that device's gateway, or nobody's."""
    connection.execute("ALTER TABLE dead_letter ADD COLUMN account TEXT NOT NULL DEFAULT ''")
    for group, device, reason, topic in connection.execute(
        "SELECT id, device, reason, topic FROM dead_letter"
    ).fetchall():
        account = device
        if reason in ("bad_topic", "unknown_gateway"):
            account = "(unknown)"
        elif reason == "unknown_device":
            account = topic.split("/")[2]
        connection.execute("UPDATE dead_letter SET account = ? WHERE id = ?", (account, group))


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
