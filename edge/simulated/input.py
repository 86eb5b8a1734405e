"""The simulated devices of one gateway as an Input of the edge agent, like any camera or sensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edge.inputs import Input, Periodic
from edge.simulated.config import SimulatedGateway, SimulationConfig
from edge.simulated.rounds import Rounds, Turn
from edge.simulated.sensors import SENSED_TYPES, sense
from edge.simulated.story import load_story
from edge.simulated.world import World
from smartward.catalogue.model import Catalogue
from smartward.errors import ConfigError
from smartward.observation import Observation
from smartward.ports import Clock

LOOK_EVERY_S = 0.25
"""How often it is looked whether a device's turn has come."""


def build_world(config: SimulationConfig, *, now_ms: int) -> World:
    """Build the one world that all gateways of a process share; it starts now where the file names no start.

    Raises ConfigError for a story or a device type that there is not.
    """
    for device in config.devices:
        if device.type not in SENSED_TYPES:
            raise ConfigError(
                f"device {device.id} is a {device.type!r}, which is not simulated",
                key="gateways.devices.type",
                remedy=f"Use one of: {', '.join(sorted(SENSED_TYPES))}",
            )
    return World(
        config.seed,
        start_ms=now_ms if config.started_ms is None else config.started_ms,
        devices=config.devices,
        story=load_story(config.story) if config.story else None,
        timezone=config.timezone,
    )


def simulated_input(
    gateway: SimulatedGateway,
    *,
    world: World,
    catalogue: Catalogue,
    clock: Clock,
    backlog: Callable[[], int] | None = None,
) -> Input:
    """Make the input of one gateway's devices: each observation carries the present instant.

    `backlog` tells the agent's real count of messages not yet delivered, for the gateway's own `buffer_messages`.
    """
    rounds = Rounds(gateway.devices, catalogue=catalogue, seed=world.seed)

    def read(now_ms: int) -> Sequence[Observation]:
        return [_observation(turn, world=world, now_ms=now_ms, backlog=backlog) for turn in rounds.due(now_ms)]

    return Periodic(read, name=f"simulated {gateway.id}", every_s=LOOK_EVERY_S, clock=clock)


def _observation(turn: Turn, *, world: World, now_ms: int, backlog: Callable[[], int] | None) -> Observation:
    """Give what a device says in its turn."""
    values = sense(world, turn.device, now_ms=now_ms, since_ms=turn.since_ms)
    if backlog is not None and turn.device.type == "edge_gateway":
        values["buffer_messages"] = backlog()
    return Observation(
        device=turn.device.id,
        values={name: value for name, value in values.items() if name in turn.quantities},
        observed_ms=now_ms,
    )
