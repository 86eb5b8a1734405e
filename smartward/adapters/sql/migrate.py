"""Bring a relational database to the present schema; safe to run at every start, also by two processes at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from smartward.adapters.sql.database import WRITES, is_away, named, open_engine, parse_url, reason
from smartward.errors import ConfigError, StoreUnavailable

WAIT_S = 60
LOCK = 0x5341_5244
"""The number of PostgreSQL's advisory lock for migrations; any number that nobody else uses in this database."""


def migrate(url: str) -> None:
    """Create or upgrade the schema; does nothing when it is the present one.

    Raises ConfigError for a URL that cannot work or a database of a newer smartward, StoreUnavailable when the
    database is away or somebody else holds it for a minute.
    """
    parsed = parse_url(url)
    if parsed.drivername == "sqlite":
        _create_file(parsed)
    engine = open_engine(parsed, busy_timeout_s=WAIT_S)
    try:
        with _alone_in_folder(parsed):
            if parsed.drivername == "sqlite":
                _use_wal(engine)
            with engine.execution_options(**WRITES).begin() as connection:
                _upgrade(connection)
    except DBAPIError as error:
        if is_away(error):
            raise StoreUnavailable(f"{named(parsed)}: cannot migrate: {reason(error, parsed)}; try again") from error
        raise
    except CommandError as error:
        problem = f"{named(parsed)} has a schema that this version does not know ({error})"
        raise ConfigError(problem, key="database.url", remedy="install the newer smartward, or restore") from error
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> None:
    """Run the missing revisions while nobody else can: SQLite has its folder's lock, PostgreSQL its own."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    config = Config()
    config.set_main_option("script_location", "smartward.adapters.sql:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _create_file(url: URL) -> None:
    """Make the database file readable by its owner only: it holds password hashes.

    A file that exists is not opened: closing it would drop the locks that SQLite holds in this process.
    """
    path = Path(url.database or "")
    try:
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        problem = f"cannot write the database file {path}: {error.strerror}"
        raise ConfigError(problem, key="database.url", remedy="name a file in a folder that exists") from error


@contextmanager
def _alone_in_folder(url: URL) -> Iterator[None]:
    """Let one process at a time change a SQLite file: its switch to WAL fails at once when another is there."""
    if url.drivername != "sqlite":
        yield
        return
    folder = os.open(Path(url.database or "").parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _use_wal(engine: Engine) -> None:
    """Let readers and the one writer work at the same time; the file remembers it."""
    with engine.connect() as connection:
        if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
