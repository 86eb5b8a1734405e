"""What every telemetry store promises of values over time, over each of its adapters."""

from __future__ import annotations

import pytest

from smartward.instants import DAY_MS, HOUR_MS, MINUTE_MS
from smartward.observation import Value
from smartward.ports import Fn, Point
from tests.contracts.telemetry import (
    EVERY_FN,
    HOME_ZONE,
    MIDNIGHT_MS,
    NOON_MS,
    Telemetry,
    observed,
)


def test_a_raw_series_takes_its_beginning_and_leaves_its_end(telemetry: Telemetry) -> None:
    """Two neighbouring stretches share no value and lose none."""
    telemetry.write(1, *(observed("d1", NOON_MS + n, level=float(n)) for n in range(5)))

    points = telemetry.series("d1", "level", from_ms=NOON_MS + 1, to_ms=NOON_MS + 4)

    assert points == [Point(NOON_MS + 1, 1.0), Point(NOON_MS + 2, 2.0), Point(NOON_MS + 3, 3.0)]
    assert telemetry.series("d1", "level", limit=2) == [Point(NOON_MS, 0.0), Point(NOON_MS + 1, 1.0)]
    assert telemetry.series("d1", "level", from_ms=NOON_MS, to_ms=NOON_MS) == []


def test_nothing_known_is_an_empty_series(telemetry: Telemetry) -> None:
    """A device that has not spoken yet is no error."""
    telemetry.write(1, observed("d1", NOON_MS, level=1.0))

    assert telemetry.series("d2", "level") == []
    assert telemetry.series("d1", "order", every_ms=HOUR_MS) == []
    assert telemetry.series("d1", "noise", every_ms=DAY_MS) == []


@pytest.mark.parametrize(
    ("fn", "expected"),
    [("mean", 2.0), ("min", 1.0), ("max", 3.5), ("sum", 6.0), ("count", 3), ("last", 1.5), ("energy_mean", 2.13)],
)
def test_a_bucket_answers_each_function(telemetry: Telemetry, fn: Fn, expected: float) -> None:
    """One point a bucket, empty buckets left out, at the bucket's beginning."""
    values = (1.0, 3.5, 1.5)
    telemetry.write(1, *(observed("d1", NOON_MS + n * MINUTE_MS, level=value) for n, value in enumerate(values)))
    telemetry.write(2, observed("d1", NOON_MS + 5 * HOUR_MS, level=4.0))

    points = telemetry.series("d1", "level", every_ms=HOUR_MS, fn=fn)

    assert [point.at_ms for point in points] == [NOON_MS, NOON_MS + 5 * HOUR_MS]
    assert points[0].value == pytest.approx(expected, abs=0.01)
    assert type(points[0].value) is type(expected)


def test_noise_is_averaged_by_its_energy(telemetry: Telemetry) -> None:
    """Ten minutes at 80 dB among quiet hours are loud: (80 dB + 40 dB) / 2 is 77 dB, not 60."""
    telemetry.write(1, observed("d1", NOON_MS, type="select", noise=80.0))
    telemetry.write(2, observed("d1", NOON_MS + 1, type="select", noise=40.0))

    (point,) = telemetry.series("d1", "noise", every_ms=DAY_MS, fn="energy_mean")

    assert point.value == pytest.approx(76.99, abs=0.01)


def test_days_begin_at_local_midnight(telemetry: Telemetry) -> None:
    """Rain of the ward's Monday is not cut at seven in the morning."""
    telemetry.write(1, *(observed("d1", MIDNIGHT_MS + at, level=1.0) for at in (-1, 0, DAY_MS - 1, DAY_MS)))

    at_home = telemetry.series("d1", "level", every_ms=DAY_MS, fn="count", timezone=HOME_ZONE)
    in_utc = telemetry.series("d1", "level", every_ms=DAY_MS, fn="count", timezone="UTC")

    assert at_home == [Point(MIDNIGHT_MS - DAY_MS, 1), Point(MIDNIGHT_MS, 2), Point(MIDNIGHT_MS + DAY_MS, 1)]
    assert in_utc == [Point(MIDNIGHT_MS - 17 * HOUR_MS, 2), Point(MIDNIGHT_MS + 7 * HOUR_MS, 2)]


