"""The relational ports over each of their adapters: in memory, in SQLite, in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from smartward.adapters.memory_relational import (
    MemoryAudit,
    MemoryPeople,
    MemoryProjections,
    MemoryRegistry,
    MemoryRequests,
    MemoryWorkLog,
)
from smartward.adapters.sql import (
    Database,
    SqlAudit,
    SqlPeople,
    SqlProjections,
    SqlRegistry,
    SqlRequests,
    SqlWorkLog,
    migrate,
    open_database,
)
from smartward.adapters.sql.tables import metadata
from smartward.ports import Audit, People, Projections, Registry, Requests, WorkLog
from tests.servers.postgresql import PostgreSQL


@dataclass(frozen=True, kw_only=True)
class Relational:
    """One set of adapters over the same data."""

    registry: Registry
    people: People
    work_log: WorkLog
    audit: Audit
    requests: Requests
    projections: Projections


def in_memory() -> Relational:
    """Make the fakes."""
    return Relational(
        registry=MemoryRegistry(),
        people=MemoryPeople(),
        work_log=MemoryWorkLog(),
        audit=MemoryAudit(),
        requests=MemoryRequests(),
        projections=MemoryProjections(),
    )


@pytest.fixture(scope="module")
def postgresql_url(postgresql: PostgreSQL) -> str:
    """Give a migrated PostgreSQL database to each module."""
    url = postgresql.create_database()
    migrate(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give an empty, migrated database of each dialect."""
    return empty_database(request, tmp_path)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def relational(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Relational]:
    """Give the five ports, empty, over each adapter."""
    if request.param == "memory":
        yield in_memory()
        return
    database = open_database(empty_database(request, tmp_path))
    yield in_database(database)
    database.close()


def empty_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """Prepare the dialect that the parameter names, and give its URL."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_url")
        empty(url)
    else:
        url = f"sqlite:///{folder}/ward.db"
        migrate(url)
    return url


def in_database(database: Database) -> Relational:
    """Make the real ones."""
    return Relational(
        registry=SqlRegistry(database),
        people=SqlPeople(database),
        work_log=SqlWorkLog(database),
        audit=SqlAudit(database),
        requests=SqlRequests(database),
        projections=SqlProjections(database),
    )


def empty(url: str) -> None:
    """Forget everything in a PostgreSQL database, so that each test begins at zero."""
    names = [table.name for table in metadata.sorted_tables if table.name != "feed"]
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(names)}"))
        connection.execute(text("UPDATE feed SET number = 0"))
    engine.dispose()
