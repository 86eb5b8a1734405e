"""Lighting cabinets: power while the lamps burn, and a meter that follows."""

from __future__ import annotations

from edge.simulated import lights
from edge.simulated.chance import between, drift, stream
from edge.simulated.config import SimulatedDevice
from edge.simulated.world import State
from smartward.instants import SECOND_MS
from smartward.observation import Value

_BOOTING_MS = 10 * SECOND_MS
_POWER_FACTOR = 0.96


def streetlight_cabinet(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say whether the lamps burn, what they draw and what the meter has counted."""
    chance = stream(state.seed, "cabinet", device.id)
    on_for_ms = lights.since_on_ms(state, device)
    voltage = 226 + 3 * drift(chance, state.at_ms, period_s=900) + between(chance ^ 1, state.at_ms // SECOND_MS, -1, 1)
    flicker = between(chance ^ 2, state.at_ms // SECOND_MS, 0.99, 1.01)
    power_kw = lights.lamps_lit(state, device) * lights.lamp_kw(device) * flicker
    metered_kw = lights.sound_lamps(state.seed, device) * lights.lamp_kw(device)
    before_kwh = between(chance ^ 3, 0, 2_000, 9_000)
    return {
        "power_state": "off" if on_for_ms is None else "bootingUp" if on_for_ms < _BOOTING_MS else "on",
        "active_power": round(power_kw, 3),
        "voltage_r": round(voltage, 1),
        "intensity_r": round(power_kw * 1000 / voltage / _POWER_FACTOR, 2),
        "energy": round(before_kwh + metered_kw * lights.lit_hours(state, device), 3),
        "door_open": False,
    }
