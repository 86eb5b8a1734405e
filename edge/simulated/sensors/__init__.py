"""Sensors: what a device of each type says of the world, as the catalogue's quantities."""

from __future__ import annotations

from collections.abc import Callable

from edge.simulated.config import SimulatedDevice
from edge.simulated.sensors import air, buildings, lighting, loudspeakers, machines, offices, roads, waste, waters
from edge.simulated.tally import LONGEST_PERIOD_MS
from edge.simulated.world import State, World
from smartward.instants import SECOND_MS
from smartward.observation import Value

Sensor = Callable[[State, SimulatedDevice, int], dict[str, Value]]
"""Tells a device's values in a state; the last argument is the instant (ms) it last spoke, for what is counted."""

_SENSORS: dict[str, Sensor] = {
    "air_quality": air.air_quality,
    "camera": machines.camera,
    "citizen_report": offices.citizen_report,
    "crowd_flow": roads.crowd_flow,
    "dossier_kpi": offices.dossier_kpi,
    "edge_gateway": machines.edge_gateway,
    "fire_alarm": buildings.fire_alarm,
    "flood_road": waters.flood_road,
    "indoor_air": buildings.indoor_air,
    "noise": roads.noise,
    "parking": roads.parking,
    "power_meter": buildings.power_meter,
    "public_address": loudspeakers.public_address,
    "river_level": waters.river_level,
    "service_queue": offices.service_queue,
    "streetlight_cabinet": lighting.streetlight_cabinet,
    "traffic_flow": roads.traffic_flow,
    "vaccine_fridge": buildings.vaccine_fridge,
    "waste_container": waste.waste_container,
    "weather": air.weather_station,
    "web_service": machines.web_service,
}

SENSED_TYPES = frozenset(_SENSORS)
"""The device types that can be simulated."""


def sense(world: World, device: SimulatedDevice, *, now_ms: int, since_ms: int) -> dict[str, Value]:
    """Give what a device says now; what is counted, it counts since the instant it last spoke, at most an hour ago."""
    state = world.state_at(now_ms)
    since_ms = max(since_ms - since_ms % SECOND_MS, state.at_ms - LONGEST_PERIOD_MS)
    return _SENSORS[device.type](state, device, min(since_ms, state.at_ms))
