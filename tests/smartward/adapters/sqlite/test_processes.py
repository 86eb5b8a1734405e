"""Several processes and one telemetry file: what is written stays, and everybody sees whole batches."""

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

from smartward.adapters.sqlite import SqliteTelemetry
from smartward.errors import StoreUnavailable
from smartward.ports import Count
from tests.contracts.telemetry import CATALOGUE, NOON_MS, Oracle, life, observed
from tests.smartward.adapters.sqlite.outside import check_rollups
from tests.smartward.adapters.sqlite.stores import all_of, opened, put, reading

Answer = tuple[int, dict[str, Count]]


@contextmanager
def writer(path: Path, seed: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start a writing process; it is killed with kill -9 in the end, if it was not before."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.smartward.adapters.sqlite.writer", str(path), str(seed)], stdout=subprocess.PIPE
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
@pytest.mark.parametrize("seed", range(6))
def test_a_batch_that_was_answered_survives_kill_9_exactly_once(tmp_path: Path, seed: int) -> None:
    """Every answered batch is there, the one in the making is there whole or not at all, and rollups hold."""
    path, chance = tmp_path / "telemetry.db", random.Random(seed)
    with writer(path, seed) as child:
        answers = heard(child, lines=chance.randrange(1, 120))
        child.kill()
        answers += heard(child, lines=None)
    check_rollups(path)

    with opened(path) as store:
        newest = store.newest_batch("j1")
        assert newest - answers[-1][0] in {0, 1}
        oracle, batches = Oracle(), list(islice(life(seed), newest + 20))
        for batch in batches[:newest]:
            expected = oracle.write(batch)
            assert batch.number > len(answers) or answers[batch.number - 1] == (batch.number, expected)
        check_all(store, oracle)

        assert store.write(batches[newest - 1]) == expected
        for batch in batches[newest:]:
            assert store.write(batch) == oracle.write(batch)
        check_all(store, oracle)
    check_rollups(path)


def check_all(store: SqliteTelemetry, oracle: Oracle) -> None:
    """Compare everything a store holds with what it must hold."""
    assert store.latest() == oracle.latest()
    assert {stored.event.event_id: stored for stored in store.events(limit=10_000)} == oracle.said
    for (device, quantity), series in oracle.values.items():
        assert all_of(store, device, quantity) == {at: kept.value for at, kept in sorted(series.items())}


@pytest.mark.faults
def test_another_process_reads_whole_batches_while_one_writes(tmp_path: Path) -> None:
    """What the API shows is always the ward after some batch, never in the middle of one."""
    path, seed = tmp_path / "telemetry.db", 4
    with writer(path, seed) as child, reading(path) as reader:
        heard(child, lines=1)
        states = []
        for _ in range(25):
            states.append((reader.newest_batch("j1"), reader.latest(), reader.newest_batch("j1")))
            heard(child, lines=3)

    oracle, batches = Oracle(), life(seed)
    after_batch = [oracle.latest()]
    for before, newest, after in states:
        while len(after_batch) <= after:
            oracle.write(next(batches))
            after_batch.append(oracle.latest())
        assert newest in after_batch[before : after + 1]
    assert states[0][0] < states[-1][0]


def test_a_second_writer_is_refused_and_told_who_has_the_file(tmp_path: Path) -> None:
    """Two ingests on one file would count each other's values."""
    path = tmp_path / "telemetry.db"
    with writer(path, 1) as child:
        heard(child, lines=1)
        with pytest.raises(StoreUnavailable, match=f"in use by process {child.pid}"):
            SqliteTelemetry(path, catalogue=CATALOGUE).open()

    with opened(path) as store:
        assert put(store, observed("d9", NOON_MS, level=1.0)) == {"d9": Count(stored=1)}
