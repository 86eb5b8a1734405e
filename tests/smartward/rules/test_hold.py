"""Holds and thresholds: what fires, when, and what ends it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartward.alert import Severity
from smartward.rule import DatedValue, Rule, SiteValue
from smartward.rules.hold import CALM, Hold, step
from smartward.rules.threshold import Side, resolve, side_of

HOLD_MS, CLEAR_MS = 3_000, 5_000


def rule(op: str, value: float = 10, **fields: object) -> Rule:
    """Make a rule of one kind."""
    return Rule(
        id="r",
        severity=Severity.HIGH,
        category="x",
        to=(),
        src="G",
        vi="",
        en="",
        quantity="q",
        op=op,
        value=value,
        **fields,  # type: ignore[arg-type]  # a test names any field
    )


@pytest.mark.parametrize(
    ("op", "fields", "value", "side"),
    [
        ("gt", {"clear": 7}, 10, Side.BETWEEN),
        ("gt", {"clear": 7}, 10.1, Side.BREACH),
        ("gt", {"clear": 7}, 7, Side.CLEAR),
        ("ge", {"clear": 7}, 10, Side.BREACH),
        ("ge", {"clear_below": 2}, 8.1, Side.BETWEEN),
        ("ge", {"clear_below": 2}, 8, Side.CLEAR),
        ("lt", {"clear": 12}, 9, Side.BREACH),
        ("lt", {"clear": 12}, 11, Side.BETWEEN),
        ("lt", {"clear": 12}, 12, Side.CLEAR),
        ("eq", {}, 10, Side.BREACH),
        ("eq", {}, 9, Side.CLEAR),
        ("ne", {}, 9, Side.BREACH),
        ("gt", {}, 10, Side.CLEAR),
        ("gt", {}, "word", Side.UNKNOWN),
    ],
)
def test_clear_is_inclusive_and_between_is_neither(op: str, fields: dict[str, float], value: float, side: Side) -> None:
    """Hysteresis as the catalogue's conventions say."""
    assert side_of(rule(op, **fields), value, threshold=10) is side


def test_a_threshold_may_be_the_site_s_own_or_dated() -> None:
    """PM2.5's limit is 50 until the end of 2025 and 45 from then on."""
    dated = (DatedValue(date(2023, 9, 12), 50), DatedValue(date(2026, 1, 1), 45))

    assert resolve(SiteValue("alertLevel"), params={"alertLevel": 0.15}, today=date(2026, 1, 1)) == 0.15
    assert resolve(SiteValue("alertLevel"), params={}, today=date(2026, 1, 1)) is None
    assert resolve(dated, params={}, today=date(2025, 12, 31)) == 50
    assert resolve(dated, params={}, today=date(2026, 1, 1)) == 45
    assert resolve(dated, params={}, today=date(2020, 1, 1)) is None


def test_a_short_spike_wakes_nobody() -> None:
    """A breach must last its hold time."""
    hold = step(CALM, Side.BREACH, at_ms=0, hold_ms=HOLD_MS, clear_hold_ms=CLEAR_MS)
    hold = step(hold, Side.BREACH, at_ms=2_999, hold_ms=HOLD_MS, clear_hold_ms=CLEAR_MS)
    assert not hold.is_firing

    assert step(hold, Side.BREACH, at_ms=3_000, hold_ms=HOLD_MS, clear_hold_ms=CLEAR_MS).is_firing
    assert step(hold, Side.CLEAR, at_ms=3_000, hold_ms=HOLD_MS, clear_hold_ms=CLEAR_MS) == CALM


sides = st.lists(st.tuples(st.sampled_from(list(Side)), st.integers(min_value=1, max_value=4_000)), max_size=60)


def walk(steps: list[tuple[Side, int]]) -> list[tuple[int, Side, Hold]]:
    """Feed sides at growing instants, and give each with the hold after it."""
    hold, at_ms, path = CALM, 0, []
    for side, gap_ms in steps:
        at_ms += gap_ms
        hold = step(hold, side, at_ms=at_ms, hold_ms=HOLD_MS, clear_hold_ms=CLEAR_MS)
        path.append((at_ms, side, hold))
    return path


@given(sides)
def test_firing_begins_only_after_an_unbroken_breach_and_ends_only_after_an_unbroken_clear(
    steps: list[tuple[Side, int]],
) -> None:
    """Checked against the history itself, not against the state machine."""
    path = walk(steps)
    for index, (at_ms, _, hold) in enumerate(path):
        was_firing = index > 0 and path[index - 1][2].is_firing
        if hold.is_firing == was_firing:
            continue
        wanted, length_ms = (Side.BREACH, HOLD_MS) if hold.is_firing else (Side.CLEAR, CLEAR_MS)
        known = [(then_ms, side) for then_ms, side, _ in path[: index + 1] if side is not Side.UNKNOWN]
        streak = []
        for then_ms, side in reversed(known):
            if side is not wanted:
                break
            streak.append(then_ms)
        assert at_ms - streak[-1] >= length_ms


@given(st.sampled_from(list(Side)), st.integers(min_value=1, max_value=50))
def test_a_constant_signal_never_oscillates(side: Side, count: int) -> None:
    """It fires at most once and never clears by itself."""
    firing = [hold.is_firing for _, _, hold in walk([(side, 1_000)] * count)]

    assert firing == sorted(firing)
