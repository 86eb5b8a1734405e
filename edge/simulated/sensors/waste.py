"""Waste containers: they fill as people live, and are emptied at their hour."""

from __future__ import annotations

import math

from edge.simulated.chance import between, drift, stream, unit
from edge.simulated.config import SimulatedDevice
from edge.simulated.hours import DayCurve
from edge.simulated.world import State
from smartward.observation import Value

_THROWN = DayCurve((0, 0.1), (5, 0.2), (7, 1.0), (9, 0.7), (13, 0.8), (17, 1.1), (20, 1.3), (22, 0.5), (24, 0.1))
_OFTEN_FULL_SHARE = 0.06


def waste_container(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say how full the container is and how warm it is inside."""
    chance = stream(state.seed, "waste", device.id)
    level = _level(state, chance)
    warmth = state.weather(device.lat, device.lon).temperature
    sunshine = 6 * max(0.0, state.sun_deg) / 90
    ferment = 3 * level + 0.6 * drift(chance ^ 4, state.at_ms, period_s=1200)
    return {
        "filling_level": math.floor(level * 100) / 100,
        "temperature": round(warmth + sunshine + ferment, 1),
        "status": "ok",
    }


def _level(state: State, chance: int) -> float:
    """Give the level 0..1: what was thrown in since the container was last emptied, at its own hour of each day."""
    is_late_round = unit(chance, 0) < 0.5  # noqa: PLR2004 - one round in the evening, one before dawn
    emptied_at = between(chance, 1, 20.5, 23.0) if is_late_round else between(chance, 1, 3.5, 5.5)
    day, hour, _ = state.local
    since_day = day if hour >= emptied_at else day - 1
    thrown = _THROWN.until(hour) - _THROWN.until(emptied_at) + _THROWN.total * (day - since_day)
    busy = unit(chance ^ 1, 0) < _OFTEN_FULL_SHARE
    by_a_day = between(chance ^ 2, since_day, 0.85, 1.02) if busy else between(chance ^ 2, since_day, 0.4, 0.86)
    left_over = 0.05 * unit(chance ^ 3, since_day)
    return min(1.0, left_over + by_a_day * thrown / _THROWN.total)
