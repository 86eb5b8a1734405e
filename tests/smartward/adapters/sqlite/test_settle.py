"""Rollups settle behind the data, late data corrects them, and readers never see an old one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from smartward.instants import DAY_MS, HOUR_MS, MINUTE_MS
from smartward.ports import Fn, StoredObservation
from tests.contracts.telemetry import HOME_ZONE, MIDNIGHT_MS, catalogue_of, history, observed
from tests.smartward.adapters.sqlite.outside import change, check_rollups, query
from tests.smartward.adapters.sqlite.stores import by_time, opened, put

SPOILED: tuple[Fn, ...] = ("count", "max", "min")


def every_ten_minutes(*, days: int, begin_ms: int = MIDNIGHT_MS) -> list[StoredObservation]:
    """Speak for some days without a pause."""
    return [
        observed("d1", begin_ms + n * 10 * MINUTE_MS, level=float(n % 7), on=n % 2 == 0) for n in range(days * 24 * 6)
    ]


def test_the_hour_in_which_a_device_is_now_is_not_rolled_up(tmp_path: Path) -> None:
    """It would be rolled up again with every value."""
    with opened(tmp_path / "t.db") as store:
        put(store, *every_ten_minutes(days=2))
        while store.roll_up():
            pass

    checked = check_rollups(tmp_path / "t.db")
    assert checked == (47 * 2, 2, 1, 1)
    assert query(tmp_path / "t.db", "SELECT span, at FROM dirty") == [
        ("day", MIDNIGHT_MS + DAY_MS),
        ("hour", MIDNIGHT_MS + 47 * HOUR_MS),
    ]


def test_writes_roll_up_by_themselves_what_is_left_behind(tmp_path: Path) -> None:
    """Nobody needs to remember to call anything."""
    with opened(tmp_path / "t.db") as store:
        for seen in every_ten_minutes(days=2):
            put(store, seen)
            assert query(tmp_path / "t.db", "SELECT count(*) <= 2 FROM dirty WHERE span = 'hour'") == [(1,)]

    assert check_rollups(tmp_path / "t.db").hours == 47 * 2


def test_a_backlog_does_not_grow_with_scattered_late_data(tmp_path: Path) -> None:
    """Each observation may spoil an hour; each write mends as many as it spoils."""
    chance = random.Random(5)
    with opened(tmp_path / "t.db") as store:
        put(store, observed("d1", MIDNIGHT_MS + 400 * DAY_MS, level=0.0))
        for _ in range(10):
            late = (observed("d1", MIDNIGHT_MS + chance.randrange(400 * DAY_MS), level=1.0) for _ in range(100))
            put(store, *late)
            assert query(tmp_path / "t.db", "SELECT count(*) < 5 FROM dirty WHERE span = 'hour'") == [(1,)]

    check_rollups(tmp_path / "t.db")


def test_roll_up_does_no_more_than_it_was_asked(tmp_path: Path) -> None:
    """Ingest does it in portions between two batches."""
    with opened(tmp_path / "t.db") as store:
        put(store, *every_ten_minutes(days=3))
        while store.roll_up():
            pass
        put(store, *(observed("d1", MIDNIGHT_MS + n * HOUR_MS, level=99.0) for n in range(40)))

        assert [store.roll_up(limit=5) for _ in range(2)] == [2, 0]


@pytest.mark.parametrize("every_ms", [HOUR_MS, 6 * HOUR_MS, DAY_MS, 2 * DAY_MS])
@pytest.mark.parametrize("fn", ["mean", "sum", "count", "last", "min", "max", "energy_mean"])
def test_settled_hours_and_days_are_answered_from_their_rollups(tmp_path: Path, every_ms: int, fn: Fn) -> None:
    """Proved by taking the raw values away: the answers stay."""
    path = tmp_path / "t.db"
    with opened(path) as store:
        put(store, *every_ten_minutes(days=4))
        while store.roll_up():
            pass
        asked = {"from_ms": MIDNIGHT_MS, "to_ms": MIDNIGHT_MS + 2 * DAY_MS}
        before = store.series("d1", "level", **asked, every_ms=every_ms, fn=fn, timezone=HOME_ZONE)

        change(path, "DELETE FROM obs_river WHERE at > ? AND at < ?", MIDNIGHT_MS, MIDNIGHT_MS + 2 * DAY_MS)
        after = store.series("d1", "level", **asked, every_ms=every_ms, fn=fn, timezone=HOME_ZONE)

    assert after == before
    assert len(before) >= 2 * DAY_MS // every_ms


def test_days_come_from_the_daily_rollups_only_in_their_own_zone(tmp_path: Path) -> None:
    """A day of Phúc Yên is no day of UTC, which is made of hours."""
    path = tmp_path / "t.db"
    with opened(path) as store:
        put(store, *every_ten_minutes(days=4))
        while store.roll_up():
            pass
        change(path, "UPDATE daily SET n = 1000")
        counted = {
            timezone: store.series(
                "d1",
                "level",
                from_ms=MIDNIGHT_MS + 7 * HOUR_MS,
                to_ms=MIDNIGHT_MS + 55 * HOUR_MS,
                every_ms=DAY_MS,
                fn="count",
                timezone=timezone,
            )
            for timezone in (HOME_ZONE, "UTC", "Asia/Kolkata")
        }

    assert [point.value for point in counted[HOME_ZONE]] == [17 * 6, 1_000, 7 * 6]
    assert [point.value for point in counted["UTC"]] == [144, 144]
    assert sum(point.value for point in counted["Asia/Kolkata"] if isinstance(point.value, int)) == 288


def test_late_and_corrected_data_mend_hours_and_days(tmp_path: Path) -> None:
    """Between the write and the mending, and after it, the answer is right."""
    path = tmp_path / "t.db"
    with opened(path) as store:
        put(store, *every_ten_minutes(days=4))
        while store.roll_up():
            pass
        at_ms = MIDNIGHT_MS + DAY_MS + 5 * HOUR_MS
        put(store, observed("d1", at_ms, level=500.0), observed("d1", at_ms + 1, level=-500.0))
        change(path, "UPDATE hourly SET n = n + 1000 WHERE at = ?", at_ms)
        change(path, "INSERT OR IGNORE INTO dirty VALUES (1, 'hour', ?), (1, 'day', ?)", at_ms, MIDNIGHT_MS + DAY_MS)

        def answers() -> list[object]:
            asked = {"from_ms": MIDNIGHT_MS + DAY_MS, "to_ms": MIDNIGHT_MS + 2 * DAY_MS}
            return [
                [
                    point.value
                    for point in store.series("d1", "level", **asked, every_ms=every_ms, fn=fn, timezone=HOME_ZONE)
                ]
                for every_ms in (HOUR_MS, DAY_MS)
                for fn in SPOILED
            ]

        dirty = answers()
        store.close()
        store.open()
        while store.roll_up():
            pass

        assert dirty == answers()
        assert answers()[3:] == [[145], [500.0], [-500.0]]
    check_rollups(path)


def test_another_zone_makes_the_days_again(tmp_path: Path) -> None:
    """A store that was begun in UTC and belongs to a ward after all."""
    path = tmp_path / "t.db"
    types = {"river": {"level": "number", "on": "boolean"}}
    with opened(path, catalogue_of(types, timezone="UTC")) as store:  # type: ignore[arg-type]  # the words are value types
        put(store, *every_ten_minutes(days=4))
        while store.roll_up():
            pass
    assert check_rollups(path, timezone="UTC").days == 4 * 2

    with opened(path, catalogue_of(types, timezone=HOME_ZONE)) as store:  # type: ignore[arg-type]  # as above
        while store.roll_up():
            pass
    assert check_rollups(path, timezone=HOME_ZONE).days == 3 * 2


def test_where_days_begin_within_an_hour_there_are_no_daily_rollups(tmp_path: Path) -> None:
    """India's days are answered from hours and raw values."""
    path = tmp_path / "t.db"
    with opened(path, catalogue_of({"river": {"level": "number", "on": "boolean"}}, timezone="Asia/Kolkata")) as store:
        put(store, *every_ten_minutes(days=3))
        while store.roll_up():
            pass
        days = store.series("d1", "level", from_ms=0, to_ms=2**60, every_ms=DAY_MS, fn="count", timezone="Asia/Kolkata")

    assert query(path, "SELECT count(*) FROM daily") == [(0,)]
    assert query(path, "SELECT count(*) FROM dirty WHERE span = 'day'") == [(0,)]
    assert by_time(days) == {
        MIDNIGHT_MS - DAY_MS + 90 * MINUTE_MS: 9,
        MIDNIGHT_MS + 90 * MINUTE_MS: 144,
        MIDNIGHT_MS + DAY_MS + 90 * MINUTE_MS: 144,
        MIDNIGHT_MS + 2 * DAY_MS + 90 * MINUTE_MS: 135,
    }


@pytest.mark.parametrize("seed", range(10))
def test_rollups_hold_at_every_moment_of_a_random_history(tmp_path: Path, seed: int) -> None:
    """Looked at from outside, with nothing but the tables."""
    path = tmp_path / "t.db"
    with opened(path) as store:
        for batch in history(seed):
            store.write(batch)
            if batch.number % 50 == 0:
                check_rollups(path)
        while store.roll_up(limit=7):
            check_rollups(path)

    checked = check_rollups(path)
    assert checked.dirty_hours <= 4
    assert checked.dirty_days <= 4
    assert checked.hours > 40
