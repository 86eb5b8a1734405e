"""What every telemetry store promises of writing and of the newest values, over each of its adapters."""

from __future__ import annotations

import pytest

from smartward.instants import DAY_MS, HOUR_MS
from smartward.observation import Value
from smartward.ports import Batch, Count, Latest, StoredObservation
from tests.contracts.telemetry import (
    NOON_MS,
    OTHER_WARD,
    WARD,
    Telemetry,
    crossed,
    observed,
    raw,
)


def test_new_values_are_stored_each_counted_for_its_device(telemetry: Telemetry) -> None:
    """The ledger's unit is the value, not the message."""
    counts = telemetry.write(1, observed("d1", NOON_MS, level=1.5, order=2), observed("d2", NOON_MS, level=2.5))

    assert counts == {"d1": Count(stored=2), "d2": Count(stored=1)}
    assert raw(telemetry, "d1", "level") == {NOON_MS: 1.5}
    assert raw(telemetry, "d2", "level") == {NOON_MS: 2.5}


def test_the_same_value_again_is_a_duplicate(telemetry: Telemetry) -> None:
    """QoS 1 repeats; nothing is stored twice, in one batch or in two."""
    first = telemetry.write(1, observed("d1", NOON_MS, level=1.5), observed("d1", NOON_MS, level=1.5))
    again = telemetry.write(2, observed("d1", NOON_MS, level=1.5, received_ms=NOON_MS + DAY_MS))

    assert first == {"d1": Count(stored=1, duplicates=1)}
    assert again == {"d1": Count(duplicates=1)}
    assert telemetry.reading.latest()[0].received_ms == NOON_MS + 1_000


def test_another_value_for_the_same_instant_overwrites_and_is_counted_corrected(telemetry: Telemetry) -> None:
    """The last word wins in the order of the journal, and the ledger can still be recounted."""
    telemetry.write(1, observed("d1", NOON_MS, level=1.5))
    counts = telemetry.write(2, observed("d1", NOON_MS, level=2.5), observed("d1", NOON_MS, level=3.5))

    assert counts == {"d1": Count(stored=2, corrected=2)}
    assert raw(telemetry, "d1", "level") == {NOON_MS: 3.5}


def test_a_value_may_go_back_to_what_it_was(telemetry: Telemetry) -> None:
    """A correction of a correction is one more correction, not a duplicate."""
    telemetry.write(1, observed("d1", NOON_MS, level=1.5))

    counts = telemetry.write(2, observed("d1", NOON_MS, level=2.5), observed("d1", NOON_MS, level=1.5))

    assert counts == {"d1": Count(stored=2, corrected=2)}
    assert raw(telemetry, "d1", "level") == {NOON_MS: 1.5}


def test_quantities_of_one_instant_may_come_apart(telemetry: Telemetry) -> None:
    """A device may say its level now and its battery later, for the same instant; neither wipes the other."""
    telemetry.write(1, observed("d1", NOON_MS, level=1.5), observed("d1", NOON_MS, order=1))
    counts = telemetry.write(2, observed("d1", NOON_MS, on=True, order=1))

    assert counts == {"d1": Count(stored=1, duplicates=1)}
    assert [raw(telemetry, "d1", quantity) for quantity in ("level", "order", "on")] == [
        {NOON_MS: 1.5},
        {NOON_MS: 1},
        {NOON_MS: True},
    ]


def test_late_values_take_their_place_in_time(telemetry: Telemetry) -> None:
    """A gateway resends what an outage held back."""
    telemetry.write(1, observed("d1", NOON_MS, level=1.0))
    telemetry.write(2, observed("d1", NOON_MS - 40 * DAY_MS, level=2.0), observed("d1", NOON_MS - 1, level=3.0))

    assert list(raw(telemetry, "d1", "level").items()) == [
        (NOON_MS - 40 * DAY_MS, 2.0),
        (NOON_MS - 1, 3.0),
        (NOON_MS, 1.0),
    ]