def test_a_bucket_cut_by_the_question_counts_only_what_was_asked_for(telemetry: Telemetry) -> None:
    """The first and the last bucket may be parts."""
    telemetry.write(1, *(observed("d1", MIDNIGHT_MS + n * HOUR_MS, level=1.0) for n in range(72)))

    points = telemetry.series(
        "d1",
        "level",
        from_ms=MIDNIGHT_MS + 3 * HOUR_MS + 1,
        to_ms=MIDNIGHT_MS + 50 * HOUR_MS + 1,
        every_ms=DAY_MS,
        fn="sum",
        timezone=HOME_ZONE,
    )

    assert [point.value for point in points] == [20.0, 24.0, 3.0]
    assert points[0].at_ms == MIDNIGHT_MS


def test_a_limit_gives_the_first_buckets(telemetry: Telemetry) -> None:
    """The caller goes on from where the list ends."""
    telemetry.write(1, *(observed("d1", MIDNIGHT_MS + n * 5 * HOUR_MS, level=float(n)) for n in range(10)))

    points = telemetry.series("d1", "level", every_ms=HOUR_MS, limit=3)

    assert [point.value for point in points] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("quantity", ["on", "group"])
def test_words_and_yes_or_no_can_only_be_counted_or_asked_for_the_last(telemetry: Telemetry, quantity: str) -> None:
    """The mean of a word is a mistake of who asks, and the answer names it."""
    values: tuple[Value, ...] = (True, False) if quantity == "on" else ("a", "b")
    telemetry.write(1, *(observed("d1", NOON_MS + n, {quantity: value}) for n, value in enumerate(values)))

    for fn in EVERY_FN:
        if fn in {"count", "last"}:
            (point,) = telemetry.series("d1", quantity, every_ms=DAY_MS, fn=fn)
            assert point.value == {"count": 2, "last": values[1]}[fn]
        else:
            with pytest.raises(ValueError, match=f"{fn}.*{quantity}"):
                telemetry.series("d1", quantity, every_ms=DAY_MS, fn=fn)


@pytest.mark.parametrize(
    ("every_ms", "timezone", "named"),
    [
        (0, "UTC", "every_ms = 0"),
        (-1, "UTC", "every_ms"),
        (DAY_MS + 1, "UTC", "whole days"),
        (DAY_MS, "Asia/Ha_Noi", "Ha_Noi"),
    ],
)
def test_a_bucket_that_cannot_be_is_named(telemetry: Telemetry, every_ms: int, timezone: str, named: str) -> None:
    """The API turns it into a plain answer."""
    with pytest.raises(ValueError, match=named):
        telemetry.series("d1", "level", every_ms=every_ms, timezone=timezone)


def test_a_question_may_be_larger_than_any_answer(telemetry: Telemetry) -> None:
    """Bounds, limits and tiny buckets come from a query string: they cost what is found, not what is asked."""
    far = 2**80
    telemetry.write(1, *(observed("d1", NOON_MS + years * 365 * DAY_MS, level=1.0) for years in range(3)))

    assert len(telemetry.series("d1", "level", from_ms=-far, to_ms=far, limit=far)) == 3
    assert len(telemetry.series("d1", "level", from_ms=-far, to_ms=far, every_ms=1, limit=far)) == 3
    assert len(telemetry.series("d1", "level", from_ms=-far, to_ms=far, every_ms=HOUR_MS, limit=far)) == 3
    assert len(telemetry.series("d1", "level", from_ms=-far, to_ms=far, every_ms=1_000 * DAY_MS, limit=far)) == 2
    assert telemetry.series("d1", "level", from_ms=far, to_ms=-far, limit=-far) == []
    assert len(telemetry.reading.latest_since(-far, limit=far)) == 1
    assert telemetry.reading.latest_since(far, limit=-far) == []
    assert telemetry.reading.events(before_ms=far, limit=far) == []


def test_a_longer_list_than_one_look_holds_comes_whole(telemetry: Telemetry) -> None:
    """Two years of hours in one answer, with a hole in the middle."""
    hours = [*range(9_000), *range(60_000, 63_000)]
    telemetry.write(1, *(observed("d1", NOON_MS + hour * HOUR_MS, level=float(hour)) for hour in hours))

    points = telemetry.series("d1", "level", every_ms=HOUR_MS, limit=20_000)

    assert [point.value for point in points] == [float(hour) for hour in hours]
