"""The agent as a process on a real broker: killed without mercy, stopped in good order, refused in plain words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Condition
from typing import Any

import msgspec
import pytest

from edge.simulated.config import SimulatedDevice, SimulatedGateway, SimulationConfig, write_config
from smartward import topics
from smartward.adapters.broker import Broker
from smartward.adapters.mqtt import MqttBus
from smartward.ports import Message
from tests.servers.mosquitto import USERS, running

WARD = "phuc-yen"
DEADLINE_S = 30.0
CONFIG = """
[mqtt]
port = {port}

[[gateway]]
ward = "phuc-yen"
id = "gw-1"
password = {password}
heartbeat_s = 1
vitals_s = {vitals_s}

[[gateway]]
ward = "phuc-yen"
id = "gw-2"
password = "other"
vitals_s = 0
"""

COUNTER = """
import itertools, sys
from pathlib import Path
import edge.__main__ as root
from edge.inputs import Periodic
from smartward.adapters.clock import SystemClock
from smartward.observation import Observation

numbers = itertools.count()
root.vitals = lambda gateway, *, outbox, uplink: [
    Periodic(lambda now_ms: gateway.id == "gw-1" and [Observation("dev-1", {"n": next(numbers)}, now_ms)] * 3 or [],
             name="counter", every_s=0.004, clock=SystemClock())
]
sys.exit(root.main(["--config", sys.argv[1]]))
"""
"""The real agent, with a counter that speaks far more often than any sensor."""


class Server:
    """Keeps packs and presences, and confirms packs as ingest does."""

    def __init__(self, broker: Broker) -> None:
        self.packs: dict[tuple[str, str, int], dict[str, Any]] = {}
        self.presences: list[dict[str, Any]] = []
        self._changed = Condition()
        self._bus = MqttBus(
            host="127.0.0.1",
            port=broker.port_v5,
            client_id="ingest",
            username="server",
            password=USERS["server"],
            subscriptions=topics.subscriptions((WARD,)),
            clean_start=False,
            session_expiry_s=600,
        )
        self._bus.start(self)

    def connected(self) -> None:
        """Say how far all outboxes are on disk."""
        for gateway, boot in {(gateway, boot) for gateway, boot, _ in self.packs}:
            self._confirm(gateway, boot)

    def disconnected(self, reason: str) -> None:
        """Wait for the next connection."""

    def received(self, message: Message) -> None:
        """Take a pack or a presence."""
        address = topics.parse(message.topic)
        assert address is not None
        body = msgspec.json.decode(message.payload)
        with self._changed:
            if address.kind == topics.Kind.PRESENCE:
                self.presences.append({"gateway": address.gateway, **body})
            else:
                self.packs[address.gateway, body["boot"], body["seq"]] = body
            self._changed.notify_all()
        self._bus.acknowledge([message])
        if address.kind == topics.Kind.PACK:
            self._confirm(address.gateway, body["boot"])

    def wait(self, happened: Callable[[], object]) -> None:
        """Wait until something holds."""
        with self._changed:
            assert self._changed.wait_for(happened, DEADLINE_S), (sorted(self.packs), self.presences)

    def numbers(self, gateway: str) -> list[int]:
        """List a gateway's pack numbers."""
        return sorted(seq for name, _, seq in self.packs if name == gateway)

    def devices(self) -> set[str]:
        """List the devices that have spoken."""
        return {said["device"] for body in list(self.packs.values()) for said in body["obs"]}

    def stop(self) -> None:
        """Leave."""
        self._bus.stop()

    def _confirm(self, gateway: str, boot: str) -> None:
        seq = 0
        while (gateway, boot, seq + 1) in self.packs:
            seq += 1
        self._bus.publish(topics.committed(WARD, gateway, boot), b'{"seq": %d}' % seq, retain=True)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Run a real Mosquitto."""
    with running("mosquitto", tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def server(broker: Broker) -> Iterator[Server]:
    """Run a server that confirms."""
    server = Server(broker)
    yield server
    server.stop()


def configured(
    folder: Path, broker: Broker, *, password: str = USERS["gw-1"], vitals_s: int = 1, more: str = ""
) -> Path:
    """Write an agent's file."""
    path = folder / "edge.toml"
    quoted = msgspec.json.encode(password).decode()
    path.write_text(CONFIG.format(port=broker.port_v5, password=quoted, vitals_s=vitals_s) + more)
    return path


@contextmanager
def agent(config: Path, *, program: tuple[str, ...] = ("-m", "edge", "--config")) -> Iterator[subprocess.Popen[str]]:
    """Run an agent for the time of a block."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, *program, str(config)], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_gateway_says_that_it_is_there_how_it_is_and_goodbye(tmp_path: Path, broker: Broker, server: Server) -> None:
    """From the installer's file to presence and real telemetry; a stopped agent leaves in good order."""
    with agent(configured(tmp_path, broker)) as process:
        server.wait(lambda: server.presences and {"gw-1"} <= server.devices())
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=DEADLINE_S)

    assert process.returncode == 0, log
    online = server.presences[0]
    assert (online["online"], online["agent"][:10]) == (True, "smartward ")
    server.wait(lambda: sum(not presence["online"] for presence in server.presences) == 2)
    goodbyes = {presence["gateway"]: presence for presence in server.presences if not presence["online"]}
    assert all("at" in goodbye for goodbye in goodbyes.values())
    assert set(goodbyes) == {"gw-1", "gw-2"}
    said = next(body for body in server.packs.values() if body["obs"])["obs"][0]
    assert said["device"] == "gw-1"
    assert 0 < said["values"]["mem_used"] <= 1
    assert USERS["gw-1"] not in log


