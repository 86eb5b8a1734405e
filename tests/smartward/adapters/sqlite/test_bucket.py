"""Buckets begin where the clock on the wall says."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartward.adapters.sqlite.bucket import grid, hour_of, whole_day
from smartward.instants import DAY_MS, HOUR_MS, MINUTE_MS, to_ms
from tests.contracts.telemetry import EVERY_MS, HOME_ZONE, begin_of

ANY_INSTANT = st.integers(-60_000_000_000_000, 250_000_000_000_000) | st.integers(1_500_000_000_000, 1_900_000_000_000)


def local(timezone: str, *when: int) -> int:
    """Give an instant by the clock on the wall."""
    return to_ms(datetime(*when, tzinfo=ZoneInfo(timezone)))  # type: ignore[arg-type,misc]  # mypy cannot count a splat


@given(
    at_ms=ANY_INSTANT,
    every_ms=st.sampled_from(EVERY_MS),
    timezone=st.sampled_from([HOME_ZONE, "UTC", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "America/New_York"]),
)
def test_edges_follow_each_other_and_hold_the_instant(at_ms: int, every_ms: int, timezone: str) -> None:
    """Every instant lies in one bucket, and the same one whoever asks."""
    edges = grid(every_ms, timezone=timezone).edges(at_ms, until_ms=at_ms + 3 * every_ms, limit=10)

    assert edges == sorted(set(edges))
    assert edges[0] == begin_of(at_ms, every_ms, timezone)
    assert edges[0] <= at_ms < edges[1]
    assert edges[-1] >= at_ms + 3 * every_ms
    assert all(begin_of(edge, every_ms, timezone) == edge for edge in edges)


def test_a_limit_stops_the_edges() -> None:
    """A question about ten years by minutes does not list five million of them."""
    assert grid(MINUTE_MS, timezone="UTC").edges(30, until_ms=10**15, limit=2) == [0, MINUTE_MS, 2 * MINUTE_MS]
    assert len(grid(DAY_MS, timezone="UTC").edges(30, until_ms=10**14, limit=2)) == 3


def test_days_are_as_long_as_the_calendar_makes_them() -> None:
    """Summer time makes a day of 23 and one of 25 hours."""
    spring = local("Europe/Berlin", 2026, 3, 29, 12)
    autumn = local("Europe/Berlin", 2026, 10, 25, 12)

    lengths = []
    for at_ms in (spring, autumn):
        begin, end, *_ = grid(DAY_MS, timezone="Europe/Berlin").edges(at_ms, until_ms=at_ms, limit=1)
        lengths.append((end - begin) // HOUR_MS)

    assert lengths == [23, 25]


def test_a_day_without_a_midnight_begins_when_the_clock_jumps() -> None:
    """Beirut sets its clocks forward at midnight: the day begins at one."""
    noon = local("Asia/Beirut", 2025, 3, 30, 12)

    begin, end = grid(DAY_MS, timezone="Asia/Beirut").edges(noon, until_ms=noon, limit=1)

    assert begin == local("Asia/Beirut", 2025, 3, 30, 1)
    assert end - begin == 23 * HOUR_MS


def test_a_clock_set_back_over_midnight_leaves_no_instant_out() -> None:
    """Newfoundland once set its clocks back at one minute past midnight: an hour of it is both days."""
    twice = local("America/St_Johns", 2010, 11, 7, 0) + 30 * MINUTE_MS

    edges = grid(DAY_MS, timezone="America/St_Johns").edges(twice, until_ms=twice, limit=1)

    assert edges[0] <= twice < edges[1]


def test_seven_days_begin_on_a_monday() -> None:
    """A week on a report is the week on the wall."""
    sunday = local(HOME_ZONE, 2026, 11, 22, 23, 59)

    begin, end = grid(7 * DAY_MS, timezone=HOME_ZONE).edges(sunday, until_ms=sunday, limit=1)

    assert (begin, end) == (local(HOME_ZONE, 2026, 11, 16), local(HOME_ZONE, 2026, 11, 23))


def test_days_that_begin_within_an_hour_are_not_whole() -> None:
    """In India a day begins at 18:30 UTC: no rollup of hours can be cut there."""
    assert whole_day(hour_of(local("Asia/Kolkata", 2026, 11, 22)), "Asia/Kolkata") is None
    assert whole_day(hour_of(local(HOME_ZONE, 2026, 11, 22)), HOME_ZONE) == (
        local(HOME_ZONE, 2026, 11, 22),
        local(HOME_ZONE, 2026, 11, 23),
    )


def test_hours_before_1970_are_rounded_down_too() -> None:
    """A device with a dead clock says 1969."""
    assert hour_of(-1) == -HOUR_MS


@pytest.mark.parametrize("timezone", ["", "../../etc/passwd", "Asia", "nowhere/Land", "\0"])
def test_a_zone_that_is_none_is_named(timezone: str) -> None:
    """It comes from a query string."""
    with pytest.raises(ValueError, match="IANA"):
        grid(DAY_MS, timezone=timezone)
