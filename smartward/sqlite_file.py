"""One SQLite file with one writing process: transactions, consistent reads, and plain words when the disk fails."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, RLock
from typing import IO

from smartward.errors import LogFull, SmartwardError, StoreUnavailable

BUSY_TIMEOUT_S = 5.0
IDLE_READERS = 4
CHECKED_AT_OPEN_BYTES = 64 * 1024 * 1024
"""A file up to this size is checked page by page when it is opened; a larger one only where it is read."""

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_size_limit=16777216",
)


class Database:
    """A SQLite file that this process owns for writing; its tables belong to whoever opens it.

    All methods may be called from any thread. What a transaction wrote is on the disk (fsync) when the
    `with` block has ended. A second process that opens the same file is refused: StoreUnavailable.
    """

    def __init__(self, path: Path, *, cache_kib: int = 2_048) -> None:
        """Name the file; each connection may keep `cache_kib` of it in memory."""
        self.path = path
        self._cache_kib = cache_kib
        self._write_lock = RLock()
        self._idle_lock = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._owner: IO[str] | None = None
        self._writer: sqlite3.Connection | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether the file can be read and written."""
        return self._writer is not None

    def open(self) -> None:
        """Create or open the file, with its folder; raises StoreUnavailable with what to do."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._owner = own(self.path)
        except OSError as error:
            raise StoreUnavailable(f"{self.path} cannot be opened: {error.strerror}") from error
        try:
            self._writer = connect(self.path, cache_kib=self._cache_kib)
            check(self._writer, path=self.path)
        except sqlite3.Error as error:
            self.close()
            raise in_plain_words(error, path=self.path) from error
        except SmartwardError:
            self.close()
            raise

    def close(self) -> None:
        """Close every connection and let another process own the file; safe to call twice."""
        with self._write_lock:
            with self._idle_lock:
                for connection in self._idle:
                    connection.close()
                self._idle.clear()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            if self._owner is not None:
                self._owner.close()
                self._owner = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction: all of it is on the disk afterwards, or, after any error, none of it.

        Other threads wait for their turn. Raises LogFull when the disk is full, StoreUnavailable when the file
        cannot be written; a transaction inside a transaction is a mistake of the caller: RuntimeError.
        """
        with self._write_lock:
            writer = self._writer
            if writer is None:
                raise StoreUnavailable(f"{self.path} is closed")
            if writer.in_transaction:
                raise RuntimeError(f"{self.path}: a transaction was begun inside another of the same thread")
            try:
                writer.execute("BEGIN IMMEDIATE")
                yield writer
                writer.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself: disk full, I/O error
                    writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise in_plain_words(error, path=self.path) from error
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read what was committed when the block began, without waiting for writers; raises StoreUnavailable."""
        if not self.is_open:
            raise StoreUnavailable(f"{self.path} is closed")
        with self._idle_lock:
            connection = self._idle.pop() if self._idle else None
        try:
            connection = connection or connect(self.path, cache_kib=self._cache_kib)
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.Error):
                raise in_plain_words(error, path=self.path) from error
            raise
        self._put_back(connection)

    def _put_back(self, connection: sqlite3.Connection) -> None:
        """Keep a reading connection for the next reader, or close it when there are enough."""
        with self._idle_lock:
            is_kept = self.is_open and len(self._idle) < IDLE_READERS
            if is_kept:
                self._idle.append(connection)
        if not is_kept:
            connection.close()


def own(path: Path) -> IO[str]:
    """Take the writer's lock of a file, kept in `<file>.lock`; a killed process lets go of it by itself."""
    owner = path.with_name(path.name + ".lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner.seek(0)
        holder = owner.read().strip() or "unknown"
        owner.close()
        raise StoreUnavailable(
            f"{path} is already in use by process {holder}. Stop that process, or choose another data folder"
        ) from None
    owner.truncate(0)
    owner.write(str(os.getpid()))
    owner.flush()
    return owner


def connect(path: Path, *, cache_kib: int) -> sqlite3.Connection:
    """Open a connection in which we alone begin and end transactions."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        for pragma in (*PRAGMAS, f"PRAGMA cache_size=-{cache_kib}"):
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def check(connection: sqlite3.Connection, *, path: Path) -> None:
    """Refuse a damaged file before anything is built on it; raises StoreUnavailable."""
    if path.stat().st_size > CHECKED_AT_OPEN_BYTES:
        return
    answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise StoreUnavailable(damaged(path, str(answer)))


def damaged(path: Path, detail: str) -> str:
    """Say that a file is damaged, and the way out."""
    return f"{path} is damaged ({detail}). Restore it from a backup, or move it away to start with an empty one"


def in_plain_words(error: sqlite3.Error, *, path: Path) -> Exception:
    """Give what the caller can act on; an error that only a wrong statement can cause stays as it is."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    match primary:
        case sqlite3.SQLITE_FULL:
            return LogFull(f"{path} cannot grow: the disk is full. Free some space; nothing was half written")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreUnavailable(damaged(path, str(error)))
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreUnavailable(f"{path} cannot be read or written now: {error}")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreUnavailable(f"{path} may not be written: {error}. Check the owner and mode of its folder")
        case _:
            return error
