"""The fold of what devices say and what people do."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartward.alert import (
    AlertCondition,
    Condition,
    Deed,
    Severity,
    Work,
    WorkAction,
    alert_id,
    fold,
    needs_a_word,
)

FLOOD = AlertCondition(
    "a1",
    "phuc-yen",
    "flood_road.deep",
    "flood-1",
    "Đường Trưng Trắc",
    Severity.MEDIUM,
    Condition.FIRING,
    started_ms=1_000,
    changed_ms=1_000,
)
CLEARED = msgspec.structs.replace(FLOOD, condition=Condition.CLEARED, cleared_ms=9_000, changed_ms=9_000)
OVER = (Work.DONE, Work.FALSE_ALARM)

severities = st.sampled_from(Severity)
conditions = st.builds(
    lambda condition, severity, verify: msgspec.structs.replace(condition, severity=severity, verify=verify),
    st.sampled_from([FLOOD, CLEARED]),
    severities,
    st.booleans(),
)
actions = st.lists(
    st.builds(
        WorkAction,
        alert=st.just("a1"),
        deed=st.sampled_from(Deed),
        person=st.sampled_from(["an", "bình"]),
        at_ms=st.integers(0, 10_000),
        outcome=st.sampled_from(["", "done", "false_alarm"]),
        person_assigned=st.sampled_from(["chi", "đạt"]),
    ),
    max_size=8,
)


def deed(what: Deed, *, person: str = "an", at_ms: int = 2_000, outcome: str = "", assigned: str = "") -> WorkAction:
    """Do something to the flood."""
    return WorkAction("a1", what, person, at_ms, outcome=outcome, person_assigned=assigned)


def of(severity: Severity, *, verify: bool = False) -> AlertCondition:
    """Give the cleared flood at another severity."""
    return msgspec.structs.replace(CLEARED, severity=severity, verify=verify)


@given(conditions, actions)
def test_the_fold_depends_on_nothing_but_what_it_is_given(condition: AlertCondition, done: list[WorkAction]) -> None:
    """Two screens and tomorrow's report show the same alert; its timeline is all that was done, in order."""
    alert = fold(condition, done)

    assert alert == fold(condition, tuple(done))
    assert alert.condition == condition
    assert alert.timeline == tuple(done)


@given(conditions, actions)
def test_it_is_resolved_only_when_cleared_and_done(condition: AlertCondition, done: list[WorkAction]) -> None:
    """Neither side alone makes an alert go away."""
    alert = fold(condition, done)

    assert alert.is_resolved == (condition.condition is Condition.CLEARED and alert.work in OVER)


@given(conditions, actions)
def test_who_and_when_of_an_acknowledgement_stand_together(condition: AlertCondition, done: list[WorkAction]) -> None:
    """Half an acknowledgement would be a person without an hour."""
    alert = fold(condition, done)

    assert (alert.acknowledged_by is None) == (alert.acknowledged_ms is None)
    if alert.work is Work.ACKNOWLEDGED:
        assert alert.acknowledged_by is not None


@given(conditions, actions)
def test_an_end_has_an_instant_and_nothing_else_has(condition: AlertCondition, done: list[WorkAction]) -> None:
    """Time to repair is measured by it."""
    alert = fold(condition, done)

    assert (alert.resolved_ms is not None) == (alert.work in OVER)


@given(conditions, actions, st.sampled_from([Deed.COMMENT, Deed.VERIFY]))
def test_words_and_looks_move_no_work(condition: AlertCondition, done: list[WorkAction], words: Deed) -> None:
    """A comment or a look at the place is kept, and changes neither state nor owner."""
    before, after = fold(condition, done), fold(condition, [*done, deed(words)])

    assert msgspec.structs.replace(after, timeline=()) == msgspec.structs.replace(before, timeline=())
    assert after.timeline[:-1] == before.timeline


@given(conditions, actions)
def test_reopening_starts_anew(condition: AlertCondition, done: list[WorkAction]) -> None:
    """Whoever had it before need not have it now: it must be taken again."""
    alert = fold(condition, [*done, deed(Deed.REOPEN)])

    assert (alert.acknowledged_by, alert.acknowledged_ms) == (None, None)
    if condition.condition is Condition.FIRING or needs_a_word(condition):
        assert (alert.work, alert.resolved_ms) == (Work.NEW, None)


