"""Fixtures of the contract suites; each is written beside what it makes."""

from __future__ import annotations

from tests.contracts.telemetry import telemetry
from tests.servers.influxdb import influxdb

__all__ = ["influxdb", "telemetry"]
