"""The adapter's own small file: what each journal's newest batch was answered, and where each event's point is.

InfluxDB overwrites in silence and remembers no batch. So a batch's answer is on this disk (fsync) before its first
point leaves, and an event is known here by its id, which InfluxDB can only find by reading all events.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from smartward.adapters.influx.plan import Place, Speaker
from smartward.adapters.influx.stretch import DAY, Stretch
from smartward.errors import LogFull, StoreUnavailable
from smartward.ports import Batch, Count
from smartward.sqlite_file import Database

TABLES = (
    """CREATE TABLE IF NOT EXISTS receipt (
        journal TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL, answer BLOB NOT NULL, is_final INTEGER NOT NULL
        ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS place (
        event_id TEXT NOT NULL PRIMARY KEY, ward TEXT NOT NULL, device TEXT NOT NULL, at_ns INTEGER NOT NULL
        ) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX IF NOT EXISTS place_is_taken ON place (device, at_ns)",
    """CREATE TABLE IF NOT EXISTS left_place (
        ward TEXT NOT NULL, device TEXT NOT NULL, at_ns INTEGER NOT NULL, PRIMARY KEY (ward, device, at_ns)
        ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS dirty (
        ward TEXT NOT NULL, device TEXT NOT NULL, type TEXT NOT NULL, span TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (ward, device, type, span, at)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS mark (file TEXT NOT NULL PRIMARY KEY, turn INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS fact (name TEXT NOT NULL PRIMARY KEY, value NOT NULL) WITHOUT ROWID",
    "INSERT OR IGNORE INTO fact (name, value) VALUES ('file', lower(hex(randomblob(8)))), ('turn', 0)",
)

PUT_DIRTY = "INSERT OR IGNORE INTO dirty (ward, device, type, span, at) VALUES (?, ?, ?, ?, ?)"


class Receipt(msgspec.Struct, frozen=True):
    """What a batch was answered; not final before the server's refusals are counted in."""

    number: int
    counts: dict[str, Count]
    is_final: bool


class Receipts:
    """One SQLite file with one writing process; every method raises StoreUnavailable when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(path, cache_kib=1_024)

    def open(self) -> None:
        """Create or open the file."""
        self._database.open()
        try:
            self._write(TABLES)
        except StoreUnavailable:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._database.close()

    def newest(self, journal: str) -> Receipt | None:
        """Find the receipt of a journal's newest batch."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT number, answer, is_final FROM receipt WHERE journal = ?", (journal,)
            ).fetchone()
        return Receipt(row[0], msgspec.json.decode(row[1], type=dict[str, Count]), bool(row[2])) if row else None

    def keep(
        self,
        batch: Batch,
        counts: Mapping[str, Count],
        *,
        moved: Mapping[str, Place],
        left: Iterable[Place],
        dirty: Iterable[Stretch],
    ) -> None:
        """Remember what a batch will be answered, where its events go and come from, and what it makes dirty."""
        with self._transaction() as connection:
            connection.execute("UPDATE fact SET value = value + 1 WHERE name = 'turn'")
            _put_receipt(connection, batch, counts, is_final=False)
            connection.executemany("INSERT OR IGNORE INTO left_place VALUES (?, ?, ?)", left)
            connection.executemany(PUT_DIRTY, [(*stretch.speaker, *stretch[1:]) for stretch in dirty])
            connection.executemany(
                "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?)", [(name, *place) for name, place in moved.items()]
            )

    def finish(self, batch: Batch, counts: Mapping[str, Count], *, lost: Iterable[str]) -> None:
        """Remember an answer with its refusals; `lost` are events that are nowhere now."""
        with self._transaction() as connection:
            _put_receipt(connection, batch, counts, is_final=True)
            connection.executemany("DELETE FROM place WHERE event_id = ?", [(event_id,) for event_id in lost])

    def left_places(self) -> list[Place]:
        """List the places that are to be marked as superseded."""
        with self._database.reading() as connection:
            return [Place(*row) for row in connection.execute("SELECT ward, device, at_ns FROM left_place")]

    def forget_left(self, places: Iterable[Place]) -> None:
        """Forget places that are marked now."""
        with self._transaction() as connection:
            connection.executemany("DELETE FROM left_place WHERE ward = ? AND device = ? AND at_ns = ?", places)

    def places(self, event_ids: Iterable[str]) -> dict[str, Place]:
        """Find where events are; those never seen are absent."""
        found: dict[str, Place] = {}
        with self._database.reading() as connection:
            for event_id in event_ids:
                row = connection.execute(
                    "SELECT ward, device, at_ns FROM place WHERE event_id = ?", (event_id,)
                ).fetchone()
                if row:
                    found[event_id] = Place(*row)
        return found

    def forget_before(self, at_ns: int) -> None:
        """Forget events that the server does not keep any more."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM place WHERE at_ns < ?", (at_ns,))

    def owner(self, device: str, at_ns: int) -> str:
        """Say which event is at a place; empty when none is."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT event_id FROM place WHERE device = ? AND at_ns = ?", (device, at_ns)
            ).fetchone()
        return str(row[0]) if row else ""

    def dirty(self) -> list[Stretch]:
        """List what is to be rolled up."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT ward, device, type, span, at FROM dirty ORDER BY at").fetchall()
        return [Stretch(Speaker(*row[:3]), *row[3:]) for row in rows]

    def learn_dirty(self, stretches: Iterable[Stretch]) -> None:
        """Take in what is to be rolled up, as the server says."""
        with self._transaction() as connection:
            connection.executemany(PUT_DIRTY, [(*stretch.speaker, *stretch[1:]) for stretch in stretches])

    def clean(self, stretches: Iterable[Stretch]) -> None:
        """Forget what has been rolled up."""
        with self._transaction() as connection:
            connection.executemany(
                "DELETE FROM dirty WHERE ward = ? AND device = ? AND type = ? AND span = ? AND at = ?",
                [(*stretch.speaker, *stretch[1:]) for stretch in stretches],
            )

    def timezone(self) -> str:
        """Say whose days are rolled up; empty before the first."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT value FROM fact WHERE name = 'timezone'").fetchone()
        return str(row[0]) if row else ""

    def keep_days_of(self, timezone: str) -> None:
        """Roll up the days of this zone from now on, and forget those of another."""
        with self._transaction() as connection:
            if connection.execute("SELECT 1 FROM fact WHERE name = 'timezone'").fetchone():
                connection.execute("DELETE FROM dirty WHERE span = ?", (DAY,))
            connection.execute("INSERT OR REPLACE INTO fact (name, value) VALUES ('timezone', ?)", (timezone,))

    def mark(self) -> tuple[str, int]:
        """Give this file's own id and how many batches it has seen."""
        with self._database.reading() as connection:
            facts = dict(connection.execute("SELECT name, value FROM fact"))
        return str(facts["file"]), int(facts["turn"])

    def known_marks(self) -> dict[str, int]:
        """List other files' marks whose events are known here."""
        with self._database.reading() as connection:
            return dict(connection.execute("SELECT file, turn FROM mark"))

    def learn_places(self, places: Iterable[tuple[str, Place]]) -> None:
        """Take in where events are, as the server says."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?)", [(name, *place) for name, place in places]
            )

    def learn_marks(self, marks: Mapping[str, int]) -> None:
        """Remember whose events have been taken in; the own count goes on from the server's."""
        own, turn = self.mark()
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO mark VALUES (?, ?)", [item for item in marks.items() if item[0] != own]
            )
            connection.execute("UPDATE fact SET value = ? WHERE name = 'turn'", (max(turn, marks.get(own, 0)),))

    def _write(self, statements: Iterable[str]) -> None:
        with self._transaction() as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction; a full disk is StoreUnavailable, as the port says."""
        try:
            with self._database.transaction() as connection:
                yield connection
        except LogFull as error:
            raise StoreUnavailable(str(error)) from error


def _put_receipt(connection: sqlite3.Connection, batch: Batch, counts: Mapping[str, Count], *, is_final: bool) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO receipt (journal, number, answer, is_final) VALUES (?, ?, ?, ?)",
        (batch.journal, batch.number, msgspec.json.encode(counts), is_final),
    )
