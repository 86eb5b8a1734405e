"""Streets: how many vehicles pass, by the hour, the weekday, the kind of road, the rain and the water on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.simulated.chance import between, stream
from edge.simulated.hours import SATURDAY, DayCurve, LocalTime
from edge.simulated.tally import tally
from smartward.observation import Value

if TYPE_CHECKING:
    from edge.simulated.config import SimulatedDevice
    from edge.simulated.world import State

_WORKDAY = DayCurve(
    (0, 0.06), (4, 0.04), (5, 0.14), (6, 0.45), (6.5, 0.92), (7.25, 1.0), (8, 0.88), (8.3, 0.56), (11, 0.5),
    (11.5, 0.58), (12.5, 0.48), (13.5, 0.46), (16, 0.52), (16.5, 0.92), (17.25, 1.0), (18.4, 0.9), (18.8, 0.58),
    (20.5, 0.4), (22, 0.2), (24, 0.06),
)  # fmt: skip
_WEEKEND = DayCurve((0, 0.08), (5, 0.12), (7, 0.5), (10, 0.6), (13, 0.42), (17.5, 0.72), (20, 0.6), (24, 0.08))
CAPACITY_PER_MIN = {"main": 52.0, "minor": 18.0, "lane": 6.0}
"""Vehicles a minute at the busiest hour, two-wheelers included; our own default."""
_FREE_SPEED_KM_H = {"main": 38.0, "minor": 29.0, "lane": 20.0}
_IMPASSABLE_M = 0.30


def load(local: LocalTime) -> float:
    """Give how busy the roads are, 0..1."""
    return (_WEEKEND if local.weekday >= SATURDAY else _WORKDAY).at(local.hour)


def vehicles_per_min(state: State, device: SimulatedDevice, *, at_ms: int) -> float:
    """Give the mean flow past a device in the minute from an instant: less in rain, little through deep water."""
    chance = stream(state.seed, "road", device.id)
    of_the_day = between(chance, state.local_at(at_ms).day, 0.92, 1.08)
    capacity = CAPACITY_PER_MIN.get(str(road_kind(device)), CAPACITY_PER_MIN["minor"])
    minute = state.world.state_at(at_ms)
    dampened = 1 - 0.25 * min(1.0, minute.rain_mm_h(device.lat, device.lon) / 50)
    passable = 1 - 0.85 * min(1.0, minute.depth_near(device.lat, device.lon) / _IMPASSABLE_M)
    return capacity * load(minute.local) * of_the_day * dampened * passable


def vehicles(state: State, device: SimulatedDevice, *, since_ms: int) -> int:
    """Count the vehicles that passed a device after an instant."""
    return tally(
        stream(state.seed, "vehicles", device.id),
        mean_per_min=lambda at_ms: vehicles_per_min(state, device, at_ms=at_ms),
        since_ms=since_ms,
        now_ms=state.at_ms,
    )


def speed_km_h(state: State, device: SimulatedDevice) -> float:
    """Give the mean speed past a device: slower when busy, wet or flooded."""
    free = _FREE_SPEED_KM_H.get(str(road_kind(device)), _FREE_SPEED_KM_H["minor"])
    busy = 1 - 0.42 * load(state.local)
    wet = 1 - 0.2 * min(1.0, state.rain_mm_h(device.lat, device.lon) / 50)
    flooded = 1 - 0.6 * min(1.0, state.depth_near(device.lat, device.lon) / _IMPASSABLE_M)
    return free * busy * wet * flooded


def road_kind(device: SimulatedDevice) -> Value:
    """Tell what kind of road a device looks at or stands by: main, minor or lane."""
    return device.params.get("road", "minor")
