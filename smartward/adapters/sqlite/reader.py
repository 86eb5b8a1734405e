"""The store as another process sees it: read-only, from any thread, without ever holding up the writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from smartward.adapters.sqlite.read import Reading, Snapshot
from smartward.catalogue.model import Catalogue
from smartward.errors import StoreUnavailable
from smartward.ports import Batch, Count
from smartward.sqlite_file import BUSY_TIMEOUT_S, in_plain_words

IDLE_CONNECTIONS = 8


class TelemetryReader(Reading):
    """Reads a telemetry file that another process writes.

    The file may be missing at first and may be replaced (a restored backup): each reading finds the file of now,
    or raises StoreUnavailable.
    """

    def __init__(self, path: Path, *, catalogue: Catalogue) -> None:
        super().__init__(catalogue)
        self.path = path
        self._lock = Lock()
        self._idle: list[tuple[tuple[int, int], sqlite3.Connection]] = []
        self._is_closed = False

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        with self._lock:
            self._is_closed = True
            while self._idle:
                self._idle.pop()[1].close()

    def write(self, batch: Batch) -> dict[str, Count]:
        """Refuse: only ingest writes."""
        raise StoreUnavailable(f"{self.path} is only read here, batch {batch.number} was not written; ingest writes it")

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        identity = file_identity(self.path)
        connection = self._take(identity)
        try:
            connection = connection or self._connect()
            connection.execute("BEGIN")
            yield Snapshot(connection, identity)
            connection.execute("COMMIT")
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.Error):
                raise self._in_plain_words(error) from error
            raise
        self._put_back(identity, connection)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{quote(str(self.path.absolute()))}?mode=ro",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )

    def _take(self, identity: tuple[int, int]) -> sqlite3.Connection | None:
        """Take an idle connection to this very file, and close those to a file that was here before."""
        with self._lock:
            if self._is_closed:
                raise StoreUnavailable(f"{self.path} is closed")
            while self._idle:
                opened, connection = self._idle.pop()
                if opened == identity:
                    return connection
                connection.close()
        return None

    def _put_back(self, identity: tuple[int, int], connection: sqlite3.Connection) -> None:
        with self._lock:
            is_kept = not self._is_closed and len(self._idle) < IDLE_CONNECTIONS
            if is_kept:
                self._idle.append((identity, connection))
        if not is_kept:
            connection.close()

    def _in_plain_words(self, error: sqlite3.Error) -> Exception:
        if str(error).startswith("no such table"):
            return StoreUnavailable(f"{self.path} has no telemetry yet ({error}). Start ingest, which prepares it")
        return in_plain_words(error, path=self.path)


def file_identity(path: Path) -> tuple[int, int]:
    """Tell one file from another that takes its name; raises StoreUnavailable when there is none."""
    try:
        found = path.stat()
    except OSError as error:
        raise StoreUnavailable(
            f"{path} cannot be found: {error.strerror}. Start ingest, which makes it, or check the data folder"
        ) from error
    return found.st_dev, found.st_ino