@pytest.mark.parametrize(
    ("quantity", "given", "expected"),
    [
        ("level", 3, 3.0),
        ("level", -0.0, 0.0),
        ("level", 1.7e308, 1.7e308),
        ("level", 5e-324, 5e-324),
        ("order", 3, 3),
        ("order", 2**63 - 1, 2**63 - 1),
        ("order", -(2**63), -(2**63)),
        ("on", True, True),
        ("on", False, False),
        ("group", "", ""),
        ("group", "nước dâng 💧\0; DROP TABLE last", "nước dâng 💧\0; DROP TABLE last"),
        ("group", "true", "true"),
        ("group", "12", "12"),
        ("group", "x" * 1_000_000, "x" * 1_000_000),
    ],
)
def test_values_come_back_in_their_quantitys_own_type(
    telemetry: Telemetry, quantity: str, given: Value, expected: Value
) -> None:
    """A screen must never show 1 for yes, nor 3 for the word "3"."""
    telemetry.write(1, observed("d1", NOON_MS, {quantity: given}))
    again = telemetry.write(2, observed("d1", NOON_MS, {quantity: given}))

    newest = telemetry.reading.latest()[0].value
    point = telemetry.series("d1", quantity)[0].value
    last = telemetry.series("d1", quantity, every_ms=HOUR_MS, fn="last")[0].value
    assert (newest, point, last) == (expected, expected, expected)
    assert {type(newest), type(point), type(last)} == {type(expected)}
    assert again == {"d1": Count(duplicates=1)}


@pytest.mark.parametrize(
    "bad",
    [
        observed("d9", NOON_MS, level=True),
        observed("d9", NOON_MS, level="1.5"),
        observed("d9", NOON_MS, level=float("nan")),
        observed("d9", NOON_MS, level=float("inf")),
        observed("d9", NOON_MS, level=10**400),
        observed("d9", NOON_MS, order=1.0),
        observed("d9", NOON_MS, order=True),
        observed("d9", NOON_MS, order=2**63),
        observed("d9", NOON_MS, on=1),
        observed("d9", NOON_MS, group=1),
        observed("d9", NOON_MS, group="\ud800"),
        observed("d9", NOON_MS, unheard_of=1),
        observed("d9", 2**63, level=1.0),
    ],
)
def test_what_validation_never_lets_through_is_refused_and_nothing_of_its_batch_is_written(
    telemetry: Telemetry, bad: StoredObservation
) -> None:
    """A value of another kind is a mistake in our own code: it is named, and it never becomes a number by accident."""
    with pytest.raises(ValueError, match="d9"):
        telemetry.write(1, observed("d1", NOON_MS, level=1.5), bad)

    assert telemetry.reading.latest() == []
    assert telemetry.reading.newest_batch("j1") == 0
    assert telemetry.write(1, observed("d1", NOON_MS, level=1.5)) == {"d1": Count(stored=1)}


def test_a_type_that_the_catalogue_lacks_is_named(telemetry: Telemetry) -> None:
    """The remedy is in the message."""
    with pytest.raises(ValueError, match="no type hovercraft in the catalogue"):
        telemetry.write(1, observed("d1", NOON_MS, type="hovercraft", level=1.0))


def test_an_empty_batch_and_an_observation_without_values_change_nothing(telemetry: Telemetry) -> None:
    """A pack may be a mere tombstone."""
    assert telemetry.write(1) == {}
    assert telemetry.write(2, observed("d1", NOON_MS)) == {}

    assert telemetry.reading.latest() == []
    assert telemetry.reading.newest_batch("j1") == 2


def test_the_newest_batch_again_changes_nothing_and_gets_the_first_answer(telemetry: Telemetry) -> None:
    """Ingest was killed after the store had written and before it could note so."""
    telemetry.write(1, observed("d1", NOON_MS, level=1.0))
    batch = (observed("d1", NOON_MS, level=2.0), observed("d1", NOON_MS, level=2.0), observed("d2", NOON_MS, level=1.0))
    first = telemetry.write(2, *batch, events=(crossed("e1", NOON_MS),))

    telemetry.reopen()
    again = telemetry.write(2, *batch, events=(crossed("e1", NOON_MS),))

    assert (
        first
        == again
        == {"d1": Count(stored=1, duplicates=1, corrected=1), "d2": Count(stored=1), "cam": Count(stored=1)}
    )
    assert telemetry.write(3, *batch[:1]) == {"d1": Count(duplicates=1)}


def test_an_answer_belongs_to_who_asked(telemetry: Telemetry) -> None:
    """Adding to an answer does not change what the next one is told."""
    first = telemetry.write(1, observed("d1", NOON_MS, level=1.0))
    first["d1"].stored = 99

    assert telemetry.write(1, observed("d1", NOON_MS, level=1.0)) == {"d1": Count(stored=1)}


