"""Buckets: where stretches of time begin, in hours of UTC and in days of a place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import msgspec

from smartward.adapters.telemetry_question import check_bucket, zone
from smartward.instants import DAY_MS, HOUR_MS, to_datetime, to_ms


class Grid(msgspec.Struct, frozen=True):
    """Buckets of one length, one after the other without end.

    Up to a day they count from 1970 in UTC. Days, and groups of them, begin at midnight of the zone and are as
    long as the calendar makes them; groups count from a Monday, so seven days are a week.
    """

    every_ms: int
    timezone: str

    def begin(self, at_ms: int) -> int:
        """Give the beginning of the bucket around an instant."""
        if self.every_ms < DAY_MS:
            return at_ms // self.every_ms * self.every_ms
        return midnight(self._first_day(at_ms), self.timezone)

    def edges(self, from_ms: int, *, until_ms: int, limit: int) -> list[int]:
        """List bucket starts from the one that holds `from_ms`, up to the first at or after `until_ms`.

        At most `limit` buckets, which makes one start more: the last is the end of the last bucket.
        """
        if self.every_ms >= DAY_MS:
            return self._day_edges(from_ms, until_ms=until_ms, limit=limit)
        first = from_ms // self.every_ms * self.every_ms
        count = min(limit, max(1, -((first - until_ms) // self.every_ms)))
        return list(range(first, first + (count + 1) * self.every_ms, self.every_ms))

    def _day_edges(self, from_ms: int, *, until_ms: int, limit: int) -> list[int]:
        step = self.every_ms // DAY_MS
        ordinal = self._first_day(from_ms)
        edges = [midnight(ordinal, self.timezone)]
        while len(edges) == 1 or (edges[-1] < until_ms and len(edges) <= limit):
            ordinal += step
            edges.append(midnight(ordinal, self.timezone))
        return edges

    def _first_day(self, at_ms: int) -> int:
        ordinal = day_of(at_ms, self.timezone)
        return ordinal - ordinal % (self.every_ms // DAY_MS)


def grid(every_ms: int, *, timezone: str) -> Grid:
    """Check what was asked for and give its grid; raises ValueError."""
    check_bucket(every_ms, timezone=timezone)
    return Grid(every_ms, timezone)


def day_of(at_ms: int, timezone: str) -> int:
    """Give the local day around an instant, as days since Monday 0001-01-01."""
    ordinal = to_datetime(at_ms).astimezone(zone(timezone)).toordinal() - 1
    return ordinal + 1 if at_ms >= midnight(ordinal + 1, timezone) else ordinal  # a clock set back over midnight


@lru_cache(maxsize=8_192)
def midnight(ordinal: int, timezone: str) -> int:
    """Give the instant at which a day begins in a place."""
    local = datetime.combine(date.min + timedelta(days=ordinal), datetime.min.time(), tzinfo=zone(timezone))
    return to_ms(local.astimezone(UTC))


@lru_cache(maxsize=8_192)
def whole_day(hour_ms: int, timezone: str) -> tuple[int, int] | None:
    """Give begin and end of the day around an hour; None where days do not begin on the hour (India, Nepal)."""
    ordinal = day_of(hour_ms, timezone)
    begin, end = midnight(ordinal, timezone), midnight(ordinal + 1, timezone)
    return None if begin % HOUR_MS or end % HOUR_MS else (begin, end)


def hour_of(at_ms: int) -> int:
    """Give the beginning of the hour around an instant, before 1970 too."""
    return at_ms // HOUR_MS * HOUR_MS
