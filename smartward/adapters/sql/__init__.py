"""The relational database by SQLAlchemy: SQLite on one box, PostgreSQL for a city; SQLAlchemy's one home."""

from __future__ import annotations

from smartward.adapters.sql.audit import SqlAudit
from smartward.adapters.sql.database import Database, open_database
from smartward.adapters.sql.migrate import migrate
from smartward.adapters.sql.people import SqlPeople
from smartward.adapters.sql.projections import SqlProjections
from smartward.adapters.sql.registry import SqlRegistry
from smartward.adapters.sql.requests import SqlRequests
from smartward.adapters.sql.work_log import SqlWorkLog

__all__ = [
    "Database",
    "SqlAudit",
    "SqlPeople",
    "SqlProjections",
    "SqlRegistry",
    "SqlRequests",
    "SqlWorkLog",
    "migrate",
    "open_database",
]
