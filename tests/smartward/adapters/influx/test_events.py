"""Events on InfluxDB: each its own nanosecond, its newest word only, and found again by who reads InfluxQL."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from hashlib import blake2b
from itertools import count
from pathlib import Path

import pytest

from smartward.adapters.influx import recall
from smartward.event import Phase
from smartward.instants import DAY_MS
from smartward.ports import Count
from tests.contracts.telemetry import NOON_MS, crossed, observed
from tests.servers.influxdb import InfluxDB
from tests.smartward.adapters.influx.stores import opened, put


def twins() -> tuple[str, str]:
    """Find two ids that ask for the same nanosecond."""
    seen: dict[int, str] = {}
    for number in count():
        event_id = f"e{number}"
        place = int.from_bytes(blake2b(event_id.encode(), digest_size=8).digest(), "big") % 1_000_000
        if place in seen:
            return seen[place], event_id
        seen[place] = event_id
    raise AssertionError


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_two_events_that_ask_for_the_same_nanosecond_are_both_kept(
    influxdb: InfluxDB, database: str, tmp_path: Path, *, is_one_batch: bool
) -> None:
    """One in a million instants with two events; InfluxDB would keep the second only, in silence."""
    events = tuple(crossed(event_id, NOON_MS) for event_id in twins())
    with opened(influxdb, tmp_path, database=database) as store:
        if is_one_batch:
            assert put(store, 1, events=events) == {"cam": Count(stored=2)}
        else:
            put(store, 1, events=events[:1])
            put(store, 2, events=events[1:])

        assert {stored.event.event_id for stored in store.events()} == {stored.event.event_id for stored in events}
        assert put(store, 3, events=events) == {"cam": Count(duplicates=2)}


def test_who_reads_influxql_sees_each_event_once(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """An event that goes on has its newest instant; Grafana asks for what is not superseded."""
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, events=(crossed("e1", NOON_MS), crossed("e2", NOON_MS)))
        put(store, 2, events=(crossed("e1", NOON_MS + 60_000, phase=Phase.END),))

    rows = influxdb.query(
        "SELECT event_id, phase, confidence, zone FROM event WHERE superseded = false AND time > 0 AND time < "
        f"{(NOON_MS + 120_000) * 1_000_000}",
        database=database,
    )
    assert [(row["event_id"], row["phase"], row["confidence"], row["zone"]) for row in rows] == [
        ("e2", "new", 0.75, "z1"),
        ("e1", "end", 0.75, "z1"),
    ]
    assert [row["time"] // 1_000_000 for row in rows] == [NOON_MS, NOON_MS + 60_000]


@pytest.mark.parametrize("page", [1_000, 7, 3])
def test_many_events_are_learned_from_the_server_page_by_page(
    influxdb: InfluxDB, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """A lost file of receipts costs one reading of all events, not their identity."""
    events = tuple(crossed(f"e{number}", NOON_MS + number // 4) for number in range(50))
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, events=events)
    monkeypatch.setattr(recall, "PAGE", page)
    with opened(influxdb, tmp_path, database=database, receipts="new.db") as store:
        assert put(store, 2, events=events) == {"cam": Count(duplicates=50)}


def test_events_that_the_server_has_dropped_are_forgotten(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """The file of receipts does not grow for ever; what is dropped could not be stored again anyway."""
    now = time.time_ns() // 1_000_000
    with opened(influxdb, tmp_path, database=database, retention_days=0) as store:
        put(store, 1, observed("d1", now, level=1.0), events=(crossed("old", now - 60 * DAY_MS), crossed("new", now)))
    with opened(influxdb, tmp_path, database=database, retention_days=30) as store:
        put(store, 2, observed("d1", now + 1, level=1.0))

    with closing(sqlite3.connect(tmp_path / "receipts.db")) as receipts:
        assert receipts.execute("SELECT event_id FROM place").fetchall() == [("new",)]