@pytest.mark.faults
@pytest.mark.parametrize("seed", [1, 2])
def test_an_agent_killed_again_and_again_delivers_every_pack_it_had_written(
    tmp_path: Path, broker: Broker, server: Server, seed: int
) -> None:
    """Power fails, brokers restart: one outbox, numbers without a gap, every run whole up to its end."""
    random = Random(seed)
    config = configured(tmp_path, broker)
    counted = ("-c", COUNTER)
    for is_last in (False, False, True):
        goal = len(server.packs) + random.randint(3, 12)
        with agent(config, program=counted) as process:
            server.wait(lambda goal=goal: len(server.packs) >= goal)  # type: ignore[misc]
            if is_last:
                broker.stop()
                broker.start()
                server.wait(lambda goal=goal: len(server.packs) >= goal + 10)  # type: ignore[misc]
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=DEADLINE_S)
            else:
                process.kill()
    with agent(config) as process:  # what was on disk and not yet sent
        boots = {boot for gateway, boot, _ in server.packs if gateway == "gw-1"}
        server.wait(lambda: server.devices() >= {"gw-1"})
        process.kill()

    numbers = server.numbers("gw-1")
    assert len(boots) == 1
    assert numbers == list(range(1, numbers[-1] + 1))
    said = [said["values"] for _, body in sorted(server.packs.items()) for said in body["obs"]]
    counted_numbers = [values["n"] for values in said if "n" in values]
    begins = [index for index, n in enumerate(counted_numbers) if n == 0 and counted_numbers[index - 1] != 0]
    assert len(begins) == 3
    for begin, end in zip(begins, [*begins[1:], None], strict=True):
        run = counted_numbers[begin:end]
        assert run == [index // 3 for index in range(len(run))]


def test_a_simulated_ward_speaks_for_all_its_devices_within_seconds(
    tmp_path: Path, broker: Broker, server: Server
) -> None:
    """The same agent and wire as for real sensors, several gateways in one process."""
    devices = {
        "gw-1": (SimulatedDevice("fld-1", "flood_road", "alley", 21.2, 105.7),),
        "gw-2": (SimulatedDevice("air-1", "air_quality", "square", 21.2, 105.7),),
    }
    gateways = tuple(SimulatedGateway(name, behind) for name, behind in devices.items())
    write_config(SimulationConfig(WARD, gateways, profile="demo"), tmp_path / "ward.json")
    config = configured(tmp_path, broker, vitals_s=0, more='\n[simulated]\nfile = "ward.json"\n')

    with agent(config):
        server.wait(lambda: server.devices() >= {"fld-1", "air-1"})

    assert server.numbers("gw-1")[0] == server.numbers("gw-2")[0] == 1


def test_a_wrong_password_is_in_the_agents_log(tmp_path: Path, broker: Broker, server: Server) -> None:
    """It is the first thing that goes wrong when a gateway is installed."""
    with agent(configured(tmp_path, broker, password="wrong-secret")) as process:
        server.wait(lambda: any(presence["gateway"] == "gw-2" for presence in server.presences))
        assert process.stderr is not None
        line = next(line for line in process.stderr if "refused" in line)

    assert "gateway gw-1: broker 127.0.0.1" in line
    assert "refused: bad user name or password for 'gw-1'" in line
    assert "wrong-secret" not in line


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("[mqtt2]\nx = 1\n", "mqtt2: no such key"),
        ('[simulated]\nfile = "none.json"\n', "none.json: cannot be read"),
        ('[simulated]\nfile = "ward.json"\n', "gateway gw-9 is simulated but has no [[gateway]]"),
    ],
)
def test_a_wrong_file_ends_the_agent_with_code_2_and_one_line(
    tmp_path: Path, broker: Broker, more: str, said: str
) -> None:
    """A supervisor must not try again what can never work."""
    gateway = SimulatedGateway("gw-9", (SimulatedDevice("fld-1", "flood_road", "alley", 21.2, 105.7),))
    write_config(SimulationConfig(WARD, (gateway,)), tmp_path / "ward.json")

    with agent(configured(tmp_path, broker, more=more)) as process:
        _, log = process.communicate(timeout=DEADLINE_S)

    assert process.returncode == 2
    assert said in log
    assert "Traceback" not in log


def test_a_second_agent_on_the_same_outbox_is_refused(tmp_path: Path, broker: Broker, server: Server) -> None:
    """Two processes numbering the same packs would overwrite each other's at the server."""
    config = configured(tmp_path, broker)
    with agent(config):
        server.wait(lambda: server.presences)
        with agent(config) as second:
            _, log = second.communicate(timeout=DEADLINE_S)

    assert second.returncode == 1
    assert "gw-1.outbox.db is already in use by process" in log
