"""The edge's composition root: `python -m edge --config FILE` runs the agents of the file until told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event as Flag

from edge import footage, presence
from edge.agent import Agent
from edge.config import EdgeConfig, GatewayConfig, load
from edge.host import Host
from edge.inputs import Input, Periodic
from edge.outbox import Outbox
from edge.simulated.config import SimulatedGateway, SimulationConfig, read_config
from edge.simulated.input import build_world, simulated_input
from edge.simulated.world import World
from edge.uplink import Uplink
from smartward import __version__, catalogue, topics
from smartward.adapters.clock import SteadyClock, SystemClock
from smartward.adapters.mqtt import MqttBus
from smartward.errors import ConfigError, SmartwardError
from smartward.observation import Observation

logger = logging.getLogger("edge")

FINE, FINDING, BAD_USAGE = 0, 1, 2
CUT_LOOK_S = 0.25
"""How often a simulated gateway looks whether its story has its cable pulled."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Exit code 0 then; 2 for a wrong configuration, 1 when something cannot be used."""
    parser = argparse.ArgumentParser(prog="smartward edge", description="The agent of a gateway.")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the edge agent's TOML file")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    stopping = Flag()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        run(load(options.config, env=os.environ), stopping=stopping)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    except SmartwardError as error:
        print(error, file=sys.stderr)
        return FINDING
    return FINE


def run(config: EdgeConfig, *, stopping: Flag) -> None:
    """Start all agents, wait, and stop them all in good order."""
    agents = build(config)
    try:
        for agent in agents:
            agent.start()
        logger.info("the edge speaks for %s", ", ".join(agent.gateway for agent in agents))
        stopping.wait()
    finally:
        with ThreadPoolExecutor(max_workers=len(agents)) as pool:
            for _ in pool.map(Agent.stop, agents):
                pass


def build(config: EdgeConfig) -> list[Agent]:
    """Make an agent for each gateway of the file, with its inputs."""
    simulated = Simulated(config) if config.simulated.file else None
    agents = []
    for gateway in config.gateways:
        bus, outbox, uplink = line_of(gateway, config=config)
        inputs = [*vitals(gateway, outbox=outbox, uplink=uplink)]
        if gateway is config.gateways[0]:
            inputs += cameras(config)
        if simulated is not None:
            inputs += simulated.inputs(gateway.id, bus=bus, outbox=outbox)
        agents.append(Agent(gateway=gateway.id, bus=bus, outbox=outbox, uplink=uplink, inputs=inputs))
    return agents


def line_of(gateway: GatewayConfig, *, config: EdgeConfig) -> tuple[MqttBus, Outbox, Uplink]:
    """Make one gateway's connection, outbox and uplink."""
    session = secrets.token_hex(8)
    bus = MqttBus(
        host=config.mqtt.host,
        port=config.mqtt.port,
        version=config.mqtt.version,
        keepalive_s=config.mqtt.keepalive_s,
        client_id=gateway.id,
        username=gateway.username,
        password=gateway.password,
        subscriptions=[topics.committed(gateway.ward, gateway.id, "+")],
        will=presence.last_will(gateway.ward, gateway.id, session=session),
    )
    outbox = Outbox(Path(gateway.data_dir) / f"{gateway.id}.outbox.db", max_body_bytes=gateway.max_outbox_bytes)
    uplink = Uplink(
        ward=gateway.ward,
        gateway=gateway.id,
        bus=bus,
        outbox=outbox,
        clock=SystemClock(),
        steady=SteadyClock(),
        session=session,
        agent=f"smartward {__version__}",
        heartbeat_s=gateway.heartbeat_s,
    )
    return bus, outbox, uplink


def vitals(gateway: GatewayConfig, *, outbox: Outbox, uplink: Uplink) -> list[Input]:
    """Make the input that says how the machine itself is, unless it is switched off."""
    if not gateway.vitals_s:
        return []
    host = Host(
        gateway.id,
        folder=Path(gateway.data_dir),
        waiting=lambda: outbox.waiting,
        rtt_ms=lambda: uplink.rtt_ms,
    )
    return [Periodic(host.read, name=f"vitals of {gateway.id}", every_s=gateway.vitals_s, clock=SystemClock())]


def cameras(config: EdgeConfig) -> list[Input]:
    """Make an input for each camera; only then is OpenCV loaded, which costs 60 MB."""
    if not config.camera:
        return []
    from edge.camera.camera import open_camera  # noqa: PLC0415 - see above

    folder = Path(config.footage.folder) if config.footage.folder else footage.default_folder()
    return [open_camera(camera, clock=SystemClock(), footage_folder=folder) for camera in config.camera]


class Simulated:
    """The simulated ward of this process: one world, and the inputs of each gateway in it."""

    def __init__(self, config: EdgeConfig) -> None:
        self._simulation = simulation_of(config)
        self._clock = SystemClock()
        self._world: World = build_world(self._simulation, now_ms=self._clock.now_ms())
        self._catalogue = catalogue.load(self._simulation.profile)
        self._gateways: dict[str, SimulatedGateway] = {gateway.id: gateway for gateway in self._simulation.gateways}

    def inputs(self, gateway: str, *, bus: MqttBus, outbox: Outbox) -> list[Input]:
        """Make the inputs of one gateway: its devices, and what pulls its cable where the story says so."""
        if gateway not in self._gateways:
            return []
        devices = simulated_input(
            self._gateways[gateway],
            world=self._world,
            catalogue=self._catalogue,
            clock=self._clock,
            backlog=lambda: outbox.waiting,
        )
        story = self._world.story
        if story is None or not any(silence.gateway == gateway for silence in story.silent):
            return [devices]

        def pull_or_plug(now_ms: int) -> Sequence[Observation]:
            if self._world.is_cut(gateway, now_ms=now_ms):
                bus.unplug()
            else:
                bus.plug()
            return ()

        return [devices, Periodic(pull_or_plug, name=f"cable of {gateway}", every_s=CUT_LOOK_S, clock=self._clock)]


def simulation_of(config: EdgeConfig) -> SimulationConfig:
    """Read the simulated ward; raises ConfigError when one of its gateways cannot log in for want of a [[gateway]]."""
    simulation = read_config(Path(config.simulated.file))
    missing = {gateway.id for gateway in simulation.gateways} - {gateway.id for gateway in config.gateways}
    if missing:
        raise ConfigError(
            f"gateway {min(missing)} is simulated but has no [[gateway]]",
            file=config.simulated.file,
            key="gateways.id",
            remedy="Add a [[gateway]] with its ward, id and password to the edge agent's file",
        )
    return simulation


if __name__ == "__main__":
    sys.exit(main())
