"""The durable log with named cursors: the edge's outbox and ingest's journal are both one.

It lives in a `Database` whose owner keeps other tables there too, so that a record, a cursor and the owner's own
rows commit in one transaction:

    journal = DurableLog(database, name="journal", cursors=("store", "rules", "mirror"))
    journal.open()
    with database.transaction() as connection:
        first, last = journal.append(connection, bodies, at_ms=now_ms)
    for record in journal.read(after=journal.cursor("rules"), limit=500):
        ...
    with database.transaction() as connection:
        ...                                       # what the reader made of the records
        journal.advance(connection, "rules", number=record.number)
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from smartward.errors import LogFull, StoreUnavailable
from smartward.sqlite_file import Database

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS log_head (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        name TEXT NOT NULL,
        boot TEXT NOT NULL,
        last INTEGER NOT NULL,
        records INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS log_record (
        number INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        body BLOB NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS log_cursor (
        name TEXT PRIMARY KEY,
        number INTEGER NOT NULL
    ) WITHOUT ROWID""",
)


class Record(NamedTuple):
    """One entry: its number in the log, when it was appended, and what was appended."""

    number: int
    at_ms: int
    body: bytes


class Size(NamedTuple):
    """How much a log holds now; `body_bytes` counts bodies, the file is somewhat larger."""

    records: int
    body_bytes: int


class DurableLog:
    """Numbered records on disk, and how far each named reader has come.

    Numbers are contiguous from 1 (but for a `skip`) and never given twice, whatever is trimmed and however often the
    process is killed.
    Methods that take a `connection` want the one of `Database.transaction()` and take effect with its commit; the
    others see only what is committed. A database holds one log.
    """

    def __init__(
        self, database: Database, *, name: str, cursors: Sequence[str] = (), max_body_bytes: int | None = None
    ) -> None:
        """Name the log and its readers; with `max_body_bytes` an append beyond it raises LogFull."""
        self.name = name
        self._database = database
        self._cursors = tuple(cursors)
        self._max_body_bytes = max_body_bytes
        self._boot = ""

    def open(self) -> None:
        """Create the tables where the file is new; raises StoreUnavailable when the file holds another log."""
        with self._database.transaction() as connection:
            for statement in SCHEMA:
                connection.execute(statement)
            connection.execute(
                "INSERT OR IGNORE INTO log_head (id, name, boot, last, records, bytes) VALUES (1, ?, ?, 0, 0, 0)",
                (self.name, secrets.token_hex(8)),
            )
            connection.executemany(
                "INSERT OR IGNORE INTO log_cursor (name, number) VALUES (?, 0)", [(name,) for name in self._cursors]
            )
            found, boot = connection.execute("SELECT name, boot FROM log_head").fetchone()
        if found != self.name:
            raise StoreUnavailable(
                f"{self._database.path} holds the log {found!r}, not {self.name!r}. Use its own file"
            )
        self._boot = str(boot)

    @property
    def boot(self) -> str:
        """Name this log for ever: a random id, new only when the file is new."""
        return self._boot

    def append(self, connection: sqlite3.Connection, bodies: Sequence[bytes], *, at_ms: int) -> tuple[int, int]:
        """Add records in order and give the first and the last number; raises LogFull at the limit.

        Without bodies nothing is added and first is last + 1.
        """
        last, held = connection.execute("SELECT last, bytes FROM log_head").fetchone()
        added = sum(map(len, bodies))
        if self._max_body_bytes is not None and held + added > self._max_body_bytes:
            raise LogFull(
                f"{self._database.path}: the {self.name} holds {held} of at most {self._max_body_bytes} bytes "
                f"and cannot take {added} more. Raise its limit, or let its readers catch up"
            )
        connection.executemany(
            "INSERT INTO log_record (number, at_ms, body) VALUES (?, ?, ?)",
            [(number, at_ms, body) for number, body in enumerate(bodies, start=last + 1)],
        )
        connection.execute(
            "UPDATE log_head SET last = last + ?1, records = records + ?1, bytes = bytes + ?2", (len(bodies), added)
        )
        return last + 1, last + len(bodies)

    def skip(self, connection: sqlite3.Connection, *, to: int) -> None:
        """Leave numbers up to `to` unused: somebody has seen records under them that this file no longer knows."""
        connection.execute("UPDATE log_head SET last = max(last, ?)", (to,))

    def replace(self, connection: sqlite3.Connection, number: int, *, body: bytes) -> None:
        """Put another body in a record's place, under the same number; a trimmed record stays trimmed."""
        found = connection.execute("SELECT length(body) FROM log_record WHERE number = ?", (number,)).fetchone()
        if found is None:
            return
        connection.execute("UPDATE log_record SET body = ? WHERE number = ?", (body, number))
        connection.execute("UPDATE log_head SET bytes = bytes + ?", (len(body) - found[0],))

    def read(self, *, after: int, limit: int) -> list[Record]:
        """List the records numbered above `after`, in order, at most `limit` of them."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, at_ms, body FROM log_record WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
            )
            return [Record(*row) for row in rows]

    def cursor(self, name: str) -> int:
        """Tell the number up to which a reader has finished; 0 for one that has not begun."""
        with self._database.reading() as connection:
            found = connection.execute("SELECT number FROM log_cursor WHERE name = ?", (name,)).fetchone()
        return int(found[0]) if found else 0

    def cursors(self) -> dict[str, int]:
        """Tell how far every reader has come."""
        with self._database.reading() as connection:
            return {str(name): int(number) for name, number in connection.execute("SELECT * FROM log_cursor")}

    def advance(self, connection: sqlite3.Connection, name: str, *, number: int) -> None:
        """Note that a reader has finished up to a number; a smaller one than before changes nothing."""
        connection.execute(
            "INSERT INTO log_cursor (name, number) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET number = max(number, excluded.number)",
            (name, number),
        )

    def trim(self, connection: sqlite3.Connection, *, before_ms: int | None = None) -> int:
        """Remove what every reader has finished, from the oldest on, and give how many records went.

        With `before_ms` the first record appended at or after it ends the trimming. Without any reader nothing goes.
        """
        slowest = connection.execute("SELECT min(number) FROM log_cursor").fetchone()[0] or 0
        if before_ms is not None:
            young = connection.execute(
                "SELECT min(number) FROM log_record WHERE number <= ? AND at_ms >= ?", (slowest, before_ms)
            ).fetchone()[0]
            slowest = slowest if young is None else min(slowest, young - 1)
        freed = connection.execute(
            "SELECT coalesce(sum(length(body)), 0) FROM log_record WHERE number <= ?", (slowest,)
        ).fetchone()[0]
        gone = connection.execute("DELETE FROM log_record WHERE number <= ?", (slowest,)).rowcount
        connection.execute("UPDATE log_head SET records = records - ?, bytes = bytes - ?", (gone, freed))
        return int(gone)

    def last(self) -> int:
        """Give the number of the newest record ever appended; 0 before the first."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT last FROM log_head").fetchone()[0])

    def size(self) -> Size:
        """Tell how much the log holds now."""
        with self._database.reading() as connection:
            return Size(*connection.execute("SELECT records, bytes FROM log_head").fetchone())
