"""Rollups in InfluxDB: right whenever they say that they hold, whatever arrives late and whatever breaks."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from smartward.adapters.influx import InfluxTelemetry
from smartward.errors import StoreUnavailable
from smartward.instants import DAY_MS, HOUR_MS, MINUTE_MS
from smartward.ports import Count, Fn, Point, StoredObservation
from tests.contracts.telemetry import (
    EVERY_FN,
    HOME_ZONE,
    MIDNIGHT_MS,
    TYPES,
    begin_of,
    catalogue_of,
    observed,
)
from tests.servers.influxdb import InfluxDB
from tests.smartward.adapters.influx.gate import gate_to
from tests.smartward.adapters.influx.outside import check_rollups, points
from tests.smartward.adapters.influx.stores import opened, put


def hours(first: int, end: int, *, device: str = "d1", each: int = 3) -> list[StoredObservation]:
    """Say something several times an hour, counted from a midnight in the ward."""
    return [
        observed(device, MIDNIGHT_MS + hour * HOUR_MS + n * 7 * MINUTE_MS, level=hour + n / 8)
        for hour in range(first, end)
        for n in range(each)
    ]


def rolled_up(store: InfluxTelemetry) -> int:
    """Roll everything up that is ready."""
    return sum(iter(lambda: store.roll_up(limit=50), 0))


def daily(store: InfluxTelemetry, fn: Fn = "sum") -> list[tuple[int, object]]:
    """Ask for the level by local days."""
    answer = store.series(
        "d1",
        "level",
        from_ms=0,
        to_ms=2**60,
        every_ms=DAY_MS,
        fn=fn,
        timezone=HOME_ZONE,
    )
    return [((point.at_ms - MIDNIGHT_MS) // DAY_MS, point.value) for point in answer]


def test_hours_and_days_that_a_device_has_left_are_rolled_up_with_the_next_writes(
    influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    """Nobody has to ask for it, and no timer runs."""
    with opened(influxdb, tmp_path, database=database) as store:
        for hour in range(50):
            put(store, hour + 1, *hours(hour, hour + 1))
        assert store.roll_up() == 0

        held = [point for point in points(influxdb, f"{database}_kept", "river_1h") if not point["dirty"]]
        assert len(held) == 49
        assert [point["dirty"] for point in points(influxdb, f"{database}_kept", "river_1d")] == [False, False, True]
        assert check_rollups(influxdb, database, "river", "level") == 49 + 2
    with opened(influxdb, tmp_path, database=database) as store:
        assert store.roll_up() == 0


def test_late_data_corrects_an_hour_and_its_day(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """A gateway resends yesterday: the hour is dirty at once, right in between, and rolled up again afterwards."""
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, *hours(0, 60, each=1))
        rolled_up(store)
        before = daily(store)
        late = observed("d1", MIDNIGHT_MS + 5 * HOUR_MS + MINUTE_MS, level=1_000.0)
        put(store, 2, late)
        put(store, 3, observed("d1", MIDNIGHT_MS + 6 * HOUR_MS, level=-6.0))

        corrected = [
            (day, value + (1_000 - 12 if day == 0 else 0)) for day, value in before if isinstance(value, float)
        ]
        assert daily(store) == corrected
        rolled_up(store)
        assert daily(store) == corrected
        assert check_rollups(influxdb, database, "river", "level") == 59 + 2


def test_a_dirty_hour_is_answered_from_its_values(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """Between the late value and the next rolling up the answer is right already: the store stops before it."""
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, *hours(0, 60, each=1))
        rolled_up(store)
        influxdb.write(
            f"{database}_kept", f"river_1h,ward=phuc-yen,device=d1 dirty=true {(MIDNIGHT_MS + HOUR_MS) * 1_000_000}"
        )
        influxdb.write(f"{database}_kept", f"river_1d,ward=phuc-yen,device=d1 dirty=true {MIDNIGHT_MS * 1_000_000}")
        influxdb.write(database, f"river,ward=phuc-yen,device=d1 level=500.0 {(MIDNIGHT_MS + HOUR_MS + 5) * 1_000_000}")

        assert daily(store)[0] == (0, sum(range(24)) + 500.0)


def test_old_hours_are_answered_without_their_values(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """Raw values go after the retention; hours and days stay for years."""
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, *hours(0, 60))
        rolled_up(store)
        before = {fn: daily(store, fn) for fn in EVERY_FN}
        influxdb.query(
            f'DELETE FROM "river" WHERE time < {(MIDNIGHT_MS + 48 * HOUR_MS) * 1_000_000}', database=database
        )

        assert {fn: daily(store, fn) for fn in EVERY_FN} == before
        weekly = store.series("d1", "level", from_ms=0, to_ms=2**60, every_ms=7 * DAY_MS, fn="count", timezone="UTC")
        assert [point.value for point in weekly] == [7 * 3, 53 * 3]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_and_breaks_a_rollup_that_holds_is_right(
    influxdb: InfluxDB, database: str, tmp_path: Path, seed: int
) -> None:
    """Late and corrected values, lost answers and restarts in any order, checked from outside."""
    chance = random.Random(seed)
    now, number = 0, 0
    with gate_to(influxdb) as gate:
        for _ in range(6):
            with opened(influxdb, tmp_path, database=database, url=gate.url) as store:
                for _ in range(6):
                    now, number = now + chance.randrange(9), number + 1
                    batch = [
                        observed(
                            chance.choice(("d1", "d2")),
                            MIDNIGHT_MS
                            + (now - int(chance.expovariate(0.2))) * HOUR_MS
                            + chance.randrange(4) * MINUTE_MS,
                            level=chance.choice((1.0, 2.5, -3.0)),
                        )
                        for _ in range(chance.randrange(1, 30))
                    ]
                    gate.lose_answers_to_writes = chance.random() < 0.3
                    try:
                        put(store, number, *batch)
                    except StoreUnavailable:
                        gate.lose_answers_to_writes = False
                        put(store, number, *batch)
                    gate.lose_answers_to_writes = False
                check_rollups(influxdb, database, "river", "level")
        with opened(influxdb, tmp_path, database=database) as store:
            put(
                store,
                number + 1,
                *(observed(device, MIDNIGHT_MS + 900 * HOUR_MS, level=0.0) for device in ("d1", "d2")),
            )
            rolled_up(store)
            assert check_rollups(influxdb, database, "river", "level") > 20
    dirty = [row for row in points(influxdb, f"{database}_kept", "river_1h") if row["dirty"]]
    assert {row["time"] // 1_000_000 for row in dirty} == {MIDNIGHT_MS + 900 * HOUR_MS}


def test_a_new_file_of_receipts_learns_what_is_to_be_rolled_up(
    influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    """A lost file must not leave an hour dirty for ever."""
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, *hours(0, 30))
        rolled_up(store)
    with opened(influxdb, tmp_path, database=database, receipts="new.db") as store:
        put(store, 2, *hours(30, 55))
        rolled_up(store)

        dirty = [row["time"] // 1_000_000 for row in points(influxdb, f"{database}_kept", "river_1h") if row["dirty"]]
        assert dirty == [MIDNIGHT_MS + 54 * HOUR_MS]
        assert check_rollups(influxdb, database, "river", "level") == 54 + 2


def test_another_zone_is_answered_from_hours(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """Days of another place are no days of the ward; after a change of the zone, and back, no old day is believed."""
    zones = (HOME_ZONE, "Europe/Berlin", "Asia/Kolkata", "Asia/Bangkok")

    def by_days(store: InfluxTelemetry) -> dict[str, list[Point]]:
        return {
            zone: store.series("d1", "level", from_ms=0, to_ms=2**60, every_ms=DAY_MS, fn="count", timezone=zone)
            for zone in zones
        }

    def counted(instants: list[int], zone: str) -> list[Point]:
        days = Counter(begin_of(at_ms, DAY_MS, zone) for at_ms in instants)
        return [Point(begin, number) for begin, number in sorted(days.items())]

    for number, zone in enumerate((HOME_ZONE, "Europe/Berlin", HOME_ZONE), start=1):
        catalogue = catalogue_of(TYPES, timezone=zone)
        with opened(influxdb, tmp_path, database=database, catalogue=catalogue) as store:
            late = (observed("d1", MIDNIGHT_MS + hour * HOUR_MS + 1, level=0.0) for hour in (3, 20, 30))
            put(store, number, *hours(60 * (number - 1), 60 * number), *(late if number == 2 else ()))
            rolled_up(store)
            plain = [point.at_ms for point in store.series("d1", "level", from_ms=0, to_ms=2**60, limit=10_000)]
            assert by_days(store) == {zone: counted(plain, zone) for zone in zones}


def test_a_device_that_moved_is_answered_from_its_values(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """Each of its homes has rollups of its own, and none of them is the whole hour."""
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, *(observed("d1", MIDNIGHT_MS + n * HOUR_MS, battery=1.0) for n in range(5)))
        put(store, 2, *(observed("d1", MIDNIGHT_MS + n * HOUR_MS + 1, battery=2.0, ward="b") for n in range(3, 8)))
        put(store, 3, *(observed("d1", MIDNIGHT_MS + n * HOUR_MS + 2, battery=3.0, type="select") for n in range(9)))
        rolled_up(store)

        sums = store.series("d1", "battery", from_ms=0, to_ms=2**60, every_ms=HOUR_MS, fn="sum")
        lasts = store.series("d1", "battery", from_ms=0, to_ms=2**60, every_ms=HOUR_MS, fn="last")
        assert [point.value for point in sums] == [4.0, 4.0, 4.0, 6.0, 6.0, 5.0, 5.0, 5.0, 3.0]
        assert [point.value for point in lasts] == [3.0] * 9


def test_a_device_that_moved_to_another_ward_has_one_last_value(
    influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    """In the hour in which it moved, the last is the last of both."""
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, *(observed("d1", MIDNIGHT_MS + n * HOUR_MS, level=1.0) for n in range(5)))
        put(store, 2, *(observed("d1", MIDNIGHT_MS + n * HOUR_MS + 1, level=2.0, ward="a") for n in range(3, 8)))
        rolled_up(store)

        lasts = store.series("d1", "level", from_ms=0, to_ms=2**60, every_ms=HOUR_MS, fn="last")
        assert [point.value for point in lasts] == [1.0, 1.0, 1.0, *[2.0] * 5]


def test_whole_numbers_beyond_what_a_float_holds_stay_exact(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """A counter of the largest kind is not rounded by being rolled up."""
    large = 2**62 + 1
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, *(observed("d1", MIDNIGHT_MS + n * HOUR_MS, order=large + n) for n in range(40)))
        rolled_up(store)
        for every_ms in (HOUR_MS, DAY_MS):
            lowest = store.series("d1", "order", from_ms=0, to_ms=2**60, every_ms=every_ms, fn="min")
            assert lowest[0].value == large
        newest = store.series("d1", "order", from_ms=0, to_ms=2**60, every_ms=DAY_MS, fn="last", timezone=HOME_ZONE)
        assert [point.value for point in newest] == [large + 23, large + 39]


def test_what_cannot_be_rolled_up_now_does_not_hold_up_what_is_to_be_stored(
    influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    """Storing goes first; rolling up is made good with the next write."""
    with gate_to(influxdb) as gate, opened(influxdb, tmp_path, database=database, url=gate.url) as store:
        put(store, 1, *hours(0, 2))
        rolled_up(store)
        gate.refuse_questions = True
        assert put(store, 2, *hours(2, 4)) == {"d1": Count(stored=6)}
        gate.refuse_questions = False
        assert put(store, 3, *hours(4, 5)) == {"d1": Count(stored=3)}

        assert check_rollups(influxdb, database, "river", "level") == 4


def test_a_long_absence_is_rolled_up_by_and_by(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """A refill of weeks makes no write wait for all of its hours; the backlog shrinks with every write."""
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, *hours(0, 200, each=1), *hours(0, 200, each=1, device="d2"))
        held = sum(1 for row in points(influxdb, f"{database}_kept", "river_1h") if not row["dirty"])
        for number in range(2, 20):
            put(store, number, *hours(198 + number, 199 + number, each=1))
        left = sum(1 for row in points(influxdb, f"{database}_kept", "river_1h") if row["dirty"])

        assert held <= 432
        assert left == 2
