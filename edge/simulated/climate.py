"""Climate: temperature, damp, pressure and wind of the Red River delta by season, hour, chance and rain.

The monthly means are rounded from public climate normals of Hà Nội; they are our own default, no standard's.
"""

from __future__ import annotations

from typing import NamedTuple

from edge.simulated.chance import drift, normal, stream
from edge.simulated.hours import DayCurve, LocalTime
from smartward.instants import DAY_MS, to_datetime

_TEMPERATURE = (17.0, 18.0, 21.0, 24.5, 28.0, 29.5, 29.5, 29.0, 28.0, 25.5, 22.0, 18.5)
_PRESSURE = (1019.0, 1017.0, 1014.0, 1010.0, 1006.0, 1002.0, 1002.0, 1003.0, 1007.0, 1012.0, 1016.0, 1019.0)
_PM25 = (52.0, 44.0, 38.0, 30.0, 23.0, 19.0, 17.0, 19.0, 25.0, 34.0, 40.0, 48.0)
_WARMTH = DayCurve((0, -2.2), (5.5, -3.4), (9, 0.2), (14, 4.2), (17, 2.4), (20, -0.4), (24, -2.2))
_STALE_AIR = DayCurve((0, 1.0), (6, 1.25), (9, 1.15), (14, 0.8), (18, 1.05), (21, 1.1), (24, 1.0))


class Weather(NamedTuple):
    """The air at one place; `relative_humidity` is 0..1, directions are where the wind comes from."""

    temperature: float
    relative_humidity: float
    pressure: float
    wind_speed: float
    wind_gust: float
    wind_direction: float


def by_season(months: tuple[float, ...], at_ms: int) -> float:
    """Read a table of twelve monthly means, going straight from mid-month to mid-month."""
    date = to_datetime(at_ms)
    position = date.month - 1 + (date.day - 15) / 30
    left = int(position // 1)
    share = position - left
    return months[left % 12] * (1 - share) + months[(left + 1) % 12] * share


def weather(seed: int, *, at_ms: int, local: LocalTime, rain_mm_h: float, soaked_mm_h: float) -> Weather:
    """Give the weather where it rains `rain_mm_h` now and rained `soaked_mm_h` on average in the last minutes."""
    chance = stream(seed, "climate")
    cooled = 4.5 * soaked_mm_h / (soaked_mm_h + 8)
    off_season = 1.6 * drift(stream(seed, "warm spells"), at_ms, period_s=DAY_MS / 1000)
    warmth = _WARMTH.at(local.hour) + off_season + 0.4 * drift(chance, at_ms, period_s=1800)
    temperature = by_season(_TEMPERATURE, at_ms) + warmth - cooled
    damp = 0.78 - 0.033 * warmth + 0.05 * drift(chance ^ 1, at_ms, period_s=3600) + 0.04 * cooled
    breeze = max(0.2, 1.8 + 1.2 * drift(chance ^ 2, at_ms, period_s=1500) + 0.5 * drift(chance ^ 3, at_ms, period_s=20))
    squall = min(5.0, rain_mm_h * 0.04)
    prevailing = 120.0 if temperature > by_season(_TEMPERATURE, at_ms) - 1 else 45.0
    return Weather(
        temperature=temperature,
        relative_humidity=min(0.99, max(0.25, damp)),
        pressure=by_season(_PRESSURE, at_ms) + 1.5 * drift(chance ^ 4, at_ms, period_s=20_000) + 0.1 * squall,
        wind_speed=breeze + squall,
        wind_gust=(breeze + squall) * (1.35 + 0.2 * abs(drift(chance ^ 5, at_ms, period_s=15))),
        wind_direction=(prevailing + 50 * drift(chance ^ 6, at_ms, period_s=900)) % 360,
    )


def fine_dust(seed: int, *, at_ms: int, local: LocalTime, traffic_load: float, soaked_mm_h: float) -> float:
    """Give PM2.5 in µg/m³: season and still air, more where vehicles pass, washed out by rain."""
    chance = stream(seed, "dust")
    spell = 1 + 0.22 * normal(chance, local.day) * 0.6 + 0.1 * drift(chance, at_ms, period_s=7200)
    hanging = by_season(_PM25, at_ms) * max(0.4, spell) * _STALE_AIR.at(local.hour) * 0.8
    return (hanging + 9 * traffic_load) * (1 - 0.6 * soaked_mm_h / (soaked_mm_h + 10))
