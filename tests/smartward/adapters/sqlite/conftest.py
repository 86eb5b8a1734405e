"""The contract's fixture, for what the adapters share beyond their port."""

from __future__ import annotations

from tests.contracts.telemetry import telemetry

__all__ = ["telemetry"]
