"""The server goes away in every way: nothing is lost, nothing is counted twice, and the message says what to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartward.adapters.influx import InfluxReader
from smartward.errors import StoreUnavailable
from smartward.ports import Count
from tests.contracts.telemetry import CATALOGUE, NOON_MS, crossed, observed
from tests.servers.cable import laid_to
from tests.servers.influxdb import Influxd, InfluxDB, running
from tests.smartward.adapters.influx.gate import gate_to
from tests.smartward.adapters.influx.stores import opened, put

DATABASE = "ward"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Influxd]:
    """Run a server that this test may stop and kill."""
    with running(tmp_path / "influxdb") as server:
        yield server


def test_a_server_that_is_away_at_the_start_is_prepared_when_it_comes(own: Influxd, tmp_path: Path) -> None:
    """Ingest starts without its store: the journal takes what comes."""
    own.stop()
    with opened(own, tmp_path, database=DATABASE) as store:
        with pytest.raises(StoreUnavailable, match=r"cannot be reached \(the connection was refused\).*store.*url"):
            put(store, 1, observed("d1", NOON_MS, level=1.0))
        own.start()

        assert put(store, 1, observed("d1", NOON_MS, level=1.0)) == {"d1": Count(stored=1)}


def test_a_server_that_was_killed_is_written_to_again_when_it_is_back(own: Influxd, tmp_path: Path) -> None:
    """What was acknowledged before is there, what was not is written now."""
    with opened(own, tmp_path, database=DATABASE) as store:
        put(store, 1, observed("d1", NOON_MS, level=1.0))
        own.kill()
        with pytest.raises(StoreUnavailable):
            put(store, 2, observed("d1", NOON_MS, level=1.0), observed("d1", NOON_MS + 1, level=2.0))
        own.start()

        counts = put(store, 2, observed("d1", NOON_MS, level=1.0), observed("d1", NOON_MS + 1, level=2.0))
        assert counts == {"d1": Count(stored=1, duplicates=1)}
        assert [point.value for point in store.series("d1", "level", from_ms=0, to_ms=2**60)] == [1.0, 2.0]


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_write_that_arrived_although_the_answer_was_lost_is_counted_once(
    influxdb: InfluxDB, database: str, tmp_path: Path, *, is_restarted: bool
) -> None:
    """The network broke after the server had stored: the repeat says stored, as the first would have, not duplicate."""
    batch = (observed("d1", NOON_MS, level=1.0), observed("d1", NOON_MS + 1, level=2.0))
    event = crossed("e1", NOON_MS)
    expected = {"d1": Count(stored=2), "cam": Count(stored=1)}
    with gate_to(influxdb) as gate:
        with opened(influxdb, tmp_path, database=database, url=gate.url) as store:
            gate.lose_answers_to_writes = True
            with pytest.raises(StoreUnavailable):
                put(store, 1, *batch, events=(event,))
            gate.lose_answers_to_writes = False
            if not is_restarted:
                assert put(store, 1, *batch, events=(event,)) == expected
        with opened(influxdb, tmp_path, database=database, url=gate.url) as store:
            assert store.newest_batch("j1") == 1
            assert put(store, 1, *batch, events=(event,)) == expected
            assert put(store, 2, *batch, events=(event,)) == {"d1": Count(duplicates=2), "cam": Count(duplicates=1)}


def test_a_longer_batch_after_a_lost_answer_is_counted_as_if_nothing_had_arrived(
    influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    """While the store was away more came into the journal, so the next batch begins with the old one and goes on."""
    batch = (observed("d1", NOON_MS, level=1.0), observed("d1", NOON_MS + 1, level=2.0))
    more = (observed("d1", NOON_MS, level=1.5), observed("d1", NOON_MS + 2, level=3.0))
    events = (crossed("e1", NOON_MS), crossed("e2", NOON_MS))
    with gate_to(influxdb) as gate, opened(influxdb, tmp_path, database=database, url=gate.url) as store:
        put(store, 1, observed("d1", NOON_MS, level=0.5))
        gate.lose_answers_to_writes = True
        for number in (2, 3):
            with pytest.raises(StoreUnavailable):
                put(store, number, *batch, events=events[:1])
        gate.lose_answers_to_writes = False

        counts = put(store, 4, *batch, *more, events=events)

        assert counts == {"d1": Count(stored=4, corrected=2), "cam": Count(stored=2)}
        assert [point.value for point in store.series("d1", "level", from_ms=0, to_ms=2**60)] == [1.5, 2.0, 3.0]
        assert put(store, 5, *batch) == {"d1": Count(stored=1, duplicates=1, corrected=1)}


def test_a_server_that_does_not_answer_is_given_up_in_time(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """A hanging server must not hang ingest; nobody knows what it did, so the batch stays."""
    with (
        gate_to(influxdb) as gate,
        opened(influxdb, tmp_path, database=database, url=gate.url, timeout_s=0.3) as store,
    ):
        put(store, 1, observed("d1", NOON_MS, level=1.0))
        gate.is_silent = True
        with pytest.raises(StoreUnavailable, match="no answer in time"):
            put(store, 2, observed("d1", NOON_MS + 1, level=1.0))
        gate.is_silent = False

        assert put(store, 2, observed("d1", NOON_MS + 1, level=1.0)) == {"d1": Count(stored=1)}


def test_a_cut_network_is_told_and_then_forgotten(own: Influxd, tmp_path: Path) -> None:
    """Readers raise too, and the next question goes through."""
    with laid_to(own.port) as cable:
        url = f"http://127.0.0.1:{cable.port}"
        with opened(own, tmp_path, database=DATABASE, url=url) as store:
            put(store, 1, observed("d1", NOON_MS, level=1.0))
            reader = InfluxReader(url=url, database=DATABASE, catalogue=CATALOGUE)
            cable.unplug()
            for ask in (reader.latest, reader.events, store.latest):
                with pytest.raises(StoreUnavailable, match=r"cannot be reached"):
                    ask()
            cable.plug()

            assert reader.latest() == store.latest()
            assert len(reader.latest()) == 1
            reader.close()


def test_a_database_that_was_dropped_is_made_again(own: Influxd, tmp_path: Path) -> None:
    """An administrator's slip costs what was in it, not what comes."""
    with opened(own, tmp_path, database=DATABASE) as store:
        put(store, 1, observed("d1", NOON_MS, level=1.0))
        own.query(f"DROP DATABASE {DATABASE}")
        with pytest.raises(StoreUnavailable, match=f"has no database {DATABASE}"):
            put(store, 2, observed("d1", NOON_MS + 1, level=2.0))

        assert put(store, 2, observed("d1", NOON_MS + 1, level=2.0)) == {"d1": Count(stored=1)}
        assert [point.value for point in store.series("d1", "level", from_ms=0, to_ms=2**60)] == [2.0]


