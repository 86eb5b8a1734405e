"""Upgrade: an `ingest.db` that an older smartward left gets the columns that today's has, filled as they would be."""

from __future__ import annotations

import sqlite3
from collections import Counter

from ingest import record

DEAD_LETTER_COLUMNS = {
    "account": "TEXT NOT NULL DEFAULT ''",
    "gateway": "TEXT NOT NULL DEFAULT ''",
    "replayed": "INTEGER NOT NULL DEFAULT 0",
    "replayed_ms": "INTEGER",
    "forgotten": "INTEGER NOT NULL DEFAULT 0",
}


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring the tables of this file up to date; does nothing to a file that is."""
    if "trimmed" not in _columns(connection, "account"):
        _add_recount_figures(connection)
    if not _columns(connection, "dead_letter").issuperset(DEAD_LETTER_COLUMNS):
        _widen_dead_letters(connection)


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


def _widen_dead_letters(connection: sqlite3.Connection) -> None:
    """Add what a replay needs, and name where each group was counted: its device, that device's gateway, or nobody."""
    present = _columns(connection, "dead_letter")
    for name, declared in DEAD_LETTER_COLUMNS.items():
        if name not in present:
            connection.execute(f"ALTER TABLE dead_letter ADD COLUMN {name} {declared}")
    rows = connection.execute("SELECT id, device, reason, topic FROM dead_letter").fetchall()
    for group, device, reason, topic in rows:
        account, gateway = device, topic.split("/")[2] if topic.count("/") > 1 else "(unknown)"
        if reason in ("bad_topic", "unknown_gateway"):
            account = gateway = "(unknown)"
        elif reason == "unknown_device":
            account = gateway
        connection.execute("UPDATE dead_letter SET account = ?, gateway = ? WHERE id = ?", (account, gateway, group))


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
