"""Random histories, and many readers: every telemetry store against plain arithmetic."""

from __future__ import annotations

import random
from threading import Event as Flag
from threading import Thread

import pytest

from smartward.instants import DAY_MS, MINUTE_MS
from tests.contracts.telemetry import (
    EVERY_FN,
    EVERY_MS,
    NOON_MS,
    TYPES,
    ZONES,
    Oracle,
    Telemetry,
    agree,
    history,
    instant,
    observed,
)


@pytest.mark.parametrize("seed", range(20))
def test_a_random_history_is_answered_as_computed_from_its_final_values(telemetry: Telemetry, seed: int) -> None:
    """Late, repeated and corrected data in any order: every function, bucket and zone agrees with plain arithmetic."""
    chance, oracle = random.Random(seed), Oracle()
    for batch in history(seed):
        expected = oracle.write(batch)
        assert telemetry.store.write(batch) == expected
        if chance.random() < 0.2:
            telemetry.reopen()
        if chance.random() < 0.2:
            assert telemetry.store.write(batch) == expected
        if chance.random() < 0.2:
            check_series(telemetry, oracle, chance, questions=3)

    assert telemetry.reading.latest() == oracle.latest()
    events = telemetry.reading.events(limit=1_000)
    assert [instant(stored) for stored in events] == [instant(stored) for stored in oracle.events()]
    assert {stored.event.event_id: stored for stored in events} == oracle.said
    check_series(telemetry, oracle, chance, questions=120)


def check_series(telemetry: Telemetry, oracle: Oracle, chance: random.Random, *, questions: int) -> None:
    """Ask random questions about every kind of bucket."""
    kinds = TYPES["river"] | TYPES["select"]
    for _ in range(questions):
        device, quantity = key = chance.choice(sorted(oracle.values) or [("d1", "level")])
        every_ms = chance.choice((None, *EVERY_MS))
        fn = chance.choice(EVERY_FN if kinds[quantity] in {"number", "integer"} else ("count", "last"))
        timezone = chance.choice(ZONES)
        instants = sorted(oracle.values[key]) or [0]
        from_ms, to_ms = chance.choice(
            (
                (instants[0], instants[-1] + 1),
                (chance.choice(instants) + chance.randrange(-1, 2), chance.choice(instants) + chance.randrange(-1, 2)),
                (instants[0] - DAY_MS, instants[-1] + 3 * DAY_MS),
            )
        )
        found = telemetry.series(
            device, quantity, from_ms=from_ms, to_ms=to_ms, every_ms=every_ms, fn=fn, timezone=timezone
        )
        expected = oracle.points(key, from_ms=from_ms, to_ms=to_ms, every_ms=every_ms, fn=fn, timezone=timezone)
        assert agree(found, expected), (key, from_ms, to_ms, every_ms, fn, timezone)


def test_readers_in_many_threads_see_whole_batches_while_one_is_written(telemetry: Telemetry) -> None:
    """A screen never shows half a batch."""
    is_over, halves = Flag(), list[int]()

    def read() -> None:
        while not is_over.is_set():
            counted = telemetry.series("d1", "level", every_ms=DAY_MS, fn="count")
            total = sum(point.value for point in counted if isinstance(point.value, int))
            if total % 10:
                halves.append(total)

    readers = [Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(40):
        begin = NOON_MS + number * 30 * MINUTE_MS
        telemetry.write(number + 1, *(observed("d1", begin + n * MINUTE_MS, level=1.0) for n in range(10)))
    is_over.set()
    for reader in readers:
        reader.join(timeout=30)

    assert not any(reader.is_alive() for reader in readers)
    assert halves == []
