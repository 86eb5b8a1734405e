"""Reading one quantity of one device over time: raw values, and buckets out of rollups where those hold."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from smartward.adapters.sqlite.bucket import Grid, hour_of, whole_day
from smartward.adapters.sqlite.rollup import Rollup, answer, merge
from smartward.adapters.sqlite.schema import Home, decoded, named, quoted, table_of
from smartward.adapters.sqlite.settle import SELECT_ROLLUPS, rows_to_rollup
from smartward.adapters.telemetry_value import NUMERIC, Kinds, check_fn
from smartward.catalogue.model import ValueType
from smartward.instants import DAY_MS, HOUR_MS
from smartward.observation import Value
from smartward.ports import Point

RAW = """SELECT at, {column} FROM {table}
    WHERE series = ? AND at >= ? AND at < ? AND {column} IS NOT NULL ORDER BY at LIMIT ?"""
BOUNDS = """SELECT (SELECT min(at) FROM {table} WHERE series = ?), (SELECT max(at) FROM {table} WHERE series = ?)"""


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

    def raw(self, from_ms: int, to_ms: int, *, limit: int = -1) -> list[tuple[int, Value]]:
        """List stored values in order of time; -1 is no limit."""
        rows: list[tuple[int, Value]] = []
        for home in self.homes:
            found: Iterable[Any] = self.connection.execute(
                named(RAW, column=quoted(self.quantity), table=table_of(home.type)),
                (home.series, from_ms, to_ms, limit),
            )
            rows += [(at, decoded(value, home.kind)) for at, value in found]
        if len(self.homes) > 1:
            rows.sort(key=lambda row: row[0])
        return rows if limit < 0 else rows[:limit]

    def bounds(self) -> tuple[int, int]:
        """Give the first instant stored and the one after the last; (0, 0) when there is nothing."""
        firsts, ends = [], []
        for home in self.homes:
            first, newest = self.connection.execute(
                named(BOUNDS, table=table_of(home.type)), (home.series, home.series)
            ).fetchone()
            if first is not None:
                firsts.append(first)
                ends.append(newest + 1)
        return (min(firsts), max(ends)) if firsts else (0, 0)


def source(connection: sqlite3.Connection, kinds: Kinds, *, device: str, quantity: str) -> Source | None:
    """Find where a quantity of a device is stored; None when it is nowhere."""
    rows = connection.execute("SELECT id, type FROM series WHERE device = ? ORDER BY id", (device,)).fetchall()
    homes = tuple(
        Home(series, device_type, kinds[device_type][quantity])
        for series, device_type in rows
        if quantity in kinds.get(device_type, {})
    )
    return Source(connection, quantity, homes) if homes else None


def bucketed(source: Source, grid: Grid, *, from_ms: int, to_ms: int, fn: str, limit: int) -> list[Point]:
    """Answer `fn` for each bucket that has a value, at most `limit` of them, in order of time."""
    check_fn(fn, quantity=source.quantity, kind=source.kind)
    first_ms, end_ms = source.bounds()
    from_ms, to_ms = max(from_ms, first_ms), min(to_ms, end_ms)
    points: list[Point] = []
    while from_ms < to_ms and len(points) < limit:
        edges = grid.edges(from_ms, until_ms=to_ms, limit=max(limit, 1_000))
        until_ms = min(to_ms, edges[-1])
        parts = _parts(source, grid, edges, from_ms=from_ms, to_ms=until_ms)
        points += _points(parts, edges, fn=fn, kind=source.kind)
        from_ms = until_ms
    return points[:limit]


def _points(parts: Sequence[Rollup], edges: list[int], *, fn: str, kind: ValueType) -> list[Point]:
    points: list[Point] = []
    place = 0
    while place < len(parts):
        index = bisect_right(edges, parts[place].at) - 1
        begin, end, first = edges[index], edges[index + 1], place
        while place < len(parts) and parts[place].at < end:
            place += 1
        value = answer(merge(parts[first:place]), fn)
        points.append(Point(begin, value if fn in ("count", "mean", "energy_mean") else decoded(value, kind)))
    return points


def _parts(source: Source, grid: Grid, edges: list[int], *, from_ms: int, to_ms: int) -> list[Rollup]:
    """Roll up everything in a stretch, in order of time, with no part across an edge."""
    if len(source.homes) > 1 or grid.every_ms < HOUR_MS:
        return _from_raw(source, edges, from_ms, to_ms)
    if grid.every_ms >= DAY_MS and grid.timezone == stored_timezone(source.connection):
        return _from_days(source, grid, edges, from_ms, to_ms)
    return _from_hours(source, edges, from_ms, to_ms)


def _from_days(source: Source, grid: Grid, edges: list[int], from_ms: int, to_ms: int) -> list[Rollup]:
    days = Grid(DAY_MS, grid.timezone).edges(from_ms, until_ms=to_ms, limit=(to_ms - from_ms) // HOUR_MS + 2)
    days = [day for day in days if from_ms <= day <= to_ms]
    if not days[1:]:
        return _from_hours(source, edges, from_ms, to_ms)
    excluded = _dirty(source, "day", days[0], days[-1])
    gaps = [(from_ms, days[0])]
    for begin, end in pairwise(days):
        if begin in excluded or whole_day(hour_of(begin), grid.timezone) != (begin, end):
            excluded.add(begin)
            gaps.append((begin, end))
    gaps.append((days[-1], to_ms))
    parts = _rollups(source, "daily", days[0], days[-1], excluded)
    for begin, end in _joined(gaps):
        parts += _from_hours(source, edges, begin, end)
    return sorted(parts, key=lambda part: part.at)


def _from_hours(source: Source, edges: list[int], from_ms: int, to_ms: int) -> list[Rollup]:
    first, end = hour_of(from_ms + HOUR_MS - 1), hour_of(to_ms)
    if first >= end:
        return _from_raw(source, edges, from_ms, to_ms)
    excluded = _dirty(source, "hour", first, end)
    excluded |= {hour_of(edge) for edge in edges if edge % HOUR_MS and first <= edge < end}
    gaps = [(from_ms, first), *((hour, hour + HOUR_MS) for hour in sorted(excluded)), (end, to_ms)]
    parts = _rollups(source, "hourly", first, end, excluded)
    for begin, until in _joined(gaps):
        parts += _from_raw(source, edges, begin, until)
    return sorted(parts, key=lambda part: part.at)


def _from_raw(source: Source, edges: list[int], from_ms: int, to_ms: int) -> list[Rollup]:
    rows = source.raw(from_ms, to_ms)
    kind, parts, place = source.kind, list[Rollup](), 0
    while place < len(rows):
        first = place
        end = edges[bisect_right(edges, rows[place][0])]
        while place < len(rows) and rows[place][0] < end:
            place += 1
        parts.append(rows_to_rollup(rows[first][0], [value for _, value in rows[first:place]], kind))
    return parts


def _rollups(source: Source, table: str, first: int, end: int, excluded: set[int]) -> list[Rollup]:
    """List the rollups that hold; there is one home."""
    rows: Iterable[Any] = source.connection.execute(
        named(SELECT_ROLLUPS, table=table),
        (source.homes[0].series, source.quantity, first, end),
    )
    return [Rollup._make(row) for row in rows if row[0] not in excluded]


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
