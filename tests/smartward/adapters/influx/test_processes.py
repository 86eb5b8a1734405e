"""Ingest killed, InfluxDB killed, both killed: every batch is stored once and answered as if nothing had happened."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from smartward.adapters.influx import InfluxTelemetry
from smartward.ports import Count
from tests.contracts.telemetry import Oracle, life
from tests.servers.influxdb import Influxd, running
from tests.smartward.adapters.influx.outside import check_rollups
from tests.smartward.adapters.influx.stores import opened

Answer = tuple[int, dict[str, Count]]
DATABASE = "ward"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Influxd]:
    """Run a server that this test may kill."""
    with running(tmp_path / "influxdb") as server:
        yield server


@contextmanager
def writer(server: Influxd, folder: Path, seed: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start a writing process; it is killed with kill -9 in the end, if it was not before."""
    module = "tests.smartward.adapters.influx.writer"
    arguments = [server.url, DATABASE, str(folder / "receipts.db"), str(seed)]
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def heard(child: subprocess.Popen[bytes], *, lines: int | None) -> list[Answer]:
    """Read so many answers, or all that a dead child has left; half a line is no answer."""
    assert child.stdout is not None
    found = islice(child.stdout, lines)
    return [msgspec.json.decode(line, type=Answer) for line in found if line.endswith(b"\n")]


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("victims", ["ingest", "influxdb", "both"])
def test_every_batch_is_stored_once_and_answered_once(own: Influxd, tmp_path: Path, seed: int, victims: str) -> None:
    """Killed three times with kill -9 in the middle of writing, then compared with plain arithmetic."""
    chance, answers = random.Random(f"{victims}{seed}"), dict[int, dict[str, Count]]()
    for _ in range(3):
        with writer(own, tmp_path, seed) as child:
            said = heard(child, lines=chance.randrange(1, 25))
            if victims != "ingest":
                own.kill()
            child.kill()
            said += heard(child, lines=None)
        for number, counts in said:
            assert answers.setdefault(number, counts) == counts
        if victims != "ingest":
            own.start()

    with opened(own, tmp_path, database=DATABASE) as store:
        newest = store.newest_batch("j1")
        assert newest - max(answers) in {0, 1}
        oracle, batches = Oracle(), list(islice(life(seed), newest + 10))
        for batch in batches[:newest]:
            expected = oracle.write(batch)
            assert answers.get(batch.number, expected) == expected
        assert store.write(batches[newest - 1]) == expected
        for batch in batches[newest:]:
            assert store.write(batch) == oracle.write(batch)
        check_all(store, oracle)
        while store.roll_up():
            pass
    for device_type, quantity in (("river", "level"), ("river", "battery"), ("select", "noise")):
        check_rollups(own, DATABASE, device_type, quantity)


def check_all(store: InfluxTelemetry, oracle: Oracle) -> None:
    """Compare everything that the store holds with what it must hold."""
    assert store.latest() == oracle.latest()
    assert {stored.event.event_id: stored for stored in store.events(limit=10_000)} == oracle.said
    for (device, quantity), series in oracle.values.items():
        points = store.series(device, quantity, from_ms=-(2**60), to_ms=2**60, limit=100_000)
        assert {point.at_ms: point.value for point in points} == {at: kept.value for at, kept in series.items()}
