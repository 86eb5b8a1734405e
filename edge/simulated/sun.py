"""The sun: how high it stands over a place, and when it passes a height.

Formulas: NOAA Global Monitoring Laboratory, "General Solar Position Calculations" (the low-accuracy Fourier
series for equation of time and declination); good to about two minutes at low latitudes.
"""

from __future__ import annotations

import math
from functools import lru_cache

from smartward.instants import DAY_MS, MINUTE_MS, to_datetime

HORIZON_DEG = -0.833
"""The sun's centre at sunrise and sunset: its radius and the air's bending of light below the horizon."""


def altitude_deg(at_ms: int, *, lat: float, lon: float) -> float:
    """Give the height of the sun's centre over the horizon, in degrees, without the air's bending of light."""
    equation_min, declination = _year_angle(at_ms // DAY_MS)
    solar_min = (at_ms % DAY_MS) / MINUTE_MS + equation_min + 4 * lon
    hour_angle = math.radians(solar_min / 4 - 180)
    phi = math.radians(lat)
    sine = math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(sine))


def crossings_ms(noon_ms: int, *, lat: float, lon: float, altitude: float) -> tuple[int, int]:
    """Give when the sun rises above and sinks below a height (degrees) on the day around a local noon.

    The place must see both on that day, as any place between the tropics does.
    """
    equation_min, declination = _year_angle(noon_ms // DAY_MS)
    phi = math.radians(lat)
    cosine = (math.sin(math.radians(altitude)) - math.sin(phi) * math.sin(declination)) / (
        math.cos(phi) * math.cos(declination)
    )
    half_day_min = 4 * math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))
    transit_min = 720 - 4 * lon - equation_min
    day_ms = noon_ms - noon_ms % DAY_MS
    rise, fall = (day_ms + round((transit_min + side * half_day_min) * MINUTE_MS) for side in (-1, 1))
    return rise, fall


def sunrise_and_sunset_ms(noon_ms: int, *, lat: float, lon: float) -> tuple[int, int]:
    """Give sunrise and sunset on the day around a local noon."""
    return crossings_ms(noon_ms, lat=lat, lon=lon, altitude=HORIZON_DEG)


@lru_cache(maxsize=1024)
def _year_angle(day: int) -> tuple[float, float]:
    """Give the equation of time in minutes and the declination in radians at a UTC day's noon."""
    day_of_year = to_datetime(day * DAY_MS).timetuple().tm_yday
    gamma = 2 * math.pi / 365 * (day_of_year - 1)
    equation_min = 229.18 * (
        0.000075
        + 0.001868 * math.cos(gamma)
        - 0.032077 * math.sin(gamma)
        - 0.014615 * math.cos(2 * gamma)
        - 0.040849 * math.sin(2 * gamma)
    )
    declination = (
        0.006918
        - 0.399912 * math.cos(gamma)
        + 0.070257 * math.sin(gamma)
        - 0.006758 * math.cos(2 * gamma)
        + 0.000907 * math.sin(2 * gamma)
        - 0.002697 * math.cos(3 * gamma)
        + 0.00148 * math.sin(3 * gamma)
    )
    return equation_min, declination
