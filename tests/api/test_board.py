"""Tests of the board: the order of the queue, the counts, and that it never misses or keeps too much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from api.board import Board
from api.register import RegisterReader
from smartward.adapters.memory_relational import MemoryWorkLog
from smartward.alert import Condition, Deed, Severity, WorkAction
from smartward.device import Device
from smartward.errors import StoreUnavailable
from smartward.instants import HOUR_MS, MINUTE_MS
from tests.api.house import NOW_MS, OTHER, WARD, House


class AwayWhenTold(MemoryWorkLog):
    """A work log whose deeds cannot be read while it is away."""

    is_away = False

    def actions(self, alerts: Iterable[str]) -> dict[str, list[WorkAction]]:
        """List deeds, or be away."""
        if self.is_away:
            raise StoreUnavailable("away")
        return super().actions(alerts)


def small_board(house: House) -> Board:
    """Give a board that keeps two alerts."""
    return Board(house.services, register=RegisterReader(house.services.registry), kept=2)


def test_the_queue_shows_first_what_needs_somebody_first(house: House) -> None:
    """Severity, then what nobody has, then the nearest deadline; what is over waits below."""
    medium = house.breach(rule="flood_road.flood_watch", severity=Severity.MEDIUM)
    later = house.breach(rule="flood_road.later", started_ms=NOW_MS - MINUTE_MS)
    sooner = house.breach(rule="flood_road.sooner", started_ms=NOW_MS - HOUR_MS)
    taken = house.breach(rule="flood_road.taken", started_ms=NOW_MS - 2 * HOUR_MS)
    over = house.breach(rule="flood_road.over", severity=Severity.HIGH, condition=Condition.CLEARED)
    house.breach(rule="flood_road.gone", severity=Severity.LOW, condition=Condition.CLEARED)
    house.breach("hb-fld", ward=OTHER)
    house.client("operator").post(f"/api/v1/alerts/{taken}/acknowledge")

    assert [view.id for view in house.board.queue([WARD])] == [sooner, later, taken, over, medium]


def test_what_was_closed_on_purpose_leaves_the_queue_though_it_fires(house: House) -> None:
    """Somebody signed for it; the list of what fires still has it."""
    alert = house.breach()
    body = {"outcome": "false_alarm", "note": "cảm biến bẩn", "override_reason": "đã xem tại chỗ"}
    house.client("operator").post(f"/api/v1/alerts/{alert}/resolve", json=body)

    assert house.board.queue([WARD]) == []
    assert house.board.counts([WARD]).open == 0
    assert [view.id for view in house.board.alerts([WARD])] == [alert]


def test_the_counts_are_those_of_the_queue(house: House) -> None:
    """The strip above says what the list holds: how many, how many nobody has, how many too late."""
    house.breach(started_ms=NOW_MS - 3 * MINUTE_MS)
    house.breach("nse-1", rule="noise.day", severity=Severity.LOW)

    counts = house.board.counts([WARD])

    assert (counts.open, counts.unacknowledged, counts.overdue) == (2, 2, 1)
    assert counts.by_severity[Severity.CRITICAL] == counts.by_severity[Severity.LOW] == 1
    assert next(iter(counts.by_severity)) is Severity.CRITICAL


def test_a_deadline_is_the_next_thing_due(house: House) -> None:
    """First to acknowledge, then to resolve; nothing is due any more when it is over."""
    alert = house.breach(started_ms=NOW_MS)
    to_acknowledge = house.board.alert(alert)
    house.client("operator").post(f"/api/v1/alerts/{alert}/acknowledge")
    to_resolve = house.board.alert(alert)
    house.clear(alert)
    over = house.board.alert(alert)

    assert to_acknowledge is not None
    assert to_resolve is not None
    assert over is not None
    assert to_acknowledge.deadline_ms == NOW_MS + 2 * MINUTE_MS
    assert to_resolve.deadline_ms == NOW_MS + HOUR_MS
    assert over.deadline_ms is None
    assert to_acknowledge.is_overdue(NOW_MS + 2 * MINUTE_MS + 1)


def test_each_change_is_told_once(house: House) -> None:
    """A mark of before gives what changed since, as it stands now."""
    mark, _ = house.board.changes_after(0)
    first, second = house.breach(), house.breach("nse-1", rule="noise.day", severity=Severity.LOW)
    house.clear(second)

    mark, changed = house.board.changes_after(mark)
    _, nothing = house.board.changes_after(mark)

    assert {view.id: view.condition for view in changed} == {first: Condition.FIRING, second: Condition.CLEARED}
    assert nothing == []


def test_a_device_that_is_renamed_changes_its_alerts(house: House) -> None:
    """The screen shows the place as it is called now."""
    alert = house.breach()
    mark, _ = house.board.changes_after(0)
    house.services.registry.put_device(Device("fld-1", WARD, "gw-1", "flood_road", name="Đo ngập chợ"))

    _, (view,) = house.board.changes_after(mark)

    assert (view.id, view.device_name, view.place) == (alert, "Đo ngập chợ", "Đo ngập chợ")


def test_a_database_that_is_away_hides_no_deed(house: House) -> None:
    """What could not be read now is read the next time: nothing is taken as seen by halves."""
    work_log = AwayWhenTold()
    services = replace(house.services, work_log=work_log)
    board = Board(services, register=RegisterReader(services.registry))
    alert = house.breach()
    board.queue([WARD])
    work_log.add(WorkAction(alert, Deed.ACKNOWLEDGE, "operator", NOW_MS))
    work_log.is_away = True
    with pytest.raises(StoreUnavailable):
        board.queue([WARD])
    work_log.is_away = False

    (view,) = board.queue([WARD])

    assert view.acknowledged_by == "operator"


def test_the_board_forgets_the_oldest_that_are_over_and_still_finds_them(house: House) -> None:
    """A year of alerts does not fill the memory; an old link goes on working."""
    board = small_board(house)
    open_one = house.breach(started_ms=NOW_MS - 100 * HOUR_MS)
    board.queue([WARD])
    old = [
        house.breach(rule=f"flood_road.r{n}", severity=Severity.LOW, started_ms=NOW_MS - n, condition=Condition.CLEARED)
        for n in range(5)
    ]

    board.queue([WARD])
    kept = {view.id for view in board.alerts([WARD])}

    assert len(kept) == 2
    assert open_one in kept
    found = board.alert(old[-1])
    assert found is not None
    assert found.is_resolved
