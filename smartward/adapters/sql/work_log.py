"""What people did to alerts, in the relational database: append-only; the API writes it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from smartward.adapters.sql import tables
from smartward.adapters.sql.database import Database
from smartward.adapters.sql.feeds import Feed, newest_number, take_number
from smartward.adapters.sql.rows import as_row, as_struct
from smartward.alert import Deed, WorkAction
from smartward.errors import Conflict

ALERTS_A_QUERY = 1_000
"""Both databases limit the parameters of one statement (SQLite: 32,766)."""


class SqlWorkLog:
    """The WorkLog port over SQLite or PostgreSQL; a unique index, not a check, makes one acknowledgement win."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, action: WorkAction) -> None:
        """Append a deed; a second acknowledgement in one episode raises Conflict with who and when."""
        columns = tables.work_action.c
        append = (
            self._database.insert(tables.work_action)
            .on_conflict_do_nothing(
                index_elements=[columns.alert, columns.episode], index_where=tables.IS_ACKNOWLEDGEMENT
            )
            .returning(columns.number)
        )
        with self._database.writing() as connection:
            number = take_number(connection, Feed.WORK)
            if connection.execute(append, as_row(action) | {"number": number}).first() is None:
                first = _acknowledgement(connection, action)
                raise Conflict(
                    f"alert {action.alert} is already acknowledged by {first.person}",
                    by=first.person,
                    at_ms=first.at_ms,
                )

    def actions(self, alerts: Iterable[str]) -> dict[str, list[WorkAction]]:
        """List the deeds on these alerts, in order; alerts without any are absent."""
        wanted = sorted(set(alerts))
        found: dict[str, list[WorkAction]] = {}
        with self._database.reading() as connection:
            for start in range(0, len(wanted), ALERTS_A_QUERY):
                some = wanted[start : start + ALERTS_A_QUERY]
                query = select(tables.work_action).where(tables.work_action.c.alert.in_(some))
                for row in connection.execute(query.order_by(tables.work_action.c.number)):
                    found.setdefault(row.alert, []).append(as_struct(row, WorkAction))
        return found

    def revision(self) -> int:
        """Give the number of the newest deed, in the order of commits."""
        with self._database.reading() as connection:
            return newest_number(connection, Feed.WORK)


def _acknowledgement(connection: Connection, action: WorkAction) -> WorkAction:
    """Find the acknowledgement that was first in this action's episode."""
    columns = tables.work_action.c
    query = select(tables.work_action).where(
        columns.alert == action.alert, columns.episode == action.episode, columns.deed == Deed.ACKNOWLEDGE
    )
    return as_struct(connection.execute(query).one(), WorkAction)
