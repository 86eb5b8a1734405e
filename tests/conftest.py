"""Fixtures that several suites share; each is written beside what it makes."""

from __future__ import annotations

from tests.contracts.relational import database_url, postgresql_url, relational
from tests.contracts.telemetry import telemetry
from tests.servers.influxdb import influxd, influxdb
from tests.servers.postgresql import postgresql

__all__ = ["database_url", "influxd", "influxdb", "postgresql", "postgresql_url", "relational", "telemetry"]
