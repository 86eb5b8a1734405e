"""Car parks: how many spots are taken, by what the car park is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.simulated.chance import between, drift, stream
from edge.simulated.hours import SATURDAY, DayCurve

if TYPE_CHECKING:
    from edge.simulated.config import SimulatedDevice
    from edge.simulated.world import State

_TAKEN = {
    "office": DayCurve((0, 0.12), (6.5, 0.15), (8.5, 0.78), (11.5, 0.74), (12.5, 0.62), (14, 0.78), (17, 0.6),
                       (18.5, 0.22), (24, 0.12)),
    "market": DayCurve((0, 0.1), (4.5, 0.2), (7, 0.82), (9, 0.68), (13, 0.35), (17, 0.74), (20, 0.3), (24, 0.1)),
    "homes": DayCurve((0, 0.84), (6, 0.82), (8, 0.4), (16, 0.38), (19, 0.7), (24, 0.84)),
}  # fmt: skip
_SPOTS = 60
_MOST = 0.93


def total_spots(lot: SimulatedDevice) -> int:
    """Give how many spots a car park has."""
    return int(lot.params.get("total_spots", _SPOTS))


def spots_taken(state: State, lot: SimulatedDevice) -> int:
    """Give how many spots are taken."""
    chance = stream(state.seed, "spots", lot.id)
    curve = _TAKEN.get(str(lot.params.get("use", "office")), _TAKEN["office"])
    week = 0.7 if state.local.weekday >= SATURDAY else 1.0
    of_the_day = between(chance, state.local.day, 0.9, 1.08)
    share = curve.at(state.local.hour) * week * of_the_day + 0.06 * drift(chance ^ 1, state.at_ms, period_s=420)
    return round(total_spots(lot) * min(max(share, 0.02), _MOST))
