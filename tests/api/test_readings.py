"""Tests of readings: what is new since the last look, however it was written."""

from __future__ import annotations

import pytest

from api.readings import FULL_EVERY, OVERLAP_MS, Readings
from smartward.adapters.memory_relational import MemoryProjections
from smartward.device import Presence, PresenceState
from smartward.errors import StoreUnavailable
from smartward.ports import Projection
from tests.api.house import NOW_MS, WARD, House


def readings_of(house: House) -> Readings:
    """Give readings that have looked once."""
    readings = Readings(store=house.services.store, projections=house.services.projections)
    readings.look()
    return readings


def show(house: House, state: PresenceState, *, heard_ms: int = NOW_MS) -> None:
    """Let ingest show a presence."""
    presence = Presence("fld-1", WARD, state, NOW_MS, "heard", heard_ms)
    house.services.projections.project(Projection(presences=(presence,)))


def test_only_what_is_new_is_told(house: House) -> None:
    """Four hundred silent devices cost nothing."""
    house.say({"depth": 0.1}, at_ms=NOW_MS)
    readings = readings_of(house)
    quiet = readings.look()
    house.say({"depth": 0.2}, at_ms=NOW_MS + 1)

    (device,) = readings.look()

    assert quiet == []
    assert (device.id, [(latest.quantity, latest.value) for latest in device.values]) == ("fld-1", [("depth", 0.2)])


def test_a_presence_is_told_when_it_changes_and_not_when_it_is_heard_again(house: House) -> None:
    """`heard` moves with every word; only online, stale and offline are news."""
    show(house, PresenceState.ONLINE)
    readings = readings_of(house)
    show(house, PresenceState.ONLINE, heard_ms=NOW_MS + 5_000)
    same = readings.look()
    show(house, PresenceState.OFFLINE)

    (device,) = readings.look()

    assert same == []
    assert (device.id, device.presence, device.values) == ("fld-1", PresenceState.OFFLINE, ())


def test_a_value_that_was_written_late_is_told(house: House) -> None:
    """Two ingests write at their own pace: one that is a little behind is seen by the overlap."""
    house.say({"depth": 0.1}, at_ms=NOW_MS)
    readings = readings_of(house)
    house.say({"laeq": 61.0}, device="nse-1", type="noise", at_ms=NOW_MS - 10, received_ms=NOW_MS - OVERLAP_MS + 1)

    assert [device.id for device in readings.look()] == ["nse-1"]


def test_a_value_that_was_written_very_late_is_told_within_a_minute(house: House) -> None:
    """After an outage everything is compared now and then."""
    house.say({"depth": 0.1}, at_ms=NOW_MS)
    readings = readings_of(house)
    house.say({"laeq": 61.0}, device="nse-1", type="noise", at_ms=NOW_MS - 10, received_ms=NOW_MS - OVERLAP_MS - 1)

    told = [device.id for _ in range(FULL_EVERY) for device in readings.look()]

    assert told == ["nse-1"]


class OnceAway(MemoryProjections):
    """Projections that are away at the second question."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0

    def revision(self) -> int:
        """Answer, but for the second time."""
        self._asked += 1
        if self._asked == 2:
            raise StoreUnavailable("away")
        return super().revision()


def test_what_a_failed_look_missed_the_next_one_finds(house: House) -> None:
    """A database that is away for a second loses nothing on the screens."""
    readings = Readings(store=house.services.store, projections=OnceAway())
    readings.look()
    house.say({"depth": 0.2})
    with pytest.raises(StoreUnavailable):
        readings.look()

    assert [device.id for device in readings.look()] == ["fld-1"]
