"""Reading one quantity of one device over time: raw values, and buckets out of rollups where those hold."""

from __future__ import annotations

import heapq
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice, pairwise
from typing import Any, NamedTuple

import msgspec

from smartward.adapters.sqlite.bucket import Grid, hour_of, whole_day
from smartward.adapters.sqlite.rollup import Rollup, answer, merge
from smartward.adapters.sqlite.schema import Home, decoded, named, quoted, table_of
from smartward.adapters.sqlite.settle import SELECT_ROLLUPS, rows_to_rollup
from smartward.adapters.telemetry_question import NUMERIC, check_fn
from smartward.adapters.telemetry_value import Kinds
from smartward.catalogue.model import ValueType
from smartward.instants import DAY_MS, HOUR_MS
from smartward.observation import Value
from smartward.ports import Point

RAW = """SELECT at, {column} FROM {table}
    WHERE series = ? AND at >= ? AND at < ? AND {column} IS NOT NULL ORDER BY at"""
BOUNDS = """SELECT (SELECT min(at) FROM {table} WHERE series = ?), (SELECT max(at) FROM {table} WHERE series = ?)"""

SELECT_ANSWERS = """SELECT at, {answer} FROM {table}
    WHERE series = ? AND quantity = ? AND at >= ? AND at < ? ORDER BY at"""
ANSWERS = {"mean": "total * 1.0 / n", "min": "low", "max": "high", "sum": "total", "count": "n", "last": "last"}
"""How the tables of rollups answer for one of their own hours or days."""

BUCKETS_AT_ONCE = 10_000
OF_ITS_OWN_KIND = frozenset({"count", "mean", "energy_mean"})
"""Functions whose answers are integers or floats whatever the values are."""


class Cover(NamedTuple):
    """The rollups that hold for a stretch: those of `table` from `first` to `end` but the `excluded`, and the gaps."""

    table: str
    first: int
    end: int
    excluded: frozenset[int]
    gaps: list[tuple[int, int]]


class Source(msgspec.Struct, frozen=True):
    """Where one quantity of one device is stored; more than one home when the device has changed type or ward."""

    connection: sqlite3.Connection
    quantity: str
    homes: tuple[Home, ...]

    @property
    def kind(self) -> ValueType:
        """The kind of the values: of the newest home, or words where homes disagree."""
        kinds = {home.kind for home in self.homes}
        return self.homes[-1].kind if len(kinds) == 1 else "number" if kinds <= NUMERIC else "string"

    def raw(self, from_ms: int, to_ms: int) -> Iterator[tuple[int, Value]]:
        """Give stored values one by one in order of time."""
        if len(self.homes) == 1:
            return self._raw_of(self.homes[0], from_ms, to_ms)
        return heapq.merge(*(self._raw_of(home, from_ms, to_ms) for home in self.homes), key=lambda row: row[0])

    def _raw_of(self, home: Home, from_ms: int, to_ms: int) -> Iterator[tuple[int, Value]]:
        rows: Iterable[Any] = self.connection.execute(
            named(RAW, column=quoted(self.quantity), table=table_of(home.type)), (home.series, from_ms, to_ms)
        )
        return ((at, decoded(value, home.kind)) for at, value in rows)

    def clipped(self, from_ms: int, to_ms: int) -> tuple[int, int]:
        """Give the part of a stretch in which anything is stored; (0, 0) when there is none."""
        firsts, ends = [], []
        for home in self.homes:
            first, newest = self.connection.execute(
                named(BOUNDS, table=table_of(home.type)), (home.series, home.series)
            ).fetchone()
            if first is not None:
                firsts.append(first)
                ends.append(newest + 1)
        begin, end = max(from_ms, min(firsts, default=from_ms)), min(to_ms, max(ends, default=from_ms))
        return (begin, end) if begin < end else (0, 0)


