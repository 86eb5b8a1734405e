"""Answering one quantity of one device in buckets: out of days and hours where their rollups hold, else of values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice

from smartward.adapters.influx import influxql
from smartward.adapters.influx.point import value_of
from smartward.adapters.influx.source import PAGE, Source
from smartward.adapters.influx.stretch import DAY, HOUR
from smartward.adapters.sqlite.bucket import Grid, hour_of, whole_day
from smartward.adapters.sqlite.rollup import Rollup, answer, merge
from smartward.adapters.sqlite.settle import rows_to_rollup
from smartward.adapters.telemetry_question import check_fn
from smartward.catalogue.model import ValueType
from smartward.instants import DAY_MS, HOUR_MS
from smartward.observation import Value
from smartward.ports import Point

OF_ITS_OWN_KIND = frozenset({"count", "mean", "energy_mean"})
"""Functions whose answers are integers or floats whatever the values are."""


def unbucketed(source: Source, *, from_ms: int, to_ms: int, limit: int) -> list[Point]:
    """List stored values as they are, at most `limit` of them, in order of time."""
    return [Point(*item) for item in islice(source.values(from_ms, to_ms, page=min(limit, PAGE)), limit)]


def bucketed(source: Source, grid: Grid, *, from_ms: int, to_ms: int, fn: str, limit: int) -> list[Point]:
    """Answer `fn` for each bucket that has a value, at most `limit` of them, in order of time."""
    check_fn(fn, quantity=source.quantity, kind=source.kind)
    from_ms, to_ms = max(from_ms, influxql.FIRST_MS), min(to_ms, influxql.END_MS)
    if source.homes > 1 or grid.every_ms < HOUR_MS:
        parts = _of_values(source, grid, from_ms, to_ms)
    elif grid.every_ms >= DAY_MS:
        parts = _of_days(source, grid, from_ms, to_ms)
    else:
        parts = _of_hours(source, grid, from_ms, to_ms)
    buckets = groupby(parts, key=lambda part: grid.begin(part.at))
    return [_point(begin, merge(list(found)), fn=fn, kind=source.kind) for begin, found in islice(buckets, limit)]


def _of_values(source: Source, grid: Grid, from_ms: int, to_ms: int) -> Iterator[Rollup]:
    """Roll raw values up by bucket."""
    begin = end = 0
    found: list[Value] = []
    for at_ms, value in source.values(from_ms, to_ms):
        if found and at_ms >= end:
            yield rows_to_rollup(begin, found, source.kind)
            found = []
        if not found:
            begin, end = at_ms, grid.edges(at_ms, until_ms=at_ms + 1, limit=1)[1]
        found.append(value)
    if found:
        yield rows_to_rollup(begin, found, source.kind)


def _of_hours(source: Source, grid: Grid, from_ms: int, to_ms: int) -> Iterator[Rollup]:
    """Take the hours whose rollups hold and that lie in one bucket, and values for the rest.

    An hour without a point has no values.
    """
    first, end = -(-from_ms // HOUR_MS) * HOUR_MS, hour_of(to_ms)
    if first >= end:
        yield from _of_values(source, grid, from_ms, to_ms)
        return
    gap_begin, gap_end = from_ms, first
    while first < end:
        rows = source.rollups(HOUR, first, end)
        for at_ms, is_clean, rollup in rows:
            if is_clean and grid.begin(at_ms) == grid.begin(at_ms + HOUR_MS - 1):
                yield from _of_values(source, grid, gap_begin, gap_end)
                gap_begin = gap_end = at_ms + HOUR_MS
                if rollup is not None:
                    yield rollup
            elif at_ms == gap_end:
                gap_end = at_ms + HOUR_MS
            else:
                yield from _of_values(source, grid, gap_begin, gap_end)
                gap_begin, gap_end = at_ms, at_ms + HOUR_MS
        first = rows[-1][0] + HOUR_MS if len(rows) == PAGE else end
    if gap_end != end:
        yield from _of_values(source, grid, gap_begin, gap_end)
        gap_begin = end
    yield from _of_values(source, grid, gap_begin, to_ms)


def _of_days(source: Source, grid: Grid, from_ms: int, to_ms: int) -> Iterator[Rollup]:
    """Take the days whose rollups hold and that are days of the grid's zone, and hours for the rest."""
    days = Grid(DAY_MS, grid.timezone)
    begin, end = days.edges(from_ms, until_ms=from_ms + 1, limit=1)
    first, last = from_ms if begin == from_ms else end, days.begin(to_ms)
    at_ms = from_ms
    while first < last:
        rows = source.rollups(DAY, first, last)
        for day_ms, is_clean, rollup in rows:
            whole = whole_day(hour_of(day_ms), grid.timezone)
            if not is_clean or whole is None or whole[0] != day_ms:
                continue
            if at_ms < day_ms:
                yield from _of_hours(source, grid, at_ms, day_ms)
            if rollup is not None:
                yield rollup
            at_ms = whole[1]
        first = rows[-1][0] + HOUR_MS if len(rows) == PAGE else last
    if at_ms < to_ms:
        yield from _of_hours(source, grid, at_ms, to_ms)


def _point(begin: int, rollup: Rollup, *, fn: str, kind: ValueType) -> Point:
    value = answer(rollup, fn)
    if fn not in OF_ITS_OWN_KIND:
        kept = value_of(value, kind)
        value = value if kept is None else kept
    return Point(begin, value)
