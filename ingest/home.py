"""Ingest's own file `ingest.db`: the journal and all that must commit together with its cursors.

An outside reader finds here, besides the journal's `log_*` tables:
`account` (ledger figures per device), `pack_boot` and `pack_ahead` (which packs are on disk), `recent_message`
(digests that tell a redelivery), `dead_letter` (groups of what was refused, `account` is where the ledger counts them)
with `dead_letter_message` (the newest of them as they came), `dead_letter_quota` and `dead_letter_past` (counts of
groups that have expired), `rule_state` and `ear` (what rules
remember of a device and when it was heard, MessagePack), `alert_condition` (JSON),
`standing_alert` (open alerts about clocks and about ourselves, JSON), `intake_minute` (items of each minute of the
last hour), `notification`, `presence` (JSON), `known` (the last registry seen, MessagePack)
and `feed` (number of the last change).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ingest.upgrade import upgrade
from smartward.log import DurableLog
from smartward.sqlite_file import Database

CURSORS = ("store", "rules")

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS account (
        device TEXT PRIMARY KEY, received INTEGER NOT NULL, stored INTEGER NOT NULL, duplicates INTEGER NOT NULL,
        dead_lettered INTEGER NOT NULL, waiting INTEGER NOT NULL, corrected INTEGER NOT NULL, thinned INTEGER NOT NULL,
        trimmed INTEGER NOT NULL DEFAULT 0, expired INTEGER NOT NULL DEFAULT 0, repeated INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS pack_boot (
        gateway TEXT NOT NULL, boot TEXT NOT NULL, ward TEXT NOT NULL, base INTEGER NOT NULL, through INTEGER NOT NULL,
        seen_ms INTEGER NOT NULL, PRIMARY KEY (gateway, boot)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS pack_ahead (
        gateway TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (gateway, boot, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS recent_message (
        number INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL, at_ms INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS dead_letter (
        id TEXT PRIMARY KEY, ward TEXT NOT NULL, device TEXT NOT NULL, reason TEXT NOT NULL, shape TEXT NOT NULL,
        detail TEXT NOT NULL, topic TEXT NOT NULL, count INTEGER NOT NULL, first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL, body BLOB NOT NULL, body_dropped INTEGER NOT NULL, change INTEGER NOT NULL,
        account TEXT NOT NULL DEFAULT '', gateway TEXT NOT NULL DEFAULT '', replayed INTEGER NOT NULL DEFAULT 0,
        replayed_ms INTEGER, forgotten INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS dead_letter_change ON dead_letter (change)",
    """CREATE TABLE IF NOT EXISTS dead_letter_message (
        number INTEGER PRIMARY KEY AUTOINCREMENT, group_id TEXT NOT NULL, received_ms INTEGER NOT NULL,
        topic TEXT NOT NULL, payload BLOB NOT NULL, retained INTEGER NOT NULL, parts TEXT NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS dead_letter_message_group ON dead_letter_message (group_id, number)",
    "CREATE INDEX IF NOT EXISTS dead_letter_message_age ON dead_letter_message (received_ms)",
    """CREATE TABLE IF NOT EXISTS dead_letter_quota (
        gateway TEXT PRIMARY KEY, day INTEGER NOT NULL, day_bytes INTEGER NOT NULL, held_bytes INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS dead_letter_past (account TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS rule_state (device TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS ear (device TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS alert_condition (
        id TEXT PRIMARY KEY, is_open INTEGER NOT NULL, body BLOB NOT NULL, change INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS alert_condition_change ON alert_condition (change)",
    "CREATE INDEX IF NOT EXISTS alert_condition_open ON alert_condition (is_open)",
    """CREATE TABLE IF NOT EXISTS notification (
        key TEXT PRIMARY KEY, state TEXT NOT NULL, due_ms INTEGER NOT NULL, body BLOB NOT NULL, change INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS notification_due ON notification (state, due_ms)",
    "CREATE INDEX IF NOT EXISTS notification_change ON notification (change)",
    """CREATE TABLE IF NOT EXISTS presence (
        device TEXT PRIMARY KEY, body BLOB NOT NULL, change INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS presence_change ON presence (change)",
    "CREATE TABLE IF NOT EXISTS standing_alert (key TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS intake_minute (
        minute INTEGER PRIMARY KEY, received INTEGER NOT NULL, refused INTEGER NOT NULL
    )""",
    "CREATE TABLE IF NOT EXISTS known (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, body BLOB)",
    "CREATE TABLE IF NOT EXISTS feed (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO feed (id, number) VALUES (1, 0)",
    "CREATE TABLE IF NOT EXISTS feed_cursor (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",
)


class Home:
    """The open file: its database and its journal."""

    def __init__(self, path: Path, *, max_journal_bytes: int | None = None) -> None:
        """Name the file; nothing is opened yet."""
        self.database = Database(path)
        self.journal = DurableLog(self.database, name="journal", cursors=CURSORS, max_body_bytes=max_journal_bytes)

    def open(self) -> None:
        """Open the file and make its tables; raises StoreUnavailable with what to do."""
        self.database.open()
        self.journal.open()
        with self.database.transaction() as connection:
            for statement in SCHEMA:
                connection.execute(statement)
            upgrade(connection)
            connection.execute("CREATE INDEX IF NOT EXISTS dead_letter_gateway ON dead_letter (gateway)")

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self.database.close()


def next_change(connection: sqlite3.Connection) -> int:
    """Give the next change that the mirror must carry its number; numbers grow in the order of commits."""
    (number,) = connection.execute("UPDATE feed SET number = number + 1 RETURNING number").fetchone()
    return int(number)
