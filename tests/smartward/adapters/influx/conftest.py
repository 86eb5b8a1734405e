"""Fixtures of these tests: a server of our own, whatever INFLUX_URL says, and a database of one's own on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.influxdb import Influxd


@pytest.fixture(scope="session")
def influxdb(influxd: Influxd) -> Influxd:
    """Look behind the adapter with statements that only 1.x has."""
    return influxd


@pytest.fixture
def database(influxdb: Influxd) -> Iterator[str]:
    """Name a database that is only this test's."""
    yield influxdb.new_database()
    influxdb.forget()
