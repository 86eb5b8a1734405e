"""One device's rules: the flood chain is one alert that grows and shrinks."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from smartward.alert import Condition, Severity
from smartward.catalogue import load
from smartward.device import Device
from smartward.observation import Value
from smartward.rules.compiled import compile_rules
from smartward.rules.evaluate import AlertChange, Change, DeviceState, Standing, evaluate

CATALOGUE = load()
RULES = compile_rules(CATALOGUE)
MINUTE = 60_000
NOON = 1_795_417_200_000


def feed(device_type: str, series: list[dict[str, Value]], *, restart_at: int = -1) -> list[AlertChange]:
    """Feed one value dictionary a minute to a fresh device, and list what changed."""
    device = Device("d-1", "songmay", "gw-1", device_type, name="Hẻm 48")
    params = CATALOGUE.types[device_type].site_param
    standing = Standing(device, "Hẻm 48", ZoneInfo("Asia/Ho_Chi_Minh"), params)
    state = DeviceState()
    changes: list[AlertChange] = []
    for index, values in enumerate(series):
        at_ms = NOON + index * MINUTE
        changes += evaluate(state, values, at_ms=at_ms, rules=RULES[device_type], standing=standing)
        if index == restart_at:
            state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=DeviceState)
    return changes


def told(changes: list[AlertChange]) -> list[tuple[Change, str]]:
    """Give what people are told, without the values that merely move."""
    return [(change.change, change.condition.rule) for change in changes if change.change is not Change.UPDATED]


def depth(*values: float) -> list[dict[str, Value]]:
    """Make a series of street depths, one a minute."""
    return [{"depth": value} for value in values]


def test_a_rising_street_is_one_alert_that_grows_and_shrinks() -> None:
    """Watch at 15 cm for 3 min, block at 30 cm for 2 min, danger at 50 cm for 1 min; each clears after 15 min."""
    rise = [0.2] * 4 + [0.35] * 3 + [0.55] * 2
    fall = [0.3] * 16 + [0.15] * 16 + [0.05] * 16
    changes = feed("flood_road", depth(*rise, *fall))

    assert told(changes) == [
        (Change.OPENED, "flood_road.flood_watch"),
        (Change.RAISED, "flood_road.flood_block"),
        (Change.RAISED, "flood_road.flood_danger"),
        (Change.LOWERED, "flood_road.flood_block"),
        (Change.LOWERED, "flood_road.flood_watch"),
        (Change.CLEARED, "flood_road.flood_watch"),
    ]
    assert len({change.condition.id for change in changes}) == 1
    assert changes[-1].condition.condition is Condition.CLEARED
    assert changes[-1].condition.reason == "recovered"


def test_the_alert_shows_the_value_and_the_device_s_own_threshold() -> None:
    """What an operator reads is what the rule used."""
    opened = feed("flood_road", depth(0.2, 0.2, 0.2, 0.22))[0].condition

    assert (opened.value, opened.threshold, opened.severity) == (0.22, 0.15, Severity.MEDIUM)
    assert opened.started_ms == NOON + 3 * MINUTE


def test_both_conditions_must_hold_and_either_one_s_end_clears() -> None:
    """A full road that moves is no congestion."""
    jam: list[dict[str, Value]] = [{"occupancy": 0.6, "average_speed": 5.0}] * 6
    moving: list[dict[str, Value]] = [{"occupancy": 0.6, "average_speed": 30.0}] * 6

    assert told(feed("traffic_flow", moving)) == []
    assert told(feed("traffic_flow", jam + moving)) == [
        (Change.OPENED, "traffic_flow.congestion"),
        (Change.CLEARED, "traffic_flow.congestion"),
    ]


def test_leaving_the_active_hours_clears_with_that_reason() -> None:
    """Lights that burn at 07:00-16:30 are wrong after half an hour; after 16:30 they are not."""
    half_past_three = NOON + 90 * MINUTE
    device = Device("d-1", "songmay", "gw-1", "streetlight_cabinet")
    standing = Standing(device, "Tủ 1", ZoneInfo("Asia/Ho_Chi_Minh"), {})
    state = DeviceState()
    told_at = []
    for minute in range(0, 75, 5):
        at_ms = half_past_three + minute * MINUTE
        changes = evaluate(
            state, {"power_state": "on"}, at_ms=at_ms, rules=RULES["streetlight_cabinet"], standing=standing
        )
        told_at += [(minute, change.change, change.condition.reason) for change in changes]

    assert told_at == [(30, Change.OPENED, ""), (60, Change.CLEARED, "hours")]


def test_an_older_value_is_no_news() -> None:
    """Late data neither raises nor clears."""
    device = Device("d-1", "songmay", "gw-1", "flood_road")
    standing = Standing(device, "x", ZoneInfo("UTC"), CATALOGUE.types["flood_road"].site_param)
    state = DeviceState()
    evaluate(state, {"depth": 0.0}, at_ms=NOON, rules=RULES["flood_road"], standing=standing)
    before = msgspec.msgpack.encode(state)

    for minute in range(1, 10):
        at_ms = NOON - minute * MINUTE
        assert evaluate(state, {"depth": 0.9}, at_ms=at_ms, rules=RULES["flood_road"], standing=standing) == []
    assert msgspec.msgpack.encode(state) == before


@given(st.lists(st.floats(min_value=0, max_value=1), max_size=80))
def test_every_opening_has_exactly_one_clearing_and_the_chain_is_monotone(depths: list[float]) -> None:
    """Whatever the water does: opened, then raised or lowered to a neighbour in rank, then cleared, in turn."""
    changes = feed("flood_road", depth(*depths, *([0.0] * 20)))
    is_open = False
    for change in changes:
        assert (change.change is Change.OPENED) != is_open
        is_open = change.change is not Change.CLEARED
    assert not is_open


@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=40), st.integers(min_value=0, max_value=40))
def test_restarting_at_any_point_changes_nothing(depths: list[float], cut: int) -> None:
    """State that went to disk and back at one point decides as if nothing had happened."""
    assert feed("flood_road", depth(*depths), restart_at=cut) == feed("flood_road", depth(*depths))
