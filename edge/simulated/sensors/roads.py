"""Road sensors: traffic, crowds, noise and car parks, all from the same streets."""

from __future__ import annotations

import math

from edge.simulated import streets
from edge.simulated.chance import between, drift, stream
from edge.simulated.config import SimulatedDevice
from edge.simulated.hours import SATURDAY, DayCurve
from edge.simulated.parking import spots_taken, total_spots
from edge.simulated.sensors.loudspeakers import is_playing
from edge.simulated.tally import tally
from edge.simulated.world import State
from smartward.instants import MINUTE_MS, SECOND_MS
from smartward.observation import Value

_MOST_VEHICLES, _MOST_PEOPLE = 2000, 5000
_CONGESTED_OCCUPANCY, _CONGESTED_KM_H = 0.5, 10
_LOUDEST_DB = 120.0
_LORRIES_DB = DayCurve((0, -10.0), (5.9, -10.0), (6.4, 0.0), (20.3, 0.0), (20.9, -10.0), (24, -10.0))
"""How much quieter the mean vehicle is at night, when lorries keep off the ward's streets."""
_PEOPLE = {
    "market": DayCurve((0, 0), (4, 0.08), (6.5, 0.85), (8, 0.9), (10.5, 0.5), (13, 0.2), (16, 0.55), (17.5, 0.8),
                       (19, 0.25), (21, 0.04), (24, 0)),
    "school": DayCurve((0, 0), (6.2, 0.02), (6.9, 0.9), (7.4, 0.1), (10.8, 0.06), (11.3, 0.5), (11.8, 0.08),
                       (13, 0.3), (13.6, 0.06), (16.2, 0.25), (16.8, 0.95), (17.6, 0.1), (19, 0.02), (24, 0)),
    "centre": DayCurve((0, 0), (7, 0.05), (8.3, 0.75), (10.5, 0.6), (11.6, 0.1), (13.3, 0.2), (14.5, 0.65),
                       (16.5, 0.3), (17.5, 0.02), (24, 0)),
    "station": DayCurve((0, 0.02), (5, 0.1), (6.8, 0.8), (8.5, 0.4), (15.5, 0.4), (17.3, 0.85), (19, 0.35),
                        (22, 0.1), (24, 0.02)),
}  # fmt: skip


def traffic_flow(state: State, device: SimulatedDevice, since_ms: int) -> dict[str, Value]:
    """Say the vehicles since the last word, their speed and how much of the road they cover."""
    chance = stream(state.seed, "traffic", device.id)
    passed = min(streets.vehicles(state, device, since_ms=since_ms), _MOST_VEHICLES)
    flicker = between(chance, state.at_ms // SECOND_MS, 0.94, 1.06)
    speed = max(4.0, streets.speed_km_h(state, device) * flicker)
    stuck = 0.1 * min(1.0, state.depth_near(device.lat, device.lon) / 0.3)
    occupancy = min(1.0, (0.03 + 0.3 * streets.load(state.local) ** 1.5) * flicker + stuck)
    share = 0.78 + 0.08 * drift(chance ^ 1, state.at_ms, period_s=900)
    period_s = max(1.0, (state.at_ms - since_ms) / SECOND_MS)
    return {
        "intensity": passed,
        "average_speed": round(speed, 1),
        "occupancy": round(occupancy, 3),
        "headway": round(min(3600.0, period_s / passed if passed else period_s), 2),
        "motorcycle_share": round(share, 3),
        "two_wheelers": math.floor(passed * share),
        "congested": occupancy > _CONGESTED_OCCUPANCY and speed < _CONGESTED_KM_H,
    }


def crowd_flow(state: State, device: SimulatedDevice, since_ms: int) -> dict[str, Value]:
    """Say how many people are in view and how many came and went since the last word, so that the count is kept."""
    capacity = int(device.params.get("capacity", 200))
    present, before = (_people(state.world.state_at(at_ms), device, capacity) for at_ms in (state.at_ms, since_ms))
    passing = tally(
        stream(state.seed, "passing", device.id),
        mean_per_min=lambda at_ms: 0.12 * _people(state.world.state_at(at_ms), device, capacity),
        since_ms=since_ms,
        now_ms=state.at_ms,
    )
    return {
        "people_count": present,
        "people_in": min(passing + max(0, present - before), _MOST_PEOPLE),
        "people_out": min(passing + max(0, before - present), _MOST_PEOPLE),
        "density": round(present / float(device.params.get("area_m2", 300)), 3),
        "occupancy": round(min(1.0, present / capacity), 3),
    }


def noise(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say the sound level as the energy sum of background, traffic, rain and loudspeakers (dBA)."""
    chance = stream(state.seed, "noise", device.id)
    is_special = device.params.get("noise_zone") == "special"
    flow = streets.vehicles_per_min(state, device, at_ms=state.at_ms - state.at_ms % MINUTE_MS)
    rain_mm_h = state.rain_mm_h(device.lat, device.lon)
    parts = [
        (34.0 if is_special else 39.0) + 4 * streets.load(state.local),
        (38.0 if is_special else 51.0) + _LORRIES_DB.at(state.local.hour) + 10 * math.log10(max(flow, 0.1)),
        28 + 15 * math.log10(1 + rain_mm_h),
    ]
    if is_playing(state):
        parts.append(50.0 if is_special else 60.0)
    level = 10 * math.log10(sum(10 ** (part / 10) for part in parts))
    laeq = round(min(_LOUDEST_DB, level + between(chance, state.at_ms // SECOND_MS, -1.2, 1.2)), 1)
    peak = between(chance ^ 1, state.at_ms // SECOND_MS, 4, 14)
    return {"laeq": laeq, "lamax": round(laeq + peak, 1)}


def parking(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say how many spots there are and how many are free."""
    total = total_spots(device)
    return {"total_spots": total, "available_spots": total - spots_taken(state, device)}


def _people(state: State, device: SimulatedDevice, capacity: int) -> int:
    """Give how many people are in view: by the place's hours, the day, and fewer in rain."""
    chance = stream(state.seed, "people", device.id)
    kind = str(device.params.get("place", "market"))
    week = 0.15 if state.local.weekday >= SATURDAY and kind in {"school", "centre"} else 1.0
    of_the_day = between(chance, state.local.day, 0.85, 1.1)
    wet = 1 - 0.5 * min(1.0, state.soaked_mm_h(device.lat, device.lon) / 20)
    wander = 1 + 0.15 * drift(chance ^ 1, state.at_ms, period_s=240)
    curve = _PEOPLE.get(kind, _PEOPLE["market"])
    return int(capacity * curve.at(state.local.hour) * week * of_the_day * wet * wander)
