"""Loudspeakers: the ward's two daily broadcasts, heard as amplifier power."""

from __future__ import annotations

from edge.simulated.chance import between, drift, stream
from edge.simulated.config import SimulatedDevice
from edge.simulated.world import State
from smartward.instants import SECOND_MS
from smartward.observation import Value

SLOTS = ((5.5, 5.5 + 1 / 3), (17.0, 17.0 + 1 / 3))
"""From and to, in local hours: 05:30-05:50 and 17:00-17:20."""


def is_playing(state: State) -> bool:
    """Tell whether a broadcast is on the air."""
    return any(start <= state.local.hour < end for start, end in SLOTS)


def public_address(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say what the cluster plays, at what power, and how long ago it last did."""
    chance = stream(state.seed, "loudspeaker", device.id)
    playing = is_playing(state)
    volume = round(between(chance, 0, 0.55, 0.8), 2)
    voice = between(chance ^ 1, state.at_ms // SECOND_MS, 0.6, 1.0)
    warmth = state.weather(device.lat, device.lon).temperature + 6 + 2 * drift(chance ^ 2, state.at_ms, period_s=600)
    return {
        "playing": playing,
        "bulletin_priority": "normal" if playing else "none",
        "volume": volume,
        "amp_power": round(volume * 90 * voice, 1) if playing else 0.0,
        "amp_temperature": round(warmth + (14 if playing else 0), 1),
        "line_fault": False,
        "last_play_age": 0.0 if playing else _last_play_age_h(state.local.hour),
    }


def _last_play_age_h(hour: float) -> float:
    """Give the hours since the last broadcast ended; never 0 between broadcasts."""
    ended = [end for _, end in SLOTS if end <= hour]
    age_h = hour - ended[-1] if ended else hour + 24 - SLOTS[-1][1]
    return max(0.01, round(age_h, 2))
