"""Hours: the ward's local days, and curves that say how busy each hour is."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from typing import NamedTuple

from smartward.instants import DAY_MS, HOUR_MS

_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0
SATURDAY, SUNDAY = 5, 6


class LocalTime(NamedTuple):
    """An instant as the ward reads it: days since 1970-01-01 local, hours since midnight, Monday = 0."""

    day: int
    hour: float
    weekday: int


def local_time(at_ms: int, *, utc_offset_ms: int) -> LocalTime:
    """Read the ward's own calendar and clock."""
    day, within_ms = divmod(at_ms + utc_offset_ms, DAY_MS)
    return LocalTime(day, within_ms / HOUR_MS, (day + _EPOCH_WEEKDAY) % 7)


def instant_ms(day: int, hour: float, *, utc_offset_ms: int) -> int:
    """Give a local day's hour as an instant."""
    return day * DAY_MS + round(hour * HOUR_MS) - utc_offset_ms


class DayCurve:
    """A quantity over the hours of a day: straight lines between given points, from hour 0 to hour 24."""

    def __init__(self, *points: tuple[float, float]) -> None:
        self._hours = tuple(hour for hour, _ in points)
        self._values = tuple(value for _, value in points)
        sums = [0.0]
        for (start, low), (end, high) in itertools.pairwise(points):
            sums.append(sums[-1] + (end - start) * (low + high) / 2)
        self._sums = tuple(sums)

    @property
    def total(self) -> float:
        """The curve's integral over the whole day, in value times hours."""
        return self._sums[-1]

    def at(self, hour: float) -> float:
        """Read the curve at an hour of the day."""
        left = self._left_of(hour)
        start, low = self._hours[left], self._values[left]
        return low + (self._values[left + 1] - low) * (hour - start) / (self._hours[left + 1] - start)

    def until(self, hour: float) -> float:
        """Give the integral from midnight to an hour of the day, in value times hours."""
        left = self._left_of(hour)
        start = self._hours[left]
        return self._sums[left] + (hour - start) * (self._values[left] + self.at(hour)) / 2

    def _left_of(self, hour: float) -> int:
        return min(bisect_right(self._hours, hour), len(self._hours) - 1) - 1
