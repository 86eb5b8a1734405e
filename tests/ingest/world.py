"""A whole ingest in memory but for its own file, stepped by hand: what the tests of this folder stand on."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec

from ingest.home import Home
from ingest.service import Ingest, World
from smartward import topics
from smartward.adapters.clock import FakeClock, FakeSteadyClock
from smartward.adapters.memory_bus import MemoryBroker, MemoryBus
from smartward.adapters.memory_relational import MemoryProjections, MemoryRegistry, MemoryRequests
from smartward.adapters.memory_store import MemoryTelemetry
from smartward.adapters.notify_memory import MemoryNotifier
from smartward.catalogue import load
from smartward.device import Device, Site, Ward
from smartward.ledger import Ledger
from smartward.ports import Message, TelemetryStore

WARD = "songmay"
NOON = 1_795_417_200_000
CATALOGUE = load()


class Listener:
    """Keeps what a test client hears."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.heard: list[Message] = []

    def connected(self) -> None:
        """Need nothing on a connection."""

    def disconnected(self, reason: str) -> None:
        """Need nothing without one."""

    def received(self, message: Message) -> None:
        """Keep a message."""
        self.heard.append(message)


class TestWard:
    """One ward: broker, registry, store and an ingest that can be killed and started again at any point."""

    __test__ = False

    def __init__(self, folder: Path, *, store: TelemetryStore | None = None, now_ms: int = NOON) -> None:
        """Register a gateway with two street-water sensors and a camera; the store is in memory unless given."""
        self.folder = folder
        self.broker = MemoryBroker()
        self.clock = FakeClock(now_ms)
        self.registry, self.projections = MemoryRegistry(), MemoryProjections()
        self.requests = MemoryRequests()
        self.store = store or MemoryTelemetry(catalogue=CATALOGUE)
        self.notifier = MemoryNotifier()
        self.registry.put_ward(Ward(WARD, "Phường Sông Mây"))
        self.registry.put_site(Site("ben-do", WARD, "Hẻm 48 Bến Đò", "KP 3"))
        for device in (
            Device("gw-1", WARD, "gw-1", "edge_gateway"),
            Device("fld-1", WARD, "gw-1", "flood_road", site="ben-do"),
            Device("fld-2", WARD, "gw-1", "flood_road"),
            Device("cam-1", WARD, "gw-1", "camera"),
        ):
            self.registry.put_device(device)
        self.client, self.listener = self._client(), Listener()
        self.client.start(self.listener)
        self.bus: MemoryBus
        self.home: Home
        self.ingest: Ingest
        self.boot_up()

    def boot_up(self, *, max_journal_bytes: int | None = None) -> None:
        """Start ingest as a new process would, but for the threads: a test steps the parts."""
        self.bus = MemoryBus(
            self.broker,
            client_id="ingest",
            subscriptions=topics.subscriptions((WARD,)),
            clean_start=False,
        )
        self.home = Home(self.folder / "ingest.db", max_journal_bytes=max_journal_bytes)
        world = World(
            self.bus,
            self.store,
            self.registry,
            self.projections,
            {"memory": self.notifier},
            CATALOGUE,
            self.clock,
            FakeSteadyClock(self.clock),
            self.requests,
        )
        self.ingest = Ingest(self.home, world)
        self.home.open()
        self.ingest.known.load()
        self.ingest.known.step()
        self.bus.start(self.ingest)

    def kill(self) -> None:
        """End ingest as kill -9 does: the connection drops, nothing is finished."""
        self.broker.cut("ingest")
        self.bus.stop()
        self.home.close()

    def settle(self) -> None:
        """Step every part until none has anything to do."""
        steps = (
            self.take_in,
            self.ingest.requested.step,
            self.ingest.storing.step,
            self.ingest.deciding.step,
            self.ingest.telling.step,
        )
        while any([step() for step in steps]):  # noqa: C419  # every part steps in every round
            self.clock.advance(ms=10)
        self.clock.advance(ms=1_000)
        self.ingest.deciding.step()
        self.ingest.watching.step()
        self.ingest.telling.step()
        self.ingest.mirror.step()

    def take_in(self) -> bool:
        """Bring to disk what has arrived, without waiting for more."""
        return self.ingest.intake.step(wait_s=0)

    def say(self, topic: str, body: object, *, retain: bool = False) -> None:
        """Publish as a device."""
        payload = body if isinstance(body, bytes) else msgspec.json.encode(body)
        self.client.publish(topic, payload, retain=retain)

    def say_depth(self, depth: float, *, device: str = "fld-1", at_ms: int | None = None) -> None:
        """Publish one street depth, by default as of now."""
        at_ms = self.clock.now_ms() if at_ms is None else at_ms
        self.say(topics.obs(WARD, "gw-1", device), {"at": at_ms, "values": {"depth": depth}})

    def ledger(self) -> Ledger:
        """Give the ledger as the API would see it."""
        ledger = self.projections.ledger()
        assert ledger is not None
        return ledger

    def committed(self) -> dict[str, int]:
        """Give the newest committed value by boot."""
        said = [message for message in self.listener.heard if "/committed/" in message.topic]
        return {
            message.topic.rsplit("/", maxsplit=1)[1]: msgspec.json.decode(message.payload)["seq"] for message in said
        }

    def _client(self) -> MemoryBus:
        return MemoryBus(
            self.broker,
            client_id="test",
            subscriptions=(f"ward/{WARD}/+/committed/+", f"ward/{WARD}/alerts/+"),
            clean_start=True,
        )


def random_depths(seed: int, *, count: int) -> list[tuple[str, int, float]]:
    """Make street depths in random order of time, no (device, instant) twice."""
    chance = random.Random(seed)
    instants = chance.sample(range(NOON - 100_000, NOON), count)
    return [(chance.choice(["fld-1", "fld-2"]), at_ms, round(chance.uniform(0, 1), 3)) for at_ms in instants]
