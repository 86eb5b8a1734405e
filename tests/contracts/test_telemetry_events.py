"""What every telemetry store promises of events, over each of its adapters."""

from __future__ import annotations

import pytest

from smartward.event import Event, Phase
from smartward.ports import Count, StoredEvent
from tests.contracts.telemetry import (
    NOON_MS,
    OTHER_WARD,
    WARD,
    Telemetry,
    crossed,
)


def test_events_come_back_as_they_were(telemetry: Telemetry) -> None:
    """A fact is not changed by keeping it: yes stays yes and 3.0 stays 3.0."""
    event = crossed("e1", NOON_MS)
    bare = StoredEvent(WARD, "camera", NOON_MS, Event("cam", "e0", "fallen_person", NOON_MS - 1))

    assert telemetry.write(1, events=(event, bare)) == {"cam": Count(stored=2)}

    found = telemetry.reading.events()
    assert found == [event, bare]
    kinds = {name: type(value) for name, value in found[0].event.values.items()}
    assert kinds == {"line": str, "count": int, "wrong_way": bool, "speed": float}


def test_an_event_again_is_a_duplicate_and_a_new_phase_a_correction(telemetry: Telemetry) -> None:
    """One row per event: its newest word, counted so that the ledger can be recounted."""
    first, ended = crossed("e1", NOON_MS), crossed("e1", NOON_MS, phase=Phase.END)

    assert telemetry.write(1, events=(first, first)) == {"cam": Count(stored=1, duplicates=1)}
    assert telemetry.write(2, events=(first, ended, ended)) == {"cam": Count(stored=1, duplicates=2, corrected=1)}
    assert telemetry.reading.events() == [ended]


def test_an_event_whose_value_turns_from_yes_to_one_is_another(telemetry: Telemetry) -> None:
    """In Python True == 1; in a ward it is not."""
    yes = StoredEvent(WARD, "camera", NOON_MS, Event("cam", "e1", "intrusion", NOON_MS, values={"seen": True}))
    one = StoredEvent(WARD, "camera", NOON_MS, Event("cam", "e1", "intrusion", NOON_MS, values={"seen": 1}))

    telemetry.write(1, events=(yes,))

    assert telemetry.write(2, events=(one,)) == {"cam": Count(stored=1, corrected=1)}


def test_an_event_said_in_another_order_is_the_same(telemetry: Telemetry) -> None:
    """JSON objects have no order; a device's library may change it."""
    one = StoredEvent(WARD, "camera", NOON_MS, Event("cam", "e1", "crowd", NOON_MS, values={"n": 1, "of": 2}))
    other = StoredEvent(WARD, "camera", NOON_MS, Event("cam", "e1", "crowd", NOON_MS, values={"of": 2, "n": 1}))

    assert telemetry.write(1, events=(one, other)) == {"cam": Count(stored=1, duplicates=1)}
    assert telemetry.write(2, events=(other,)) == {"cam": Count(duplicates=1)}


def test_an_event_with_a_number_that_is_none_is_refused(telemetry: Telemetry) -> None:
    """It could not be given back."""
    event = StoredEvent(WARD, "camera", NOON_MS, Event("cam", "e1", "crowd", NOON_MS, values={"n": float("inf")}))

    with pytest.raises(ValueError, match=r"e1.*finite"):
        telemetry.write(1, events=(event,))


def test_events_are_listed_newest_first_by_device_time(telemetry: Telemetry) -> None:
    """A late event takes its place; one asks on from the last one's instant."""
    telemetry.write(1, events=tuple(crossed(f"e{n}", NOON_MS + n) for n in (3, 1, 2)))
    telemetry.write(2, events=(crossed("e0", NOON_MS),))

    assert [stored.event.event_id for stored in telemetry.reading.events()] == ["e3", "e2", "e1", "e0"]
    assert [stored.event.event_id for stored in telemetry.reading.events(limit=2)] == ["e3", "e2"]
    assert [stored.event.event_id for stored in telemetry.reading.events(before_ms=NOON_MS + 2)] == ["e1", "e0"]


def test_events_can_be_asked_for_a_ward_or_a_device(telemetry: Telemetry) -> None:
    """A person sees the own ward only."""
    telemetry.write(
        1,
        events=(
            crossed("e1", NOON_MS),
            crossed("e2", NOON_MS + 1, ward=OTHER_WARD),
            crossed("e3", NOON_MS + 2, device="c2"),
        ),
    )

    assert [stored.event.event_id for stored in telemetry.reading.events(ward=WARD)] == ["e3", "e1"]
    assert [stored.event.event_id for stored in telemetry.reading.events(device="cam")] == ["e2", "e1"]
    assert [stored.event.event_id for stored in telemetry.reading.events(device="cam", ward=WARD)] == ["e1"]