def source(connection: sqlite3.Connection, kinds: Kinds, *, device: str, quantity: str) -> Source | None:
    """Find where a quantity of a device is stored; None when it is nowhere."""
    rows = connection.execute("SELECT id, type FROM series WHERE device = ? ORDER BY id", (device,)).fetchall()
    homes = tuple(
        Home(series, device_type, kinds[device_type][quantity])
        for series, device_type in rows
        if quantity in kinds.get(device_type, {})
    )
    return Source(connection, quantity, homes) if homes else None


def unbucketed(source: Source, *, from_ms: int, to_ms: int, limit: int) -> list[Point]:
    """List stored values as they are, at most `limit` of them, in order of time."""
    from_ms, to_ms = source.clipped(from_ms, to_ms)
    return [Point(*row) for row in islice(source.raw(from_ms, to_ms), limit)]


def bucketed(source: Source, grid: Grid, *, from_ms: int, to_ms: int, fn: str, limit: int) -> list[Point]:
    """Answer `fn` for each bucket that has a value, at most `limit` of them, in order of time."""
    check_fn(fn, quantity=source.quantity, kind=source.kind)
    from_ms, to_ms = source.clipped(from_ms, to_ms)
    if len(source.homes) > 1 or grid.every_ms < HOUR_MS:
        return list(islice(_one_by_one(source, grid, from_ms, to_ms, fn=fn), limit))
    points: list[Point] = []
    while from_ms < to_ms and len(points) < limit:
        edges = grid.edges(from_ms, until_ms=to_ms, limit=max(limit, BUCKETS_AT_ONCE))
        until_ms = min(to_ms, edges[-1])
        points += _from_rollups(source, grid, edges, from_ms=from_ms, to_ms=until_ms, fn=fn)
        from_ms = until_ms
    return points[:limit]


def _one_by_one(source: Source, grid: Grid, from_ms: int, to_ms: int, *, fn: str) -> Iterator[Point]:
    """Answer out of raw values only."""
    for begin, rows in groupby(source.raw(from_ms, to_ms), key=lambda row: grid.begin(row[0])):
        rollup = rows_to_rollup(begin, [value for _, value in rows], source.kind)
        yield _point(begin, rollup, fn=fn, kind=source.kind)


def _from_rollups(source: Source, grid: Grid, edges: list[int], *, from_ms: int, to_ms: int, fn: str) -> list[Point]:
    """Answer the buckets between two instants out of days or hours, and out of less where those do not hold."""
    is_daily = grid.every_ms >= DAY_MS and grid.timezone == stored_timezone(source.connection)
    cover = _days(source, grid.timezone, from_ms, to_ms) if is_daily else _hours(source, edges, from_ms, to_ms)
    beneath = _from_hours if is_daily else _from_raw
    parts = [part for gap in cover.gaps for part in beneath(source, edges, *gap)]
    if fn in ANSWERS and grid.every_ms == (DAY_MS if is_daily else HOUR_MS):
        points = _answered(source, cover, fn=fn) + _points(source, parts, edges, fn=fn)
        return sorted(points, key=lambda point: point.at_ms)
    return _points(source, _in_order(_rollups(source, cover) + parts), edges, fn=fn)


def _points(source: Source, parts: Sequence[Rollup], edges: list[int], *, fn: str) -> list[Point]:
    """Put the parts of each bucket together and answer; parts are in order of time."""
    points: list[Point] = []
    place = 0
    while place < len(parts):
        index = bisect_right(edges, parts[place].at) - 1
        begin, end, first = edges[index], edges[index + 1], place
        while place < len(parts) and parts[place].at < end:
            place += 1
        points.append(_point(begin, merge(parts[first:place]), fn=fn, kind=source.kind))
    return points


def _point(begin: int, rollup: Rollup, *, fn: str, kind: ValueType) -> Point:
    value = answer(rollup, fn)
    return Point(begin, value if fn in OF_ITS_OWN_KIND else decoded(value, kind))


def _answered(source: Source, cover: Cover, *, fn: str) -> list[Point]:
    """Answer buckets that are the very hours or days of a table."""
    rows: Iterable[Any] = source.connection.execute(
        named(SELECT_ANSWERS, answer=ANSWERS[fn], table=cover.table),
        (source.homes[0].series, source.quantity, cover.first, cover.end),
    )
    if fn in OF_ITS_OWN_KIND:
        return [Point(at, value) for at, value in rows if at not in cover.excluded]
    return [Point(at, decoded(value, source.kind)) for at, value in rows if at not in cover.excluded]