def test_numbers_count_within_one_journal(telemetry: Telemetry) -> None:
    """A new journal begins at 1 again; what it brings must not be taken for what the old one brought."""
    telemetry.store.write(Batch(7, (observed("d1", NOON_MS, level=1.0),), journal="old"))
    counts = telemetry.store.write(Batch(7, (observed("d1", NOON_MS + 1, level=1.0),), journal="new"))

    assert counts == {"d1": Count(stored=1)}
    assert [telemetry.reading.newest_batch(journal) for journal in ("old", "new", "other")] == [7, 7, 0]


def test_the_newest_batch_is_remembered(telemetry: Telemetry) -> None:
    """A restarted ingest cuts its first batch where the store has it already."""
    telemetry.write(4, observed("d1", NOON_MS, level=1.0))
    telemetry.write(9)
    telemetry.reopen()

    assert telemetry.store.newest_batch("j1") == 9


def test_latest_lists_by_device_then_quantity(telemetry: Telemetry) -> None:
    """One order everywhere, so that two screens show the same."""
    telemetry.write(1, observed("d2", NOON_MS, order=1, level=2.0), observed("d1", NOON_MS, on=True))

    assert telemetry.reading.latest() == [
        Latest(WARD, "d1", "river", "on", True, NOON_MS, NOON_MS + 1_000),  # noqa: FBT003 - the value itself
        Latest(WARD, "d2", "river", "level", 2.0, NOON_MS, NOON_MS + 1_000),
        Latest(WARD, "d2", "river", "order", 1, NOON_MS, NOON_MS + 1_000),
    ]


def test_latest_can_be_asked_for_a_ward_a_type_a_device(telemetry: Telemetry) -> None:
    """A person sees the own ward only."""
    telemetry.write(
        1,
        observed("d1", NOON_MS, level=1.0),
        observed("d2", NOON_MS, type="select", noise=2.0),
        observed("d3", NOON_MS, ward=OTHER_WARD, level=3.0),
    )

    assert [newest.device for newest in telemetry.reading.latest(ward=WARD)] == ["d1", "d2"]
    assert [newest.device for newest in telemetry.reading.latest(type="river")] == ["d1", "d3"]
    assert [newest.device for newest in telemetry.reading.latest(device="d2")] == ["d2"]
    assert telemetry.reading.latest(ward=OTHER_WARD, device="d1") == []


def test_late_data_never_replaces_the_newest_value(telemetry: Telemetry) -> None:
    """What arrives last is not what is true now."""
    telemetry.write(1, observed("d1", NOON_MS, level=1.0))
    telemetry.write(2, observed("d1", NOON_MS - 1, level=9.0, order=5, received_ms=NOON_MS + DAY_MS))

    assert [(newest.quantity, newest.value, newest.observed_ms) for newest in telemetry.reading.latest()] == [
        ("level", 1.0, NOON_MS),
        ("order", 5, NOON_MS - 1),
    ]


def test_a_correction_of_the_newest_value_shows(telemetry: Telemetry) -> None:
    """The newest instant with its newest word."""
    telemetry.write(1, observed("d1", NOON_MS, level=1.0))
    telemetry.write(2, observed("d1", NOON_MS, level=9.0, received_ms=NOON_MS + 5_000))

    assert telemetry.reading.latest() == [Latest(WARD, "d1", "river", "level", 9.0, NOON_MS, NOON_MS + 5_000)]


def test_latest_since_lists_what_arrived_after_an_instant_in_order_of_arrival(telemetry: Telemetry) -> None:
    """A screen that follows asks again from the last arrival it has seen."""
    telemetry.write(
        1,
        observed("d1", NOON_MS, level=1.0, received_ms=NOON_MS + 300),
        observed("d2", NOON_MS, level=2.0, received_ms=NOON_MS + 200),
        observed("d3", NOON_MS, level=3.0, received_ms=NOON_MS + 100),
    )
    telemetry.write(2, observed("d3", NOON_MS - 1, level=7.0, received_ms=NOON_MS + 400))

    assert [newest.device for newest in telemetry.reading.latest_since(NOON_MS + 100)] == ["d2", "d1"]
    assert [newest.device for newest in telemetry.reading.latest_since(0, limit=2)] == ["d3", "d2"]
    assert telemetry.reading.latest_since(NOON_MS + 300) == []
