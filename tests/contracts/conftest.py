"""Fixtures of the contract suites; each is written beside what it makes."""

from __future__ import annotations

from tests.contracts.telemetry import telemetry

__all__ = ["telemetry"]
