"""Buildings: classroom air, vaccine fridges, fire panels and power meters."""

from __future__ import annotations

import math

from edge.simulated.chance import between, drift, stream, unit
from edge.simulated.config import SimulatedDevice
from edge.simulated.hours import SATURDAY, SUNDAY, DayCurve
from edge.simulated.world import State
from smartward.instants import MINUTE_MS, SECOND_MS
from smartward.observation import Value

_LESSONS = DayCurve((0, 0), (7, 0), (7.5, 0.7), (8.6, 0.9), (9, 0.6), (11, 1.0), (11.6, 0.2), (13.4, 0.1), (14.5, 0.8),
                    (16.4, 1.0), (17, 0.1), (18, 0), (24, 0))  # fmt: skip
_USE = DayCurve(
    (0, 0.18), (6.5, 0.2), (8, 0.85), (11.5, 0.9), (12.5, 0.5), (13.5, 0.85), (17, 0.7), (18, 0.25), (24, 0.18)
)
_FIRST_DAY = 20_454  # 2026-01-01, a Thursday
_NOMINAL_KW = 22.0
_POWER_FACTOR = 0.93
_COMPRESSOR_MIN = 24
_DOOR_OPENS_SHARE = 0.012


def indoor_air(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say how stuffy a room is: people breathe in it in lesson hours."""
    chance = stream(state.seed, "room", device.id)
    occupied = 0.0 if state.local.weekday >= SATURDAY else _LESSONS.at(state.local.hour)
    air = state.weather(device.lat, device.lon)
    co2 = 425 + 620 * occupied * between(chance, state.local.day, 0.8, 1.1)
    return {
        "co2": round(co2 + 18 * drift(chance ^ 1, state.at_ms, period_s=240), 0),
        "temperature": round(0.6 * air.temperature + 10.5 + 0.8 * occupied, 1),
        "relative_humidity": round(min(0.95, air.relative_humidity * 0.9), 3),
    }


def vaccine_fridge(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say a fridge's temperature, which swings with its compressor between 4 and 6 degrees."""
    chance = stream(state.seed, "fridge", device.id)
    swing = math.sin(2 * math.pi * state.at_ms / (_COMPRESSOR_MIN * MINUTE_MS))
    is_staffed = 7.5 <= state.local.hour < 17 and state.local.weekday < SATURDAY  # noqa: PLR2004 - office hours
    minute = state.at_ms // MINUTE_MS
    return {
        "temperature": round(4.9 + 0.7 * swing + 0.2 * drift(chance, state.at_ms, period_s=1800), 2),
        "door_open": is_staffed and unit(chance ^ 1, minute) < _DOOR_OPENS_SHARE,
    }


def fire_alarm(_state: State, _device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say that nothing burns and the panel is sound."""
    return {"alarm": False, "trouble": False}


def power_meter(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say what a building draws and what its meter has counted."""
    chance = stream(state.seed, "meter", device.id)
    nominal_kw = float(device.params.get("nominal_kw", _NOMINAL_KW))
    power_kw = nominal_kw * _USE.at(state.local.hour) * _of_the_weekday(state.local.weekday)
    power_kw *= 1 + 0.02 * drift(chance, state.at_ms, period_s=120)
    voltage = (
        227 + 2.5 * drift(chance ^ 1, state.at_ms, period_s=600) + between(chance ^ 2, state.at_ms // SECOND_MS, -1, 1)
    )
    return {
        "voltage_l1": round(voltage, 1),
        "current_l1": round(power_kw * 1000 / 3 / voltage / _POWER_FACTOR, 2),
        "active_power": round(power_kw, 3),
        "power_factor": _POWER_FACTOR,
        "frequency": round(50 + 0.03 * drift(chance ^ 3, state.at_ms, period_s=30), 3),
        "energy": round(between(chance ^ 4, 0, 20_000, 90_000) + nominal_kw * _used_hours(state), 3),
    }


def _used_hours(state: State) -> float:
    """Give the hours at nominal power since the meter was set up."""
    weeks, over = divmod(state.local.day - _FIRST_DAY, 7)
    first_weekday = (state.local.weekday - over) % 7
    days = weeks * sum(_of_the_weekday(weekday) for weekday in range(7))
    days += sum(_of_the_weekday((first_weekday + number) % 7) for number in range(over))
    return days * _USE.total + _USE.until(state.local.hour) * _of_the_weekday(state.local.weekday)


def _of_the_weekday(weekday: int) -> float:
    """Give the share of a working day's use."""
    return {SATURDAY: 0.6, SUNDAY: 0.3}.get(weekday, 1.0)
