"""Air sensors: weather stations and air-quality stations."""

from __future__ import annotations

from edge.simulated import streets
from edge.simulated.chance import between, drift, stream
from edge.simulated.config import SimulatedDevice
from edge.simulated.world import State
from smartward.instants import SECOND_MS
from smartward.observation import Value

_MOST_MM = 30.0


def weather_station(state: State, device: SimulatedDevice, since_ms: int) -> dict[str, Value]:
    """Say the weather, and the rain since the station last spoke."""
    air = state.weather(device.lat, device.lon)
    off = between(stream(state.seed, "thermometer", device.id), state.at_ms // SECOND_MS, -0.1, 0.1)
    rain_mm = state.rain_mm(device.lat, device.lon, since_ms=since_ms)
    return {
        "temperature": round(air.temperature + off, 2),
        "relative_humidity": round(air.relative_humidity, 3),
        "pressure": round(air.pressure + off, 2),
        "rain": round(min(rain_mm, _MOST_MM), 4),
        "wind_speed": round(air.wind_speed, 2),
        "wind_gust": round(air.wind_gust, 2),
        "wind_direction": round(air.wind_direction, 1),
    }


def air_quality(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say dust, gases and warmth; dust and exhaust rise with the traffic and fall with the rain."""
    chance = stream(state.seed, "air", device.id)
    air = state.weather(device.lat, device.lon)
    here = between(chance, 0, 0.85, 1.15) * (1 + 0.08 * drift(chance ^ 1, state.at_ms, period_s=600))
    flicker = between(chance ^ 2, state.at_ms // SECOND_MS, 0.98, 1.02)
    pm25 = state.fine_dust(device.lat, device.lon) * here * flicker
    traffic = streets.load(state.local)
    sunlight = max(0.0, state.sun_deg) / 90
    return {
        "pm25": round(pm25, 1),
        "pm10": round(pm25 * (1.45 + 0.25 * traffic) * flicker, 1),
        "no2": round((14 + 38 * traffic) * here * flicker, 1),
        "so2": round((8 + 5 * traffic) * here * flicker, 1),
        "o3": round((22 + 75 * sunlight) * here * flicker, 1),
        "co": round((420 + 780 * traffic) * here * flicker, 0),
        "temperature": round(air.temperature + 0.4, 2),
        "relative_humidity": round(air.relative_humidity, 3),
    }
