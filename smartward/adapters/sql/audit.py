"""The append-only record of who did what, in the relational database; the API writes it."""

from __future__ import annotations

from sqlalchemy import insert, select

from smartward.adapters.sql import tables
from smartward.adapters.sql.database import Database
from smartward.adapters.sql.feeds import Feed, take_number
from smartward.adapters.sql.rows import as_row, as_struct
from smartward.ports import AuditEntry


class SqlAudit:
    """The Audit port over SQLite or PostgreSQL; entries stand in the order of their commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, entry: AuditEntry) -> None:
        """Append one entry."""
        with self._database.writing() as connection:
            number = take_number(connection, Feed.AUDIT)
            connection.execute(insert(tables.audit), as_row(entry) | {"number": number})

    def entries(self, *, ward: str | None = None, limit: int = 100) -> list[AuditEntry]:
        """List the newest entries first."""
        query = select(tables.audit).order_by(tables.audit.c.number.desc()).limit(limit)
        if ward is not None:
            query = query.where(tables.audit.c.ward == ward)
        with self._database.reading() as connection:
            return [as_struct(row, AuditEntry) for row in connection.execute(query)]
