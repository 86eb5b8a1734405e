"""Tallies: whole numbers of things counted, the same however the time is cut into periods."""

from __future__ import annotations

import math
from collections.abc import Callable

from edge.simulated.chance import normal, unit
from smartward.instants import MINUTE_MS

LONGEST_PERIOD_MS = 60 * MINUTE_MS
"""A device silent for longer counts only what came in the last hour."""


def tally(of: int, *, mean_per_min: Callable[[int], float], since_ms: int, now_ms: int) -> int:
    """Count what came after `since_ms` and not after `now_ms`; counts of adjoining periods add up exactly.

    `mean_per_min` gives the mean rate in the minute that begins at an instant; each minute's true number is spread
    about it as chance arrivals are.
    """
    since_ms = max(since_ms, now_ms - LONGEST_PERIOD_MS)
    first, last = since_ms // MINUTE_MS, now_ms // MINUTE_MS
    counted = 0
    for minute in range(first, last + 1):
        came = _came_in(of, minute, mean_per_min(minute * MINUTE_MS))
        counted += _by(of, minute, came, min(now_ms - minute * MINUTE_MS, MINUTE_MS))
        counted -= _by(of, minute, came, max(since_ms - minute * MINUTE_MS, 0))
    return counted


def _came_in(of: int, minute: int, mean: float) -> int:
    """Give a minute's whole number: the mean, off by its square root as arrivals by chance are."""
    if mean <= 0:
        return 0
    return max(0, math.floor(mean + math.sqrt(mean) * normal(of, minute) * 0.7 + unit(of ^ 1, minute)))


def _by(of: int, minute: int, came: int, within_ms: int) -> int:
    """Give how many of a minute's came within its first milliseconds, evenly from a phase of the minute's own."""
    return math.floor(came * within_ms / MINUTE_MS + unit(of ^ 2, minute))