def test_newest_values_that_were_dropped_are_made_again_from_the_points(own: Influxd, tmp_path: Path) -> None:
    """The second database is a help, not the truth."""
    said = (
        observed("d1", NOON_MS, level=1.5, order=2**60 + 1, on=True, group="đỏ"),
        observed("d1", NOON_MS - 5, battery=0.5),
        observed("d2", NOON_MS, type="select", noise=61.0),
    )
    with opened(own, tmp_path, database=DATABASE) as store:
        put(store, 1, *said)
        put(store, 2, observed("d1", NOON_MS, level=2.5, received_ms=NOON_MS + 9_000))
        before = store.latest()
        own.query(f"DROP DATABASE {DATABASE}_kept")
    with opened(own, tmp_path, database=DATABASE) as store:
        put(store, 3, observed("d3", NOON_MS, level=1.0))
        put(store, 4, observed("d1", NOON_MS + 1, on=False), observed("d2", NOON_MS + 1, type="select", noise=60.0))
        put(store, 5, observed("d1", NOON_MS + 1, on=True))

        found = {(newest.device, newest.quantity): newest for newest in store.latest()}
        for newest in before:
            if newest.quantity not in {"on", "noise"}:
                assert found[newest.device, newest.quantity] == newest


@pytest.mark.parametrize("is_lost", [False, True], ids=["older copy", "lost"])
def test_receipts_that_were_lost_or_restored_learn_from_the_server_where_events_are(
    influxdb: InfluxDB, database: str, tmp_path: Path, *, is_lost: bool
) -> None:
    """An event said again after that is still the same event, and its new word replaces the old."""
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, events=(crossed("e1", NOON_MS),))
    shutil.copy(tmp_path / "receipts.db", tmp_path / "copy.db")
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 2, events=(crossed("e2", NOON_MS), crossed("e3", NOON_MS)))
    with opened(influxdb, tmp_path, database=database, receipts="new.db" if is_lost else "copy.db") as store:
        counts = put(store, 3, events=(crossed("e2", NOON_MS), crossed("e3", NOON_MS + 5)))

        assert counts == {"cam": Count(stored=1, duplicates=1, corrected=1)}
        assert [stored.event.event_id for stored in store.events()] == ["e3", "e1", "e2"]


def test_a_value_known_to_be_new_is_not_looked_for(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """The stream of the day costs one write to each database and no question; late values cost one question more."""
    with gate_to(influxdb) as gate, opened(influxdb, tmp_path, database=database, url=gate.url) as store:
        put(store, 1, observed("d1", NOON_MS, level=1.0))
        gate.requests.clear()
        put(store, 2, *(observed("d1", NOON_MS + n, level=1.0) for n in range(1, 50)), events=(crossed("e1", NOON_MS),))
        assert gate.requests == ["/write", "/write"]

        put(store, 3, observed("d1", NOON_MS, level=1.0), observed("d1", NOON_MS + 99, level=1.0))
        assert gate.requests == ["/write", "/write", "/query", "/write", "/write"]


def test_a_device_that_moved_is_followed_by_its_newest_word_only(
    influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    """It has a series in each ward and type that it has spoken from; what arrives late in the old one is not new."""
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, observed("d1", NOON_MS, battery=0.5, received_ms=NOON_MS))
        put(store, 2, observed("d1", NOON_MS + 9, type="select", battery=0.9, received_ms=NOON_MS + 9))
        put(store, 3, observed("d1", NOON_MS + 1, battery=0.6, received_ms=NOON_MS + 20))

        assert [newest.value for newest in store.latest_since(0)] == [0.9]
        assert store.latest_since(NOON_MS + 10) == []
        assert [newest.value for newest in store.latest()] == [0.9]


def test_the_file_of_receipts_has_one_owner(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """Two ingests with one store would count each other's values."""
    second = opened(influxdb, tmp_path, database=database)

    with opened(influxdb, tmp_path, database=database), pytest.raises(StoreUnavailable, match="already in use"), second:
        pass


def test_a_reader_names_what_is_missing(influxdb: InfluxDB, database: str) -> None:
    """The API is up before ingest has ever run."""
    reader = InfluxReader(url=influxdb.url, database=database, catalogue=CATALOGUE, token=influxdb.token)

    with pytest.raises(StoreUnavailable, match=r"no database.*Start ingest"):
        reader.latest()
    reader.close()
