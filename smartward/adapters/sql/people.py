"""People and their logins in the relational database; the API writes them."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.exc import IntegrityError

from smartward.adapters.sql import tables
from smartward.adapters.sql.database import Database
from smartward.adapters.sql.rows import as_fields, as_row, as_struct
from smartward.errors import NotFound
from smartward.staff import Person, Session


class SqlPeople:
    """The People port over SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def person(self, username: str) -> Person | None:
        """Find somebody, with the password hash."""
        query = select(tables.person).where(tables.person.c.username == username)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
            return None if row is None else _person(row, _access(connection, username).get(username, {}))

    def people(self) -> list[Person]:
        """List everybody by username."""
        with self._database.reading() as connection:
            access = _access(connection)
            rows = connection.execute(select(tables.person))
            found = [_person(row, access.get(row.username, {})) for row in rows]
        return sorted(found, key=lambda person: person.username)

    def put_person(self, person: Person) -> None:
        """Create or replace somebody."""
        row = as_row(person)
        access = [
            {"username": person.username, "ward": ward, "access": level} for ward, level in row.pop("access").items()
        ]
        with self._database.writing() as connection:
            connection.execute(self._database.upsert(tables.person), row)
            connection.execute(delete(tables.person_access).where(tables.person_access.c.username == person.username))
            if access:
                connection.execute(self._database.insert(tables.person_access), access)

    def open_session(self, session: Session) -> None:
        """Remember a login and forget those that expired before it; raises NotFound for an unknown person."""
        try:
            with self._database.writing() as connection:
                connection.execute(delete(tables.session).where(tables.session.c.expires_ms <= session.created_ms))
                connection.execute(self._database.upsert(tables.session), as_row(session))
        except IntegrityError as error:
            raise NotFound(f"person {session.username} does not exist; add them first") from error

    def session(self, token_hash: str, *, now_ms: int) -> Session | None:
        """Find a login that has not expired."""
        columns = tables.session.c
        query = select(tables.session).where(columns.token_hash == token_hash, columns.expires_ms > now_ms)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
            return None if row is None else as_struct(row, Session)

    def close_session(self, token_hash: str) -> None:
        """Forget a login; nothing happens when there is none."""
        with self._database.writing() as connection:
            connection.execute(delete(tables.session).where(tables.session.c.token_hash == token_hash))


def _access(connection: Connection, username: str | None = None) -> dict[str, dict[str, str]]:
    """Give what people may do, by username and ward; one person's only, when named."""
    query = select(tables.person_access).order_by(tables.person_access.c.ward)
    if username is not None:
        query = query.where(tables.person_access.c.username == username)
    access: dict[str, dict[str, str]] = {}
    for row in connection.execute(query):
        access.setdefault(row.username, {})[row.ward] = row.access
    return access


def _person(row: Row[Any], access: dict[str, str]) -> Person:
    return msgspec.convert(as_fields(row) | {"access": access}, Person)