def test_acknowledged_reopened_and_acknowledged_again() -> None:
    """The second episode belongs to whoever took the second."""
    taken = deed(Deed.ACKNOWLEDGE, person="an", at_ms=2_000)
    again = deed(Deed.ACKNOWLEDGE, person="bình", at_ms=4_000)

    assert fold(FLOOD, [taken]).acknowledged_by == "an"
    alert = fold(FLOOD, [taken, deed(Deed.REOPEN, at_ms=3_000), again])

    assert (alert.work, alert.acknowledged_by, alert.acknowledged_ms) == (Work.ACKNOWLEDGED, "bình", 4_000)


def test_work_goes_from_new_to_done() -> None:
    """The whole life of one alert, step by step."""
    steps = [
        deed(Deed.ACKNOWLEDGE),
        deed(Deed.ASSIGN, assigned="đạt"),
        deed(Deed.START, person="đạt"),
        deed(Deed.RESOLVE, person="đạt", at_ms=8_000, outcome="done"),
    ]
    seen = [fold(FLOOD, steps[:count]).work for count in range(5)]
    alert = fold(CLEARED, steps)

    assert seen == [Work.NEW, Work.ACKNOWLEDGED, Work.ACKNOWLEDGED, Work.IN_PROGRESS, Work.DONE]
    assert (alert.acknowledged_by, alert.assignee, alert.resolved_ms) == ("an", "đạt", 8_000)
    assert alert.is_resolved


@given(conditions)
def test_a_false_alarm_is_kept_as_one(condition: AlertCondition) -> None:
    """The false-alarm rate of a rule counts these: clearing later does not turn it into work done."""
    alert = fold(condition, [deed(Deed.RESOLVE, at_ms=3_000, outcome="false_alarm")])

    assert (alert.work, alert.resolved_ms) == (Work.FALSE_ALARM, 3_000)


@pytest.mark.parametrize("severity", [Severity.INFORMATIONAL, Severity.LOW, Severity.MEDIUM])
@given(done=st.lists(st.sampled_from([Deed.ACKNOWLEDGE, Deed.START, Deed.ASSIGN, Deed.REOPEN]), max_size=4))
def test_medium_and_lower_are_done_when_they_clear(severity: Severity, done: list[Deed]) -> None:
    """Nobody writes a report on a puddle that dried: the system closes it, at the instant it cleared."""
    alert = fold(of(severity), [deed(what) for what in done])

    assert (alert.work, alert.resolved_ms) == (Work.DONE, 9_000)
    assert alert.is_resolved


@pytest.mark.parametrize(
    "condition",
    [
        of(Severity.HIGH),
        of(Severity.CRITICAL),
        of(Severity.HIGH, verify=True),
        of(Severity.INFORMATIONAL, verify=True),
        of(Severity.MEDIUM, verify=True),
    ],
)
@given(done=st.lists(st.sampled_from([Deed.ACKNOWLEDGE, Deed.START, Deed.VERIFY, Deed.COMMENT]), max_size=4))
def test_high_critical_and_what_asks_for_a_look_wait_for_a_word(condition: AlertCondition, done: list[Deed]) -> None:
    """It cleared, but somebody must say what it was; until then it stays on the screen, grey."""
    waiting = [deed(what) for what in done]

    assert not fold(condition, waiting).is_resolved
    assert fold(condition, waiting).resolved_ms is None
    assert fold(condition, [*waiting, deed(Deed.RESOLVE, outcome="done")]).is_resolved


def test_done_while_it_still_fires_is_not_resolved() -> None:
    """The override ends the work; the water is still there."""
    alert = fold(FLOOD, [deed(Deed.RESOLVE, outcome="done")])

    assert alert.work is Work.DONE
    assert not alert.is_resolved


def test_severities_are_in_order() -> None:
    """From least to most: escalation compares them."""
    assert [severity.rank for severity in Severity] == [0, 1, 2, 3, 4]
    assert needs_a_word(of(Severity.HIGH))
    assert not needs_a_word(of(Severity.MEDIUM))


names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@given(names, names, names, st.integers(0, 2**43))
def test_an_alert_is_named_by_what_it_is(ward: str, device: str, rule: str, started_ms: int) -> None:
    """Ingest replays its journal after a crash and must find the alert it raised, not raise a second."""
    name = alert_id(ward, device, rule, started_ms=started_ms)

    assert name == alert_id(ward, device, rule, started_ms=started_ms)
    assert name != alert_id(ward, device, rule, started_ms=started_ms + 1)
    assert re.fullmatch("a[a-z2-7]{9}", name)


def test_names_of_alerts_do_not_change_between_releases() -> None:
    """They stand in people's messages and in the archive: a changed digest would orphan them all."""
    assert alert_id("phuc-yen", "flood-1", "flood_road.deep", started_ms=1_700_000_000_000) == "atj2vru6dw"
