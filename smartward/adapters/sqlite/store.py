"""The store as ingest owns it: the one writer, and reading beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from smartward.adapters.sqlite.bucket import whole_day
from smartward.adapters.sqlite.known import Known, read_known
from smartward.adapters.sqlite.read import Reading, Snapshot
from smartward.adapters.sqlite.reader import file_identity
from smartward.adapters.sqlite.schema import prepare
from smartward.adapters.sqlite.series import stored_timezone
from smartward.adapters.sqlite.settle import settle
from smartward.adapters.sqlite.write import BatchWriter, Table, first_answer, tables
from smartward.adapters.telemetry_value import Kinds, check_event, kept_values
from smartward.catalogue.model import Catalogue
from smartward.errors import LogFull, SmartwardError, StoreUnavailable
from smartward.ports import Batch, Count
from smartward.sqlite_file import Database

SETTLED_AT_LEAST = 32
"""How many hours and days a write rolls up at least, when so many are ready."""


class SqliteTelemetry(Reading):
    """Keeps telemetry in one SQLite file; a write that has returned is on the disk.

    Values are expected to be validated: a type or quantity that the catalogue lacks, or a value of another kind,
    raises ValueError and nothing is written.
    """

    def __init__(self, path: Path, *, catalogue: Catalogue) -> None:
        super().__init__(catalogue)
        self.path = path
        self.database = Database(path)
        self._lock = Lock()
        self._known: Known | None = None
        self._kept: Kinds = {}
        self._tables: dict[str, Table] = {}
        self._identity = (0, 0)

    def open(self) -> None:
        """Create or open the file and bring its tables up to the catalogue.

        Raises StoreUnavailable for a file that is damaged, in use or not ours, CatalogueError for a catalogue that
        gives a stored quantity another kind.
        """
        self.database.open()
        try:
            with self.database.transaction() as connection:
                self._kept = prepare(connection, self._catalogue, path=self.path)
                _keep_days_of(connection, self._catalogue.timezone)
            self._identity = file_identity(self.path)
        except LogFull as error:
            self.close()
            raise StoreUnavailable(str(error)) from error
        except (SmartwardError, sqlite3.Error):
            self.close()
            raise
        self._tables = tables(self._kept)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self.database.close()
        self._known = None

    def write(self, batch: Batch) -> dict[str, Count]:
        """Write a batch, all or nothing, and say per device what became of its items."""
        values = [kept_values(observation, self._kept) for observation in batch.observations]
        for stored in batch.events:
            check_event(stored)
        with self._writing() as (connection, known):
            first = first_answer(connection, batch)
            if first is not None:
                return first
            counts = BatchWriter(connection, known=known, tables=self._tables).write(batch, values)
            settle(connection, known, self._kept, limit=max(SETTLED_AT_LEAST, len(values)))
        return counts

    def roll_up(self, *, limit: int = 1_000) -> int:
        """Roll up at most `limit` hours and days that are ready, and say how many; 0 when none was."""
        with self._writing() as (connection, known):
            return settle(connection, known, self._kept, limit=limit)

    @contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, Known]]:
        """Write in one transaction; what the writer knows outlives it only when it was committed."""
        with self._lock:
            try:
                with self.database.transaction() as connection:
                    self._check_file()
                    known = self._known or read_known(connection, timezone=self._catalogue.timezone)
                    self._known = None
                    yield connection, known
            except LogFull as error:
                raise StoreUnavailable(str(error)) from error
            self._known = known

    def _check_file(self) -> None:
        """Refuse to write into a file that nobody can find any more."""
        if file_identity(self.path) != self._identity:
            raise StoreUnavailable(f"{self.path} was replaced while it was in use. Restart ingest to use the new file")

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        with self.database.reading() as connection:
            yield Snapshot(connection, self._identity)


def _keep_days_of(connection: sqlite3.Connection, timezone: str) -> None:
    """Make `daily` hold the days of this zone: where it held another's, every day is made again."""
    if stored_timezone(connection) == timezone:
        return
    connection.execute("DELETE FROM daily")
    connection.execute("DELETE FROM dirty WHERE span = 'day'")
    hours = connection.execute(
        "SELECT DISTINCT series, at FROM hourly UNION SELECT series, at FROM dirty WHERE span = 'hour'"
    ).fetchall()
    days = {(series, day[0]) for series, hour in hours if (day := whole_day(hour, timezone))}
    connection.executemany("INSERT INTO dirty (series, span, at) VALUES (?, 'day', ?)", sorted(days))
    connection.execute("INSERT OR REPLACE INTO fact (name, value) VALUES ('timezone', ?)", (timezone,))
