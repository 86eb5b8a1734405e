"""Change feeds: numbers whose order is the order of commits, on SQLite and on PostgreSQL.

A sequence hands out numbers before commit, so a reader could see 8 and never go back for a late 7. Here a writer
takes the next number by updating the feed's one row: the row stays locked until commit, so the next writer waits.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, select, update

from smartward.adapters.sql.tables import feed


class Feed(StrEnum):
    """What is numbered; `projection` is written by ingest, the others by the API."""

    REGISTRY = "registry"
    WORK = "work"
    AUDIT = "audit"
    PROJECTION = "projection"
    REQUEST = "request"


def take_number(connection: Connection, name: Feed) -> int:
    """Take the feed's next number in this transaction; call it first: from here to commit nobody else writes there."""
    taken: int = connection.execute(
        update(feed).where(feed.c.name == name).values(number=feed.c.number + 1).returning(feed.c.number)
    ).scalar_one()
    return taken


def newest_number(connection: Connection, name: Feed) -> int:
    """Give the number of the newest committed change."""
    newest: int = connection.execute(select(feed.c.number).where(feed.c.name == name)).scalar_one()
    return newest