def _days(source: Source, timezone: str, from_ms: int, to_ms: int) -> Cover:
    """Find the local days whose rollups hold; there is one home."""
    days = Grid(DAY_MS, timezone).edges(from_ms, until_ms=to_ms, limit=(to_ms - from_ms) // HOUR_MS + 2)
    days = [day for day in days if from_ms <= day <= to_ms]
    if not days:
        return Cover("daily", from_ms, from_ms, frozenset(), [(from_ms, to_ms)])
    excluded = _dirty(source, "day", days[0], days[-1])
    gaps = [(from_ms, days[0])]
    for begin, end in pairwise(days):
        if begin in excluded or whole_day(hour_of(begin), timezone) != (begin, end):
            excluded.add(begin)
            gaps.append((begin, end))
    return Cover("daily", days[0], days[-1], frozenset(excluded), _joined([*gaps, (days[-1], to_ms)]))


def _hours(source: Source, edges: list[int], from_ms: int, to_ms: int) -> Cover:
    """Find the hours whose rollups hold and that lie in one bucket; there is one home."""
    first, end = hour_of(from_ms + HOUR_MS - 1), hour_of(to_ms)
    if first >= end:
        return Cover("hourly", from_ms, from_ms, frozenset(), [(from_ms, to_ms)])
    excluded = _dirty(source, "hour", first, end)
    excluded |= {hour_of(edge) for edge in edges if edge % HOUR_MS and first <= edge < end}
    gaps = [(from_ms, first), *((hour, hour + HOUR_MS) for hour in sorted(excluded)), (end, to_ms)]
    return Cover("hourly", first, end, frozenset(excluded), _joined(gaps))


def _from_hours(source: Source, edges: list[int], from_ms: int, to_ms: int) -> list[Rollup]:
    hours = _hours(source, edges, from_ms, to_ms)
    parts = [part for gap in hours.gaps for part in _from_raw(source, edges, *gap)]
    return _in_order(_rollups(source, hours) + parts)


def _from_raw(source: Source, edges: list[int], from_ms: int, to_ms: int) -> list[Rollup]:
    """Roll raw values up by bucket."""
    rows = groupby(source.raw(from_ms, to_ms), key=lambda row: bisect_right(edges, row[0]))
    return [_of_rows(list(bucket), source.kind) for _, bucket in rows]


def _of_rows(rows: list[tuple[int, Value]], kind: ValueType) -> Rollup:
    return rows_to_rollup(rows[0][0], [value for _, value in rows], kind)


def _in_order(parts: list[Rollup]) -> list[Rollup]:
    return sorted(parts, key=lambda part: part.at)


def _rollups(source: Source, cover: Cover) -> list[Rollup]:
    rows: Iterable[Any] = source.connection.execute(
        named(SELECT_ROLLUPS, table=cover.table), (source.homes[0].series, source.quantity, cover.first, cover.end)
    )
    return [Rollup._make(row) for row in rows if row[0] not in cover.excluded]


def _dirty(source: Source, span: str, first: int, end: int) -> set[int]:
    rows = source.connection.execute(
        "SELECT at FROM dirty WHERE series = ? AND span = ? AND at >= ? AND at < ?",
        (source.homes[0].series, span, first, end),
    )
    return {row[0] for row in rows}


def _joined(gaps: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Put neighbouring stretches together and leave out the empty ones; they come in order of time."""
    joined: list[tuple[int, int]] = []
    for begin, end in gaps:
        if joined and joined[-1][1] == begin:
            joined[-1] = (joined[-1][0], end)
        elif begin < end:
            joined.append((begin, end))
    return joined


def stored_timezone(connection: sqlite3.Connection) -> str:
    """Say whose days `daily` holds."""
    row = connection.execute("SELECT value FROM fact WHERE name = 'timezone'").fetchone()
    return str(row[0]) if row else ""
