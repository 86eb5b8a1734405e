"""One relational database: how it is opened, read in one consistent view, and written in one short transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from smartward.errors import ConfigError, StoreUnavailable

BUSY_TIMEOUT_S = 5
UNDEFINED_TABLE = "42P01"
ONE_INSTANT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
WRITES: dict[str, Any] = {"smartward_writes": True}
REMEDY = "write sqlite:////folder/ward.db or postgresql+psycopg://user:password@host/database"

Insert = sqlite.Insert | postgresql.Insert


class Database:
    """A pool of connections, for any number of threads; other processes may use the same database meanwhile."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._url = engine.url
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._reader = engine if self._is_sqlite else engine.execution_options(**ONE_INSTANT)
        self._writer = engine.execution_options(**WRITES)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection on which all reads see one instant; raises StoreUnavailable."""
        with self._saying_why(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose work is committed at the end, or undone by an exception; raises StoreUnavailable.

        On SQLite nobody else writes meanwhile: keep it short.
        """
        with self._saying_why(), self._writer.begin() as connection:
            yield connection

    def insert(self, table: Table) -> Insert:
        """Begin an INSERT that knows ON CONFLICT."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    def upsert(self, table: Table) -> Insert:
        """Begin an INSERT that replaces the row with the same primary key."""
        insert = self.insert(table)
        replaced = {column.name: insert.excluded[column.name] for column in table.c if not column.primary_key}
        return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=replaced)

    def close(self) -> None:
        """Close every connection; safe to call twice."""
        self._engine.dispose()

    @contextmanager
    def _saying_why(self) -> Iterator[None]:
        """Turn a database that is away, busy, full, broken or not migrated into StoreUnavailable."""
        try:
            yield
        except PoolTimeout as error:
            raise StoreUnavailable(f"{named(self._url)}: all connections are in use; try again") from error
        except DBAPIError as error:
            if is_away(error):
                raise StoreUnavailable(f"{named(self._url)}: {reason(error, self._url)}; try again") from error
            raise


def open_database(url: str) -> Database:
    """Prepare to use `sqlite:///file` or `postgresql+psycopg://…`; connects at the first use.

    Raises ConfigError for any other URL. The schema is made by `migrate`.
    """
    return Database(open_engine(parse_url(url)))


def parse_url(url: str) -> URL:
    """Read the URL of a database we can use; raises ConfigError, which never quotes what may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # their words may quote a piece of the password
        raise _refused("this is not the URL of a database") from None
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise _refused(f"{parsed.drivername} is not a kind of database that smartward uses")
    if parsed.drivername != "sqlite" and "@" in f"{parsed.host}{parsed.database}":
        raise _refused("the user or password has a sign that means something in a URL; write @ as %40, / as %2F")
    if parsed.drivername == "sqlite" and ((parsed.database or ":memory:") == ":memory:" or parsed.query):
        raise _refused("a SQLite database is a file, without options")
    return parsed


def open_engine(url: URL, *, busy_timeout_s: int = BUSY_TIMEOUT_S) -> Engine:
    """Make an engine; whoever waits longer than the timeout for another writer gives up."""
    if url.drivername == "sqlite":
        engine = create_engine(url, hide_parameters=True, max_overflow=30, connect_args={"timeout": busy_timeout_s})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    ours = {"connect_timeout": BUSY_TIMEOUT_S, "options": f"-c lock_timeout={busy_timeout_s}s"}
    return create_engine(
        url,
        hide_parameters=True,
        max_overflow=15,
        pool_pre_ping=True,
        pool_timeout=busy_timeout_s,
        connect_args={name: value for name, value in ours.items() if name not in url.query},
    )


def named(url: URL) -> str:
    """Name a database for people: never with its user's password or options."""
    return url.set(query={}).render_as_string(hide_password=True)


def is_away(error: DBAPIError) -> bool:
    """Tell a database that cannot serve now from a mistake of ours."""
    if getattr(error.orig, "sqlstate", None) == UNDEFINED_TABLE:
        return True
    ours = ("IntegrityError", "DataError", "ProgrammingError", "NotSupportedError")
    return error.connection_invalidated or type(error).__name__ not in ours


def reason(error: DBAPIError, url: URL) -> str:
    """Give the database's own words on one line, without the password."""
    words = " ".join(str(error.orig).split())
    return words.replace(url.password, "***") if url.password else words


def _refused(problem: str) -> ConfigError:
    return ConfigError(problem, key="database.url", remedy=REMEDY)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Leave BEGIN to us and hold SQLite to the foreign keys."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    """Begin at once as a writer, so that nobody finds at commit that somebody else wrote meanwhile."""
    writes = connection.get_execution_options().keys() >= WRITES.keys()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
