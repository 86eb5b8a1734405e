"""Ingest's CPU an observation, stage by stage: packs of 50 observations with 4 values, on a real disk."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ingest.decode import decode
from ingest.home import Home
from ingest.service import Ingest, World
from ingest.validate import Validator
from smartward import topics
from smartward.adapters.clock import FakeClock
from smartward.adapters.memory_bus import MemoryBroker, MemoryBus
from smartward.adapters.memory_relational import MemoryProjections, MemoryRegistry, MemoryRequests
from smartward.adapters.sqlite import SqliteTelemetry
from smartward.catalogue import load
from smartward.device import Device, Ward
from smartward.observation import Observation
from smartward.pack import Pack, encode
from smartward.ports import Message

WARD, NOON = "bench", 1_795_417_200_000
DEVICES, PACKS = 250, 400


def main() -> None:
    """Feed packs through every stage and print CPU microseconds an observation."""
    with tempfile.TemporaryDirectory(prefix="smartward-bench-") as folder:
        run(Path(folder))


def run(folder: Path) -> None:
    """Build an ingest over real files and measure it."""
    catalogue = load()
    registry = MemoryRegistry()
    registry.put_ward(Ward(WARD, "Bench"))
    registry.put_device(Device("gw", WARD, "gw", "edge_gateway"))
    for number in range(DEVICES):
        registry.put_device(Device(f"air-{number}", WARD, "gw", "air_quality"))
    store = SqliteTelemetry(folder / "telemetry.db", catalogue=catalogue)
    store.open()
    home, clock = Home(folder / "ingest.db"), FakeClock(NOON)
    bus = MemoryBus(MemoryBroker(), client_id="bench", clean_start=True)
    ingest = Ingest(
        home, World(bus, store, registry, MemoryProjections(), {}, catalogue, clock, clock, MemoryRequests())
    )
    home.open()
    ingest.known.step()
    messages = [message(seq) for seq in range(1, PACKS + 1)]
    validator = Validator(catalogue)
    observations = PACKS * 50

    def understand() -> None:
        for each in messages:
            validator.validate(decode(each), registered=ingest.known.registered, received_ms=NOON)

    for name, work in (
        ("decode and validate", understand),
        ("decode, validate, journal (fsync), count", drain(lambda: ingest.intake.step(wait_s=0))),
        ("store (SQLite, fsync)", drain(ingest.storing.step)),
        ("rules (threshold, hold, chains)", drain(ingest.deciding.step)),
    ):
        for each in messages if name.endswith("count") else ():
            ingest.received(each)
        began = time.process_time()
        work()
        spent_us = (time.process_time() - began) * 1e6 / observations
        sys.stdout.write(f"{name:42} {spent_us:6.1f} us CPU an observation of 4 values\n")
    home.close()
    store.close()


def drain(step: Callable[[], bool]) -> Callable[[], None]:
    """Make what steps until there is nothing left to do."""

    def until_done() -> None:
        while step():
            pass

    return until_done


def message(seq: int) -> Message:
    """Make one pack of 50 air-quality observations."""
    at_ms = NOON - 60_000 + seq * 100
    values = {"pm25": 20.0 + seq % 7, "pm10": 40.0, "temperature": 28.5, "relative_humidity": 0.71}
    devices = [f"air-{(seq * 50 + index) % DEVICES}" for index in range(50)]
    pack = Pack("b1", seq, tuple(Observation(device, dict(values), at_ms) for device in devices))
    return Message(topics.pack(WARD, "gw"), encode(pack))


if __name__ == "__main__":
    main()
