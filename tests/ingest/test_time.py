"""Time truth: what a claim of time is worth, whose clock is wrong, and what happens when it is ours that is set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.decode import Arrival, instant
from smartward import topics
from smartward.device import Presence, PresenceState
from smartward.instants import DAY_MS, MINUTE_MS, SECOND_MS
from smartward.rejection import Rejection
from tests.ingest.world import NOON, WARD, TestWard

TABLE = yaml.safe_load((Path(__file__).parent.parent / "data" / "time_truth.yaml").read_text(encoding="utf-8"))
DAY_S = 86_400


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[TestWard]:
    """Give a ward whose clocks are moved by hand."""
    ward = TestWard(tmp_path)
    yield ward
    ward.kill()


def rules_open(ward: TestWard) -> list[tuple[str, str]]:
    """List the open alerts by rule and device."""
    return sorted((alert.rule, alert.device) for alert in ward.projections.conditions(only_open=True))


def presence(ward: TestWard, device: str) -> Presence:
    """Give what the screen shows of a device."""
    return next(one for one in ward.projections.presences() if one.device == device)


def live(ward: TestWard, minutes: int, *, speaks: bool = True, depth: float = 0.0, offset_ms: int = 0) -> None:
    """Let minutes pass; the gateway and its devices, whose clocks are right, speak once a minute, or nobody does."""
    for _ in range(minutes):
        ward.clock.advance(seconds=60)
        if speaks:
            ward.say(topics.presence(WARD, "gw-1"), {"online": True, "session": "s1"}, retain=True)
            for device in ("fld-1", "fld-2"):
                ward.say_depth(depth, device=device, at_ms=ward.clock.now_ms() + offset_ms - 500)
        ward.settle()


@pytest.mark.parametrize("claim", TABLE["claims"], ids=lambda claim: str(claim["at"]))
def test_a_claim_of_time_is_believed_or_told_what_it_is(claim: dict[str, Any]) -> None:
    """A vendor who mixes up seconds and milliseconds reads so in the refusal, with the remedy."""
    outcome = instant(claim["at"], Arrival(NOON, NOON))

    if "words" in claim:
        assert isinstance(outcome, Rejection)
        assert claim["words"] in outcome.detail
    else:
        assert outcome == NOON - SECOND_MS


@pytest.mark.parametrize("case", TABLE["skew"], ids=[case["name"].replace(" ", "-") for case in TABLE["skew"]])
def test_the_skew_of_a_clock_is_known_shown_and_told(ward: TestWard, case: dict[str, Any]) -> None:
    """From live messages only: a backlog is late, not wrong."""
    for arrival_s, ahead_s in case["messages"]:
        arrival_ms = NOON + arrival_s * SECOND_MS
        ward.clock.advance(ms=arrival_ms - ward.clock.now_ms())
        ward.say_depth(0.0, at_ms=arrival_ms + ahead_s * SECOND_MS)
        ward.take_in()
        ward.ingest.deciding.step()
    ward.settle()

    shown_ms = presence(ward, "fld-1").skew_ms
    assert shown_ms == (case["skew_s"] * SECOND_MS if "skew_s" in case else None)
    assert (("common.clock_skew", "fld-1") in rules_open(ward)) is case.get("alert", False)


def test_a_clock_hours_ahead_is_told_although_nothing_it_says_is_believed(ward: TestWard) -> None:
    """Seven hours ahead is a mistake of time zone; every value is refused, and the alert names the cause."""
    for minute in range(6):
        ward.say_depth(0.0, at_ms=ward.clock.now_ms() + 7 * 60 * MINUTE_MS)
        ward.settle()
        ward.clock.advance(ms=(minute + 1) * SECOND_MS)
    (alert,) = (one for one in ward.projections.conditions(only_open=True) if one.rule == "common.clock_skew")
    assert (alert.device, alert.value, alert.threshold) == ("fld-1", 7 * 3_600, 120)
    roles = [told.recipient for told in ward.notifier.told if told.alert == alert.id]
    assert roles == ["tech_maint"]

    live(ward, 8)
    assert rules_open(ward) == []


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
def test_nobody_falls_silent_because_our_clock_was_set(ward: TestWard, jump_s: int) -> None:
    """A day forward is no storm of alerts; nor is one back."""
    live(ward, 10)
    ward.clock.jump(seconds=jump_s)
    live(ward, 10, offset_ms=-jump_s * SECOND_MS)

    assert ward.projections.conditions() == []
    assert presence(ward, "fld-1").state is PresenceState.ONLINE
    assert ward.ledger().devices["fld-1"].dead_lettered == 0
    assert ward.ledger().devices["fld-1"].stored == 20


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
def test_who_falls_silent_after_our_clock_was_set_is_found_as_soon_as_ever(ward: TestWard, jump_s: int) -> None:
    """A timer that was frozen by a clock set back would hide an outage for a day; and its end is seen too."""
    live(ward, 5)
    ward.clock.jump(seconds=jump_s)
    live(ward, 2, speaks=False)
    assert rules_open(ward) == []
    live(ward, 2, speaks=False)
    assert rules_open(ward) == [("common.gateway_outage", "gw-1")]

    ward.clock.jump(seconds=-jump_s / 2)
    live(ward, 3)
    assert rules_open(ward) == []


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
def test_a_flood_is_told_while_our_clock_is_wrong(ward: TestWard, jump_s: int) -> None:
    """The devices' clocks are right; what they say now is news, and people are told at once."""
    live(ward, 5)
    ward.clock.jump(seconds=jump_s)
    live(ward, 6, depth=0.2, offset_ms=-jump_s * SECOND_MS)

    assert ("flood_road.flood_watch", "fld-1") in rules_open(ward)
    assert len({told.key for told in ward.notifier.told}) == 6


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
def test_a_hold_of_a_device_without_a_clock_goes_on_when_ours_is_set(ward: TestWard, jump_s: int) -> None:
    """A spike of one minute is not a flood of a day, and a flood is one after its hold time, not tomorrow."""
    topic = topics.obs(WARD, "gw-1", "fld-1")
    ward.say(topic, {"values": {"depth": 0.2}})
    ward.settle()
    ward.clock.jump(seconds=jump_s)
    ward.clock.advance(seconds=60)
    ward.say(topic, {"values": {"depth": 0.2}})
    ward.settle()
    assert rules_open(ward) == []

    for _ in range(4):
        ward.clock.advance(seconds=60)
        ward.say(topic, {"values": {"depth": 0.2}})
        ward.settle()
    assert rules_open(ward) == [("flood_road.flood_watch", "fld-1")]


