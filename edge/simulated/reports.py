"""Reports: what citizens report, when each is due and when it is closed, over the last thirty days."""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec

from edge.simulated.chance import between, normal, stream, unit
from edge.simulated.hours import instant_ms, local_time
from smartward.instants import HOUR_MS

WINDOW_DAYS = 30
DUE_MS = 72 * HOUR_MS
_LONGEST_OPEN_H = 120.0
_SATISFIED = 0.94


class Report(msgspec.Struct, frozen=True):
    """One citizen's report, without a word of what it said."""

    made_ms: int
    closed_ms: int
    is_satisfied: bool


class ReportBooks(msgspec.Struct, frozen=True):
    """The books at an instant, over the window: counts, and the rates of those closed in it."""

    made: int
    closed: int
    overdue: int
    on_time_rate: float
    satisfied_rate: float


def report_books(seed: int, *, at_ms: int, utc_offset_ms: int) -> ReportBooks:
    """Count the reports made in the last thirty days and what became of them by an instant."""
    today = local_time(at_ms, utc_offset_ms=utc_offset_ms).day
    days = range(today - WINDOW_DAYS, today + 1)
    made = [r for day in days for r in _reports_of(seed, day, utc_offset_ms=utc_offset_ms) if r.made_ms <= at_ms]
    closed = [report for report in made if report.closed_ms <= at_ms]
    overdue = sum(report.made_ms + DUE_MS < at_ms < report.closed_ms for report in made)
    on_time = sum(report.closed_ms <= report.made_ms + DUE_MS for report in closed)
    return ReportBooks(
        made=len(made),
        closed=len(closed),
        overdue=overdue,
        on_time_rate=on_time / (len(closed) + overdue) if closed or overdue else 1.0,
        satisfied_rate=sum(report.is_satisfied for report in closed) / len(closed) if closed else 1.0,
    )


@lru_cache(maxsize=128)
def _reports_of(seed: int, day: int, *, utc_offset_ms: int) -> tuple[Report, ...]:
    """Draw one local day's reports."""
    chance = stream(seed, "reports", str(day))
    reports = []
    for number in range(2 + int(5 * unit(chance, 0))):
        made_ms = instant_ms(day, between(chance, 10 * number + 1, 6, 22), utc_offset_ms=utc_offset_ms)
        open_h = min(_LONGEST_OPEN_H, 20 * math.exp(0.6 * normal(chance, 10 * number + 2)))
        closed_ms = made_ms + round(open_h * HOUR_MS)
        reports.append(Report(made_ms, closed_ms, unit(chance, 10 * number + 3) < _SATISFIED))
    return tuple(reports)
