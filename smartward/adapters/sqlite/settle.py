"""Settling: rolling up the dirty hours and days that their series has left behind, from what is stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from smartward.adapters.sqlite.bucket import whole_day
from smartward.adapters.sqlite.known import Known, Stretch
from smartward.adapters.sqlite.rollup import Rollup, merge, of_numbers, of_words
from smartward.adapters.sqlite.schema import named, quoted, table_of
from smartward.adapters.telemetry_question import NUMERIC
from smartward.adapters.telemetry_value import Kinds
from smartward.catalogue.model import ValueType
from smartward.instants import HOUR_MS
from smartward.observation import Value

SELECT_ROLLUPS = """SELECT at, n, total, low, high, last, energy FROM {table}
    WHERE series = ? AND quantity = ? AND at >= ? AND at < ? ORDER BY at"""
REPLACE_ROLLUP = """INSERT OR REPLACE INTO {table} (series, quantity, at, n, total, low, high, last, energy)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def settle(connection: sqlite3.Connection, known: Known, kinds: Kinds, *, limit: int) -> int:
    """Roll up at most `limit` hours and days inside the caller's transaction, and say how many.

    A day is made of its hours, so days wait until no hour is ready.
    """
    done = 0
    while done < limit and known.ready_hours:
        hour, _ = known.ready_hours.popitem(last=False)
        device_type = known.types[hour.series]
        _replace(connection, "hourly", hour, _of_hour(connection, hour, device_type, kinds[device_type]))
        known.dirty_hours.discard(hour)
        _clean(connection, hour, span="hour")
        done += 1
    while done < limit and known.ready_days:
        day, _ = known.ready_days.popitem(last=False)
        _replace(connection, "daily", day, _of_day(connection, day, known))
        known.dirty_days.discard(day)
        _clean(connection, day, span="day")
        done += 1
    return done


def rows_to_rollup(at: int, values: Sequence[Value], kind: ValueType) -> Rollup:
    """Roll up stored values of one kind, in order of time; there is at least one."""
    if kind in NUMERIC:
        return of_numbers(at, [value for value in values if isinstance(value, int | float)])
    return of_words(at, values)


def _of_hour(
    connection: sqlite3.Connection, hour: Stretch, device_type: str, kinds: dict[str, ValueType]
) -> Iterator[tuple[str, Rollup]]:
    columns = ", ".join(quoted(quantity) for quantity in kinds)
    rows = connection.execute(
        named(
            "SELECT {columns} FROM {table} WHERE series = ? AND at >= ? AND at < ? ORDER BY at",
            columns=columns,
            table=table_of(device_type),
        ),
        (hour.series, hour.at, hour.at + HOUR_MS),
    ).fetchall()
    for (quantity, kind), column in zip(kinds.items(), zip(*rows, strict=True), strict=False):
        values = [value for value in column if value is not None]
        if values:
            yield quantity, rows_to_rollup(hour.at, values, kind)


def _of_day(connection: sqlite3.Connection, day: Stretch, known: Known) -> Iterator[tuple[str, Rollup]]:
    span = whole_day(day.at, known.timezone)
    if span is None:  # never marked dirty then
        return
    quantities = connection.execute(
        "SELECT quantity FROM last WHERE series = ? ORDER BY quantity", (day.series,)
    ).fetchall()
    for (quantity,) in quantities:
        hours: list[Any] = connection.execute(
            named(SELECT_ROLLUPS, table="hourly"),
            (day.series, quantity, *span),
        ).fetchall()
        if hours:
            yield quantity, merge([Rollup._make(row) for row in hours])


def _replace(
    connection: sqlite3.Connection, table: str, stretch: Stretch, rollups: Iterator[tuple[str, Rollup]]
) -> None:
    connection.executemany(
        named(REPLACE_ROLLUP, table=table),
        [(stretch.series, quantity, stretch.at, *rollup[1:]) for quantity, rollup in rollups],
    )


def _clean(connection: sqlite3.Connection, stretch: Stretch, *, span: str) -> None:
    connection.execute("DELETE FROM dirty WHERE series = ? AND span = ? AND at = ?", (stretch.series, span, stretch.at))
