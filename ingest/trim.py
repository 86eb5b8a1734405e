"""Trim: journal records that every reader has finished go, and the ledger keeps how many items they held."""

from __future__ import annotations

import sqlite3
from collections import Counter

from ingest import accounts, record
from smartward.ledger import Account
from smartward.log import DurableLog


def trim(journal: DurableLog, connection: sqlite3.Connection) -> None:
    """Remove finished records in this transaction and count their items as `trimmed`, device by device."""
    bodies = connection.execute(
        "SELECT body FROM log_record WHERE number <= (SELECT min(number) FROM log_cursor)"
    ).fetchall()
    if not bodies:
        return
    items: Counter[str] = Counter()
    for (body,) in bodies:
        items.update(record.items_of(record.decode(body)))
    accounts.add(connection, {device: Account(trimmed=count) for device, count in items.items()})
    journal.trim(connection)
