"""What people ask of ingest, in the relational database; the API writes it and ingest reads it."""

from __future__ import annotations

import msgspec
from sqlalchemy import insert, select

from smartward.adapters.sql import tables
from smartward.adapters.sql.database import Database
from smartward.adapters.sql.feeds import Feed, take_number
from smartward.adapters.sql.rows import as_row, as_struct
from smartward.ports import Request


class SqlRequests:
    """The Requests port over SQLite or PostgreSQL; requests stand in the order of their commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, request: Request) -> Request:
        """Append a request and give it back with its number."""
        with self._database.writing() as connection:
            numbered = msgspec.structs.replace(request, number=take_number(connection, Feed.REQUEST))
            connection.execute(insert(tables.request), as_row(numbered))
        return numbered

    def requests_since(self, number: int, *, limit: int = 100) -> list[Request]:
        """List the requests after a number, in order."""
        columns = tables.request.c
        query = select(tables.request).where(columns.number > number).order_by(columns.number).limit(limit)
        with self._database.reading() as connection:
            return [as_struct(row, Request) for row in connection.execute(query)]
