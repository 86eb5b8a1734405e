"""Each version by its own doors: the same store on 1.x, on a fake of 2.x and on a fake of 3.x."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartward.adapters.influx import InfluxReader
from smartward.adapters.influx.version import parse_version
from smartward.errors import StoreUnavailable
from smartward.instants import DAY_MS, HOUR_MS
from smartward.ports import Count, Refusal
from tests.contracts.telemetry import CATALOGUE, NOON_MS, WARD, Oracle, Telemetry, crossed, history, observed
from tests.contracts.test_telemetry_history import check_series
from tests.servers.fake_influx import TOKEN, FakeInflux, FakeV2, FakeV3, pretending
from tests.servers.influxdb import InfluxDB
from tests.smartward.adapters.influx.stores import opened, put
from tests.smartward.adapters.influx.test_refusals import clash, now_ms

VERSIONS: tuple[type[FakeInflux], ...] = (FakeV2, FakeV3)


@pytest.fixture(params=VERSIONS)
def fake(request: pytest.FixtureRequest, influxdb: InfluxDB) -> Iterator[FakeInflux]:
    """Pretend to be a version that cannot be had here."""
    fake: FakeInflux = request.param(influxdb)
    with pretending(fake):
        yield fake
        fake.forget()


@pytest.mark.parametrize(
    ("said", "path", "takes_many"),
    [
        ("1.6.7~rc0", "/write", True),
        ("unknown", "/write", True),
        ("", "/write", True),
        ("1.8.10", "/api/v2/write", True),
        ("1.12.1", "/api/v2/write", True),
        ("v2.7.12", "/api/v2/write", True),
        ("3.0.0", "/api/v2/write", False),
    ],
)
def test_a_version_is_told_by_what_the_server_says(said: str, path: str, *, takes_many: bool) -> None:
    """One path for all, with the differences in one place."""
    version = parse_version(said)

    assert (version.write_path, version.takes_many_statements) == (path, takes_many)


@pytest.mark.parametrize("seed", range(2))
def test_a_random_history_is_the_same_on_every_version(fake: FakeInflux, tmp_path: Path, seed: int) -> None:
    """Counting, newest values, events and series through the doors of 2.x and 3.x."""
    chance, oracle, database = random.Random(seed), Oracle(), fake.new_database()
    with opened(fake, tmp_path, database=database) as store:
        for batch in history(seed):
            assert store.write(batch) == oracle.write(batch)

        assert store.latest() == oracle.latest()
        assert {stored.event.event_id: stored for stored in store.events(limit=1_000)} == oracle.said
        check_series(Telemetry(store, store, lambda: None), oracle, chance, questions=40)
    with opened(fake, tmp_path, database=database) as store:
        oracle.write(batch)
        late = observed("d1", NOON_MS - 30 * DAY_MS, level=0.5)
        assert put(store, batch.number + 1, late, late) == {"d1": Count(stored=1, duplicates=1)}


def test_refusals_are_named_on_every_version(fake: FakeInflux, tmp_path: Path) -> None:
    """2.x says 422 and a number, 3.x says 400 and the lines: one value suffers, its neighbour is stored."""
    database = fake.new_database()
    with opened(fake, tmp_path, database=database, retention_days=30) as store:
        now = now_ms() // HOUR_MS * HOUR_MS
        clash(fake.engine, database, at_ms=now)
        old = observed("d2", now - 90 * DAY_MS, level=1.0)
        counts = put(store, 1, observed("d1", now, level=1.5, order=2), old, observed("d3", now, order=3))

        assert (counts["d1"].stored, counts["d1"].rejected, counts["d3"]) == (1, 1, Count(stored=1))
        assert [(one.item, one.observed_ms) for one in counts["d1"].refusals] == [("level", now)]
        (too_old,) = counts["d2"].refusals
        assert too_old == Refusal(WARD, "d2", "level", now - 90 * DAY_MS, too_old.reason)
        assert "retention" in too_old.reason


def test_a_wrong_token_is_told_without_being_quoted(fake: FakeInflux, tmp_path: Path) -> None:
    """The message goes into logs and onto screens."""
    fake.token = "another token"
    with (
        opened(fake, tmp_path, database="ward") as store,
        pytest.raises(StoreUnavailable, match=r"refused our token.*401.*\[store\] token") as caught,
    ):
        put(store, 1, observed("d1", NOON_MS, level=1.0))

    assert "another token" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_reader_makes_nothing(fake: FakeInflux) -> None:
    """The API may have a token that only reads."""
    reader = InfluxReader(url=fake.url, database=fake.new_database(), catalogue=CATALOGUE, token=fake.token)

    with pytest.raises(StoreUnavailable, match="Start ingest"):
        reader.latest()
    assert not [request for request in fake.requests if "buckets" in request or "configure" in request]
    reader.close()


def test_on_2x_buckets_are_made_once_with_their_retention(influxdb: InfluxDB, tmp_path: Path) -> None:
    """A second start finds them; a changed retention is written down, the other bucket keeps for ever."""
    fake = FakeV2(influxdb)
    database = fake.new_database()
    with pretending(fake):
        for days in (30, 30, 90):
            with opened(fake, tmp_path, database=database, retention_days=days) as store:
                put(store, days, observed("d1", now_ms(), level=1.0))
    fake.forget()

    assert {name: bucket["retentionRules"] for name, bucket in fake.buckets.items()} == {
        database: [{"type": "expire", "everySeconds": 90 * 24 * 3600}],
        f"{database}_kept": [],
    }
    assert fake.requests.count("POST /api/v2/buckets") == 2
    assert [request for request in fake.requests if request.startswith("PATCH")] == ["PATCH /api/v2/buckets/b0"]
    assert "POST /api/v2/dbrps" not in fake.requests


def test_on_old_2x_influxql_is_told_where_the_buckets_are(influxdb: InfluxDB, tmp_path: Path) -> None:
    """2.0 does not find a bucket by its name unless it is mapped."""
    fake = FakeV2(influxdb, has_virtual_names=False)
    database = fake.new_database()
    with pretending(fake), opened(fake, tmp_path, database=database) as store:
        put(store, 1, observed("d1", NOON_MS, level=1.0), events=(crossed("e1", NOON_MS),))

        assert len(store.latest()) == 1
    fake.forget()
    assert {name: mapping["bucketID"] for name, mapping in fake.names.items()} == {
        database: "b0",
        f"{database}_kept": "b1",
    }


def test_on_2x_an_unknown_organisation_is_told(influxdb: InfluxDB, tmp_path: Path) -> None:
    """The remedy names the key."""
    fake = FakeV2(influxdb)
    fake.org = "elsewhere"
    with (
        pretending(fake),
        opened(fake, tmp_path, database="ward") as store,
        pytest.raises(StoreUnavailable, match=r"no organisations 'elsewhere'.*\[store\] org"),
    ):
        put(store, 1, observed("d1", NOON_MS, level=1.0))


def test_on_3x_a_token_without_management_writes_all_the_same(
    influxdb: InfluxDB, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first write makes the database, and the log says that it keeps for ever."""
    fake = FakeV3(influxdb, lets_manage=False)
    database = fake.new_database()
    with pretending(fake), opened(fake, tmp_path, database=database, retention_days=30) as store:
        assert put(store, 1, observed("d1", NOON_MS, level=1.0)) == {"d1": Count(stored=1)}
    fake.forget()

    assert f"did not let us make the database {database}" in caplog.text


def test_on_3x_databases_are_made_with_their_retention(influxdb: InfluxDB, tmp_path: Path) -> None:
    """In the words of its own management."""
    fake = FakeV3(influxdb)
    database = fake.new_database()
    with pretending(fake), opened(fake, tmp_path, database=database, retention_days=30):
        pass
    fake.forget()

    assert fake.retention == {database: "30d", f"{database}_kept": ""}
