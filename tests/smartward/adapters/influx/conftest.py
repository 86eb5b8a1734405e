"""Fixtures of these tests: a server, and a database of one's own on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.influxdb import InfluxDB, influxdb

__all__ = ["database", "influxdb"]


@pytest.fixture
def database(influxdb: InfluxDB) -> Iterator[str]:
    """Name a database that is only this test's."""
    yield influxdb.new_database()
    influxdb.forget()
