"""Instants: integer milliseconds since 1970 in UTC inside, RFC 3339 outside.

The identity of a value is (device, quantity, observed_at in ms), so one integer is the
instant everywhere inside: journal, stores, rules. Names end in `_ms`. See decision 0003.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def to_ms(instant: datetime) -> int:
    """Give an aware datetime as whole milliseconds, rounding down.

    Raises ValueError for a naive datetime: nobody can know what it meant.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no UTC offset; write it as {instant.isoformat()}+07:00 or with Z")
    return (instant - EPOCH) // timedelta(milliseconds=1)


def to_datetime(at_ms: int) -> datetime:
    """Give milliseconds as an aware UTC datetime, exactly."""
    return EPOCH + timedelta(milliseconds=at_ms)


def to_rfc3339(at_ms: int) -> str:
    """Give milliseconds as `2026-11-23T07:32:08.120Z`, always with three decimals."""
    return to_datetime(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> int:
    """Read RFC 3339 with any offset; raises ValueError when it is malformed or has no offset."""
    return to_ms(datetime.fromisoformat(text))
