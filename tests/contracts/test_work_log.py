"""What every log of people's work on alerts promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import msgspec
import pytest

from smartward.alert import Deed, WorkAction
from smartward.errors import Conflict
from tests.contracts.relational import Relational

ACKNOWLEDGED = WorkAction("aq7k2m9xp1", Deed.ACKNOWLEDGE, "binh", 1_700_000_000_000)


def test_what_was_added_is_what_comes_back(relational: Relational) -> None:
    """Every field of a deed is evidence: nothing is cut, trimmed or translated."""
    deeds = [
        ACKNOWLEDGED,
        WorkAction("aq7k2m9xp1", Deed.ASSIGN, "binh", 2, person_assigned="đạt"),
        WorkAction("aq7k2m9xp1", Deed.COMMENT, "đạt", 3, note="Nước đã rút; 30 cm → 5 cm\n'--\"  ", address="::1"),
        WorkAction("aq7k2m9xp1", Deed.RESOLVE, "đạt", 4, outcome="done", override_reason="cảm biến hỏng", note=""),
        WorkAction("aq7k2m9xp1", Deed.REOPEN, "chief", 5, episode=2),
    ]
    for deed in deeds:
        relational.work_log.add(deed)

    assert relational.work_log.actions(["aq7k2m9xp1"]) == {"aq7k2m9xp1": deeds}


def test_deeds_stand_in_the_order_they_were_done_not_by_clock(relational: Relational) -> None:
    """Two servers' clocks differ; the order of work is the order in which it was written."""
    deeds = [WorkAction("a1", Deed.COMMENT, "binh", at_ms, note=str(at_ms)) for at_ms in (30, 10, 20)]
    for deed in deeds:
        relational.work_log.add(deed)

    assert relational.work_log.actions(["a1"])["a1"] == deeds


def test_alerts_without_deeds_are_absent(relational: Relational) -> None:
    """Asking for many brings those that somebody touched, each with its own deeds, once."""
    other = WorkAction("a2", Deed.START, "an", 7)
    relational.work_log.add(ACKNOWLEDGED)
    relational.work_log.add(other)

    found = relational.work_log.actions(iter(["a2", ACKNOWLEDGED.alert, "ghost", "a2"]))

    assert found == {"a2": [other], ACKNOWLEDGED.alert: [ACKNOWLEDGED]}
    assert relational.work_log.actions([]) == {}


def test_any_number_of_alerts_can_be_asked_for(relational: Relational) -> None:
    """A year's page of alerts is more than a database takes as parameters of one statement."""
    relational.work_log.add(ACKNOWLEDGED)

    found = relational.work_log.actions([f"a{number}" for number in range(70_000)] + [ACKNOWLEDGED.alert])

    assert found == {ACKNOWLEDGED.alert: [ACKNOWLEDGED]}


def test_a_second_acknowledgement_is_told_who_was_first_and_when(relational: Relational) -> None:
    """Nobody drives out to what a colleague already has; the same person twice is told too."""
    relational.work_log.add(ACKNOWLEDGED)

    for person in ("an", ACKNOWLEDGED.person):
        with pytest.raises(Conflict, match="aq7k2m9xp1 is already acknowledged by binh") as refused:
            relational.work_log.add(msgspec.structs.replace(ACKNOWLEDGED, person=person, at_ms=5))
        assert (refused.value.by, refused.value.at_ms) == ("binh", 1_700_000_000_000)

    assert relational.work_log.actions([ACKNOWLEDGED.alert]) == {ACKNOWLEDGED.alert: [ACKNOWLEDGED]}
    assert relational.work_log.revision() == 1


def test_a_new_episode_is_acknowledged_anew(relational: Relational) -> None:
    """A reopened alert needs somebody again; another alert was never taken."""
    for action in (
        ACKNOWLEDGED,
        msgspec.structs.replace(ACKNOWLEDGED, episode=2, person="an"),
        msgspec.structs.replace(ACKNOWLEDGED, alert="a2"),
    ):
        relational.work_log.add(action)

    assert relational.work_log.revision() == 3


def test_only_acknowledgements_are_once(relational: Relational) -> None:
    """People may comment, assign, start and verify as often as they need to."""
    for deed in (Deed.START, Deed.ASSIGN, Deed.COMMENT, Deed.VERIFY, Deed.RESOLVE, Deed.REOPEN):
        for _ in range(2):
            relational.work_log.add(WorkAction("a1", deed, "binh", 1))

    assert len(relational.work_log.actions(["a1"])["a1"]) == 12


def test_of_many_acknowledgements_at_once_exactly_one_wins(relational: Relational) -> None:
    """Eight phones tap in one instant: one has it, seven are told who and when."""
    start = Barrier(8)

    def tap(turn: int) -> tuple[str, int] | None:
        start.wait(timeout=10)
        try:
            relational.work_log.add(msgspec.structs.replace(ACKNOWLEDGED, person=f"person-{turn}", at_ms=turn))
        except Conflict as conflict:
            return conflict.by, conflict.at_ms
        return None

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(tap, range(8)))

    (kept,) = relational.work_log.actions([ACKNOWLEDGED.alert])[ACKNOWLEDGED.alert]
    assert answers.count(None) == 1
    assert set(answers) - {None} == {(kept.person, kept.at_ms)}
    assert relational.work_log.revision() == 1


def test_every_deed_moves_the_revision_by_one(relational: Relational) -> None:
    """Whoever polls the number misses no deed, whichever thread wrote it."""
    assert relational.work_log.revision() == 0

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(relational.work_log.add, [WorkAction("a1", Deed.COMMENT, "an", turn) for turn in range(20)]))

    assert relational.work_log.revision() == 20
    assert len(relational.work_log.actions(["a1"])["a1"]) == 20


def test_a_note_with_characters_that_no_database_holds_is_still_kept(relational: Relational) -> None:
    """A NUL or half a character pasted from somewhere must not make a deed impossible."""
    relational.work_log.add(WorkAction("a1", Deed.COMMENT, "an", 1, note="trước\0sau \ud83d"))

    (kept,) = relational.work_log.actions(["a1"])["a1"]

    assert kept.note.startswith("trước")
    assert "sau" in kept.note
