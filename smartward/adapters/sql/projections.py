"""What ingest shows the API, in the relational database: conditions, notifications, presence, refusals, ledger."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Table, delete, select

from smartward.adapters.sql import tables
from smartward.adapters.sql.database import Database
from smartward.adapters.sql.feeds import Feed, newest_number, take_number
from smartward.adapters.sql.rows import as_row, as_struct
from smartward.alert import AlertCondition
from smartward.device import Presence
from smartward.ledger import Ledger
from smartward.notification import Notification
from smartward.ports import DeadLetterGroup, Projection


class SqlProjections:
    """The Projections port over SQLite or PostgreSQL; each part is one bulk upsert."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def project(self, projection: Projection) -> None:
        """Write all parts in one transaction; raises StoreUnavailable. Of two rows with one id the last wins."""
        with self._database.writing() as connection:
            number = take_number(connection, Feed.PROJECTION)
            self._upsert(connection, tables.alert_condition, projection.conditions, number=number)
            self._upsert(connection, tables.notification, projection.notifications)
            self._upsert(connection, tables.presence, projection.presences)
            self._upsert(connection, tables.dead_letter, projection.dead_letters)
            if projection.forgotten:
                connection.execute(delete(tables.dead_letter).where(tables.dead_letter.c.id.in_(projection.forgotten)))
            if projection.ledger is not None:
                row = {"id": 1} | msgspec.to_builtins(projection.ledger)
                connection.execute(self._database.upsert(tables.ledger_snapshot), row)

    def revision(self) -> int:
        """Give a number that grows with every projection, in the order of commits."""
        with self._database.reading() as connection:
            return newest_number(connection, Feed.PROJECTION)

    def conditions(
        self, *, ward: str | None = None, only_open: bool = False, limit: int = 5_000
    ) -> list[AlertCondition]:
        """List alert conditions, newest start first; `only_open` leaves out the cleared."""
        columns = tables.alert_condition.c
        query = select(tables.alert_condition).order_by(columns.started_ms.desc(), columns.id).limit(limit)
        if ward is not None:
            query = query.where(columns.ward == ward)
        if only_open:
            query = query.where(tables.IS_OPEN)
        with self._database.reading() as connection:
            return [as_struct(row, AlertCondition) for row in connection.execute(query)]

    def condition(self, alert: str) -> AlertCondition | None:
        """Find one alert's condition."""
        query = select(tables.alert_condition).where(tables.alert_condition.c.id == alert)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
            return None if row is None else as_struct(row, AlertCondition)

    def conditions_since(self, revision: int) -> tuple[int, list[AlertCondition]]:
        """List conditions that changed after a revision, in that order, and the revision they bring the reader to.

        A database restored from a backup brings the reader back to the backup's revision.
        """
        columns = tables.alert_condition.c
        query = select(tables.alert_condition).where(columns.number > revision).order_by(columns.number, columns.id)
        with self._database.reading() as connection:
            newest = newest_number(connection, Feed.PROJECTION)
            return newest, [as_struct(row, AlertCondition) for row in connection.execute(query)]

    def notifications(self, alert: str) -> list[Notification]:
        """List the notifications of one alert, oldest first."""
        columns = tables.notification.c
        query = select(tables.notification).where(columns.alert == alert).order_by(columns.created_ms, columns.key)
        with self._database.reading() as connection:
            return [as_struct(row, Notification) for row in connection.execute(query)]

    def presences(self, *, ward: str | None = None) -> list[Presence]:
        """List the presence of every device that ingest knows, by device."""
        query = select(tables.presence)
        if ward is not None:
            query = query.where(tables.presence.c.ward == ward)
        with self._database.reading() as connection:
            found = [as_struct(row, Presence) for row in connection.execute(query)]
        return sorted(found, key=lambda presence: presence.device)

    def dead_letters(self, *, ward: str | None = None, limit: int = 100) -> list[DeadLetterGroup]:
        """List dead letter groups, last seen first."""
        columns = tables.dead_letter.c
        query = select(tables.dead_letter).order_by(columns.last_ms.desc(), columns.id).limit(limit)
        if ward is not None:
            query = query.where(columns.ward == ward)
        with self._database.reading() as connection:
            return [as_struct(row, DeadLetterGroup) for row in connection.execute(query)]

    def ledger(self) -> Ledger | None:
        """Give the newest ledger snapshot; None before the first."""
        with self._database.reading() as connection:
            row = connection.execute(select(tables.ledger_snapshot)).first()
            return None if row is None else as_struct(row, Ledger)

    def _upsert(self, connection: Connection, table: Table, structs: Sequence[msgspec.Struct], **extra: int) -> None:
        """Write many rows in one go, in their order."""
        if structs:
            connection.execute(self._database.upsert(table), [as_row(struct) | extra for struct in structs])