def test_a_message_to_people_queued_before_our_clock_was_set_back_is_told_now(ward: TestWard) -> None:
    """Not tomorrow."""
    ward.notifier.refusing = True
    live(ward, 5, depth=0.2)
    ward.clock.jump(seconds=-DAY_S)
    ward.notifier.refusing = False
    ward.settle()

    assert {told.recipient for told in ward.notifier.told} == {"environment", "ioc_operator", "police_duty"}


def test_the_ledger_is_shown_on_when_our_clock_was_set_back(ward: TestWard) -> None:
    """What the screen shows must not stand still for a day."""
    live(ward, 2)
    ward.clock.jump(seconds=-DAY_S)
    live(ward, 2, offset_ms=DAY_MS)

    assert ward.ledger().devices["fld-1"].stored == 4


def test_what_was_heard_by_a_clock_that_was_set_back_while_we_were_away_freezes_nothing(ward: TestWard) -> None:
    """After a restart under an earlier clock silence is still judged."""
    live(ward, 5)
    live(ward, 5, speaks=False)
    assert rules_open(ward) == [("common.gateway_outage", "gw-1")]
    ward.kill()
    ward.clock.jump(seconds=-DAY_S)
    ward.boot_up()
    live(ward, 2)

    assert rules_open(ward) == []
    live(ward, 5, speaks=False)
    assert rules_open(ward) == [("common.gateway_outage", "gw-1")]


def test_a_failed_step_forgets_nobody_who_was_heard(ward: TestWard) -> None:
    """A disk that hiccups once after hours of calm is no storm of silence."""
    live(ward, 180)
    ward.say_depth(0.0)
    ward.take_in()
    with ward.home.database.transaction() as connection:
        connection.execute(
            "CREATE TRIGGER hiccup BEFORE UPDATE ON log_cursor BEGIN SELECT raise(ABORT, 'the disk hiccups'); END"
        )
    with pytest.raises(Exception, match="hiccups"):
        ward.ingest.deciding.step()
    with ward.home.database.transaction() as connection:
        connection.execute("DROP TRIGGER hiccup")
    ward.settle()

    assert ward.projections.conditions() == []
