"""Water sensors: depth on low streets, and the stage of the canal."""

from __future__ import annotations

from edge.simulated.chance import between, drift, stream, unit
from edge.simulated.config import SimulatedDevice
from edge.simulated.world import State
from smartward.instants import SECOND_MS
from smartward.observation import Value

_BASE_SHARE_OF_BD1 = 0.6
_BD1_M = 1.4


def flood_road(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say the depth over the road; the ultrasonic head hangs some 3.5 m above it and is good to 2 mm."""
    chance = stream(state.seed, "depth", device.id)
    depth_m = state.street_water(device.site).depth_m
    ripple_m = between(chance, state.at_ms // SECOND_MS, -0.002, 0.002)
    seen_m = round(max(0.0, depth_m + ripple_m), 3) if depth_m > 0 else 0.0
    hangs_at_m = 3.3 + 0.4 * unit(chance ^ 1, 0)
    return {"depth": seen_m, "measured_distance": round(hangs_at_m - depth_m - ripple_m, 3)}


def river_level(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say the canal's stage: well below its first alarm level, and above its base what the streets have drained."""
    chance = stream(state.seed, "stage", device.id)
    bd1_m = device.params.get("bd1", _BD1_M)
    base_m = _BASE_SHARE_OF_BD1 * float(bd1_m) + 0.04 * drift(chance, state.at_ms, period_s=14_400)
    ripple_m = between(chance ^ 1, state.at_ms // SECOND_MS, -0.002, 0.002)
    return {"water_level": round(base_m + state.water.canal_m + ripple_m, 3)}
