"""Instants: one integer inside, RFC 3339 outside, nothing lost between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartward.instants import EPOCH, parse_rfc3339, to_datetime, to_ms, to_rfc3339

FIRST_MS = to_ms(datetime.min.replace(tzinfo=UTC))
LAST_MS = to_ms(datetime.max.replace(tzinfo=UTC))
instants = st.integers(FIRST_MS, LAST_MS)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(instants)
def test_an_instant_survives_every_way_out_and_in(at_ms: int) -> None:
    """The identity of a value is its millisecond: a rounding error would make a second value of it."""
    assert to_ms(to_datetime(at_ms)) == at_ms
    assert parse_rfc3339(to_rfc3339(at_ms)) == at_ms


@given(st.integers(0, 4_000_000_000_000), offsets)
def test_every_offset_names_the_same_instant(at_ms: int, offset: timezone) -> None:
    """A device that speaks Vietnamese time and one that speaks UTC agree."""
    assert parse_rfc3339(to_datetime(at_ms).astimezone(offset).isoformat()) == at_ms


@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  (hypothesis wants bounds without zone)
def test_parts_of_a_millisecond_are_rounded_down_before_1970_too(instant: datetime) -> None:
    """Rounding towards zero would swap the order of two values around 1970."""
    at_ms = to_ms(instant)

    assert timedelta() <= instant - to_datetime(at_ms) < timedelta(milliseconds=1)


@given(instants, instants)
def test_written_instants_sort_as_they_happened(one_ms: int, other_ms: int) -> None:
    """A list of texts in a log or a CSV can be sorted as it stands."""
    assert (to_rfc3339(one_ms) < to_rfc3339(other_ms)) == (one_ms < other_ms)


def test_the_written_form_is_always_the_same() -> None:
    """Three decimals and Z, also when they are zero."""
    assert to_rfc3339(0) == "1970-01-01T00:00:00.000Z"
    assert to_rfc3339(1_795_419_128_120) == "2026-11-23T07:32:08.120Z"
    assert to_datetime(0) == EPOCH


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("2026-11-23T14:32:08.120+07:00", 1_795_419_128_120),
        ("2026-11-23T07:32:08.12Z", 1_795_419_128_120),
        ("2026-11-23T07:32:08.120999Z", 1_795_419_128_120),
        ("2026-11-23 07:32:08Z", 1_795_419_128_000),
        ("2026-11-23T07:32:08-00:00", 1_795_419_128_000),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_what_devices_write_is_read(text: str, at_ms: int) -> None:
    """Offsets, fewer or more decimals, a space for the T."""
    assert parse_rfc3339(text) == at_ms


@pytest.mark.parametrize(
    "text",
    ["", "now", "1795419128", "2026-11-23", "2026-11-23T07:32:08", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z"],
)
def test_what_nobody_can_know_is_refused(text: str) -> None:
    """Without an offset an instant is seven hours of doubt."""
    with pytest.raises(ValueError):  # noqa: PT011  (its words are Python's own for malformed text)
        parse_rfc3339(text)


def test_a_naive_datetime_is_refused_with_the_remedy() -> None:
    """The message shows how to write it."""
    with pytest.raises(ValueError, match=r"2026-11-23T07:00:00 has no UTC offset; write it as .*\+07:00 or with Z"):
        to_ms(datetime(2026, 11, 23, 7))  # noqa: DTZ001  (the naive datetime is the point)
