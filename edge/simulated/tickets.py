"""Tickets: one day of a one-stop counter, ticket by ticket, from the kiosk to the vote."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from functools import lru_cache

import msgspec

from edge.simulated.chance import normal, stream, unit
from edge.simulated.hours import SATURDAY, SUNDAY, DayCurve, instant_ms
from smartward.instants import HOUR_MS, MINUTE_MS

MORNING, AFTERNOON = (7.5, 11.5), (13.5, 17.0)
_LAST_TICKETS_H = 0.5
_SERVICE_MIN = 6.5
_VOTES, _HAPPY = 0.62, 0.958
_ARRIVALS = DayCurve((0, 0), (7.4, 0), (7.5, 1.0), (8.0, 0.85), (9.5, 0.8), (11, 0.45), (13.4, 0.4),
                     (13.5, 0.75), (14.5, 0.7), (16.5, 0.3), (24, 0))  # fmt: skip


class Board(msgspec.Struct, frozen=True):
    """What the number board shows at an instant; `wait_p90_min` is 0 where nobody waited in the last hour."""

    issued: int
    called: int
    counters_open: int
    wait_p90_min: float
    votes_happy: int
    votes_total: int

    @property
    def waiting(self) -> int:
        """The tickets issued and not yet called."""
        return self.issued - self.called


class DayBook(msgspec.Struct, frozen=True):
    """All tickets of one day at one queue: instants in order, in ms; the n-th called is the n-th issued."""

    issued_ms: tuple[int, ...]
    called_ms: tuple[int, ...]
    voted_ms: tuple[int, ...]
    happy_ms: tuple[int, ...]
    counters: tuple[tuple[int, int, int], ...]
    """When counters are open: from, to, how many."""

    def board(self, at_ms: int) -> Board:
        """Read the board."""
        issued, called = bisect_right(self.issued_ms, at_ms), bisect_right(self.called_ms, at_ms)
        return Board(
            issued=issued,
            called=called,
            counters_open=next((number for start, end, number in self.counters if start <= at_ms < end), 0),
            wait_p90_min=self._wait_p90_min(at_ms, issued=issued, called=called),
            votes_happy=bisect_right(self.happy_ms, at_ms),
            votes_total=bisect_right(self.voted_ms, at_ms),
        )

    def _wait_p90_min(self, at_ms: int, *, issued: int, called: int) -> float:
        """Give the 90th percentile (nearest rank) of the waits of tickets called in the last hour or still waiting."""
        first = bisect_right(self.called_ms, at_ms - HOUR_MS)
        waits = [self.called_ms[ticket] - self.issued_ms[ticket] for ticket in range(first, called)]
        waits += [at_ms - self.issued_ms[ticket] for ticket in range(called, issued)]
        if not waits:
            return 0.0
        return sorted(waits)[math.ceil(0.9 * len(waits)) - 1] / MINUTE_MS


@lru_cache(maxsize=64)
def day_book(seed: int, queue: str, *, day: int, weekday: int, counters: int, utc_offset_ms: int) -> DayBook:
    """Write one local day's book: closed on Sunday, mornings only on Saturday."""
    blocks = {SUNDAY: (), SATURDAY: (MORNING,)}.get(weekday, (MORNING, AFTERNOON))
    issued: list[int] = []
    called: list[int] = []
    votes: list[tuple[int, bool]] = []
    opened = []
    chance = stream(seed, "tickets", queue, str(day))
    for start, end in blocks:
        from_ms, to_ms = (instant_ms(day, hour, utc_offset_ms=utc_offset_ms) for hour in (start, end))
        staffed = counters if start == MORNING[0] else max(1, counters - 1)
        came = _arrivals(chance, day, start=start, end=end - _LAST_TICKETS_H, counters=staffed, offset_ms=utc_offset_ms)
        free = [from_ms] * staffed
        for arrival_ms in came:
            call_ms = max(arrival_ms, heapq.heappop(free))
            done_ms = call_ms + _service_ms(chance, len(issued))
            heapq.heappush(free, done_ms)
            if unit(chance ^ 1, len(issued)) < _VOTES:
                votes.append((done_ms, unit(chance ^ 2, len(issued)) < _HAPPY))
            issued.append(arrival_ms)
            called.append(call_ms)
        opened.append((from_ms, max([to_ms, *free]) + 1, staffed))
    return DayBook(
        issued_ms=tuple(issued),
        called_ms=tuple(called),
        voted_ms=tuple(sorted(at for at, _ in votes)),
        happy_ms=tuple(sorted(at for at, happy in votes if happy)),
        counters=tuple(opened),
    )


def _arrivals(chance: int, day: int, *, start: float, end: float, counters: int, offset_ms: int) -> list[int]:
    """Draw a block's arrivals: as many an hour as keep the counters busy and now and then more, by chance."""
    busy_a_minute = 0.95 * counters / _SERVICE_MIN * (0.9 + 0.2 * unit(chance, -1))
    came: list[int] = []
    hour, draw = start, round(start * 10_000)
    while True:
        draw += 1
        gap_min = -math.log(1 - unit(chance ^ 3, draw)) / busy_a_minute
        hour += gap_min / 60
        if hour >= end:
            return came
        if unit(chance ^ 4, draw) < _ARRIVALS.at(hour):
            came.append(instant_ms(day, hour, utc_offset_ms=offset_ms))


def _service_ms(chance: int, ticket: int) -> int:
    """Draw how long one ticket is served: most some minutes, a few long (log-normal, mean 6.5 min)."""
    spread = 0.55
    minutes = _SERVICE_MIN * math.exp(spread * normal(chance ^ 5, ticket) - spread * spread / 2)
    return round(min(minutes, 40.0) * MINUTE_MS)
