"""How instants and durations are written."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from api.console import times
from api.console.texts import EN, VI
from smartward.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, parse_rfc3339

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
NOW_MS = parse_rfc3339("2026-11-23T14:32:08+07:00")


def test_a_day_is_written_as_people_in_viet_nam_write_it() -> None:
    """24 hours, day before month."""
    assert times.clock_time(NOW_MS, zone=HANOI) == "14:32:08"
    assert times.weekday_and_day(NOW_MS, zone=HANOI, texts=VI) == "Thứ Hai, 23/11/2026"
    assert times.weekday_and_day(NOW_MS, zone=HANOI, texts=EN) == "Monday, 23/11/2026"


def test_a_moment_of_another_day_carries_its_date() -> None:
    """23:50 of yesterday must not look like tonight."""
    assert times.moment(NOW_MS - HOUR_MS, now_ms=NOW_MS, zone=HANOI) == "13:32:08"
    assert times.moment(NOW_MS - DAY_MS, now_ms=NOW_MS, zone=HANOI) == "22/11/2026 14:32:08"


@pytest.mark.parametrize(
    ("ms", "written"),
    [
        (-5, "0 s"),
        (59_999, "59 s"),
        (MINUTE_MS, "1 ph"),
        (HOUR_MS - 1, "59 ph"),
        (HOUR_MS, "1 giờ"),
        (2 * DAY_MS, "2 ngày"),
    ],
)
def test_a_duration_is_written_by_its_largest_unit_rounded_down(ms: int, written: str) -> None:
    """An age never claims more than has passed."""
    assert times.duration(ms, texts=VI) == written


@pytest.mark.parametrize(
    ("ms", "written"), [(58 * SECOND_MS, "0:58"), (250 * SECOND_MS, "4:10"), (15 * MINUTE_MS, "15 ph"), (-1, "0:00")]
)
def test_a_near_deadline_counts_seconds(ms: int, written: str) -> None:
    """Two minutes to acknowledge a flood are not `1 ph`."""
    assert times.countdown(ms, texts=VI) == written


def test_the_wards_day_begins_at_its_own_midnight() -> None:
    """Today's votes are today's in the ward, not in Greenwich."""
    assert times.midnight(NOW_MS, zone=HANOI) == parse_rfc3339("2026-11-23T00:00:00+07:00")
