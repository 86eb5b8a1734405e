"""Skew: figures from live messages, whatever waits in between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smartward.rules.skew import Claims, claim, is_wrong, shown

MINUTE = 60_000


def told(arrivals: list[tuple[int, int]]) -> int | None:
    """Give the figure after messages of (arrival, claimed)."""
    claims = Claims()
    for arrived_ms, claimed_ms in arrivals:
        claim(claims, claimed_ms=claimed_ms, arrived_ms=arrived_ms)
    return claims.skew_ms


@given(
    skew_s=st.integers(-7_200, 7_200).filter(bool),
    delays=st.lists(st.integers(0, 3_000), min_size=9, max_size=30),
)
def test_a_steady_clock_is_told_within_its_delays(skew_s: int, delays: list[int]) -> None:
    """However far it is off, and however the network jitters."""
    skew_ms = skew_s * 1_000
    messages = [(turn * MINUTE + delay, turn * MINUTE + skew_ms) for turn, delay in enumerate(delays)]

    figure = told(messages)

    assert figure is not None
    assert skew_ms - 3_000 <= figure <= skew_ms


@given(away_minutes=st.integers(5, 600), pace_ms=st.integers(10, 20_000))
def test_a_backlog_of_any_length_is_no_skew(away_minutes: int, pace_ms: int) -> None:
    """A gateway that comes back sends hours in minutes; what it says live is what counts."""
    live = [(turn * MINUTE, turn * MINUTE - 100) for turn in range(10)]
    back_ms = (10 + away_minutes) * MINUTE
    backlog = [(back_ms + turn * pace_ms, (10 + turn) * MINUTE - 100) for turn in range(away_minutes)]

    figure = told(live + backlog)

    assert figure is not None
    assert abs(figure) < 1_000


def test_one_late_message_moves_nothing() -> None:
    """A median, not a mean."""
    messages = [(turn * MINUTE, turn * MINUTE - (500_000 if turn == 7 else 200)) for turn in range(12)]

    assert told(messages) == -200


def test_what_is_shown_stays_while_it_is_about_right() -> None:
    """A screen and a database are not written to for a jitter."""
    assert shown(None, before_ms=None) is None
    assert shown(-340, before_ms=None) == 0
    assert shown(-1_340, before_ms=0) == 0
    assert shown(-5_340, before_ms=0) == -5_000
    assert shown(-320_000, before_ms=-300_000) == -300_000
    assert shown(-340_000, before_ms=-300_000) == -340_000
    assert shown(None, before_ms=-5_000) == -5_000


def test_a_clock_that_seems_wrong_only_since_ours_was_set_is_right() -> None:
    """Ours is the wrong one then, or was."""
    day = 86_400_000
    assert is_wrong(-300_000, limit_ms=120_000, own_ms=0)
    assert not is_wrong(-day, limit_ms=120_000, own_ms=day)
    assert not is_wrong(100, limit_ms=120_000, own_ms=day)
    assert is_wrong(-300_000, limit_ms=120_000, own_ms=day)
