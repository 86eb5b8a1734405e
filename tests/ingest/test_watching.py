"""Alerts about ourselves: told when they begin, cleared by themselves when they are over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from smartward import topics
from smartward.alert import AlertCondition, Severity
from smartward.errors import LogFull
from tests.ingest.world import NOON, WARD, TestWard


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[TestWard]:
    """Give a ward that is stepped by hand."""
    ward = TestWard(tmp_path)
    yield ward
    ward.kill()


def platform(ward: TestWard) -> list[AlertCondition]:
    """List the open alerts about the platform."""
    ward.settle()
    return [one for one in ward.projections.conditions(only_open=True) if one.rule.startswith("platform.")]


def pack(boot: str, seq: int) -> dict[str, object]:
    """Make a pack with one depth."""
    return {"boot": boot, "seq": seq, "obs": [{"device": "fld-1", "at": NOON + seq, "values": {"depth": 0.1}}]}


def test_two_boots_of_one_gateway_within_ten_minutes_are_a_duplicate(ward: TestWard) -> None:
    """A cloned memory card is found while both speak, and over when one has been quiet for ten minutes."""
    ward.say(topics.pack(WARD, "gw-1"), pack("b1", 1))
    assert platform(ward) == []
    ward.clock.advance(seconds=500)
    ward.say(topics.pack(WARD, "gw-1"), pack("b2", 1))
    (alert,) = platform(ward)
    assert (alert.rule, alert.device, alert.value) == ("platform.duplicate_gateway", "gw-1", 2)
    assert {told.recipient for told in ward.notifier.told if told.alert == alert.id} == {"tech_maint", "ioc_lead"}

    ward.clock.advance(seconds=200)
    ward.say(topics.pack(WARD, "gw-1"), pack("b2", 2))
    assert platform(ward) == []


def test_a_gateway_with_a_new_outbox_after_half_an_hour_is_no_duplicate(ward: TestWard) -> None:
    """A card that was replaced on purpose."""
    ward.say(topics.pack(WARD, "gw-1"), pack("b1", 1))
    ward.settle()
    ward.clock.advance(seconds=1_800)
    ward.say(topics.pack(WARD, "gw-1"), pack("b2", 1))

    assert platform(ward) == []


def test_a_full_journal_is_told_and_over_when_there_is_room_again(ward: TestWard) -> None:
    """Input is no longer acknowledged: somebody must know at once."""
    ward.kill()
    ward.boot_up(max_journal_bytes=170)
    ward.say_depth(0.1)
    ward.take_in()
    ward.say_depth(0.2)
    ward.say_depth(0.2, device="fld-2")
    with pytest.raises(LogFull):
        ward.take_in()
    ward.ingest.watching.step()
    ward.ingest.mirror.step()
    (alert,) = ward.projections.conditions(only_open=True)
    assert (alert.rule, alert.ward, alert.device) == ("platform.journal_full", WARD, "ingest")
    assert alert.severity is Severity.CRITICAL

    ward.ingest.storing.step()
    ward.ingest.deciding.step()
    assert platform(ward) == []


def test_a_store_that_takes_nothing_for_five_minutes_is_down(ward: TestWard) -> None:
    """Judged by the steady clock: one that is set does not bring it forward; and it is over with the first batch."""
    ward.say_depth(0.1)
    ward.take_in()
    ward.ingest.deciding.step()
    ward.ingest.watching.step()
    ward.clock.jump(seconds=86_400)
    ward.clock.advance(seconds=299)
    ward.ingest.watching.step()
    ward.ingest.mirror.step()
    assert ward.projections.conditions() == []

    ward.clock.advance(seconds=2)
    ward.ingest.watching.step()
    ward.ingest.mirror.step()
    (alert,) = ward.projections.conditions(only_open=True)
    assert (alert.rule, alert.device) == ("platform.store_down", "ingest")

    assert platform(ward) == []


def test_more_than_one_per_cent_refused_in_an_hour_is_told_and_passes_by_itself(ward: TestWard) -> None:
    """Ten of a thousand are not, eleven are; an hour later it is over. It survives a restart as one alert."""
    for number in range(990):
        ward.say_depth(0.1, at_ms=NOON - number)
    for _ in range(10):
        ward.say_depth(99)
    assert platform(ward) == []
    ward.say_depth(99)
    (alert,) = platform(ward)
    assert (alert.rule, alert.device, alert.value) == ("platform.dead_letter_rate", "ingest", 0.011)

    ward.kill()
    ward.boot_up()
    assert platform(ward) == [alert]
    ward.clock.advance(seconds=3_600)
    assert platform(ward) == []


def test_a_quiet_ward_s_few_mistakes_are_no_rate(ward: TestWard) -> None:
    """One of ten is ten per cent and no reason to call anybody."""
    for _ in range(9):
        ward.say_depth(99)

    assert platform(ward) == []
