"""What the one writer knows of its file without asking: who speaks, how far each has come, and what is dirty."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict, defaultdict
from typing import NamedTuple

from smartward.adapters.sqlite.bucket import hour_of, whole_day
from smartward.adapters.sqlite.schema import named, table_of

NEVER_MS = -(2**63)


class Stretch(NamedTuple):
    """An hour or a local day of one series, by where it begins."""

    series: int
    at: int


class Known:
    """The writer's memory. It is thrown away after a failed write and read again from the file.

    `ready_hours` and `ready_days` are the dirty stretches that their series has left behind.
    """

    def __init__(self, timezone: str) -> None:
        self.timezone = timezone
        self.ids: dict[tuple[str, str, str], int] = {}
        self.types: dict[int, str] = {}
        self.of_device: dict[str, list[int]] = defaultdict(list)
        self.newest_ms: dict[int, int] = {}
        self.dirty_hours: set[Stretch] = set()
        self.dirty_days: set[Stretch] = set()
        self.ready_hours: OrderedDict[Stretch, None] = OrderedDict()
        self.ready_days: OrderedDict[Stretch, None] = OrderedDict()

    def add_series(self, series: int, *, ward: str, device: str, device_type: str, newest_ms: int = NEVER_MS) -> None:
        """Learn of a series."""
        self.ids[ward, device, device_type] = series
        self.types[series] = device_type
        self.of_device[device].append(series)
        self.newest_ms[series] = newest_ms

    def touch(self, series: int, at_ms: int) -> list[tuple[int, str, int]]:
        """Take note of a changed value, and give the rows that `dirty` lacks.

        Call it before `newest_ms` moves: what the series leaves behind becomes ready then.
        """
        rows: list[tuple[int, str, int]] = []
        hour = Stretch(series, hour_of(at_ms))
        before_ms = self.newest_ms[series]
        if hour not in self.dirty_hours:
            self.dirty_hours.add(hour)
            rows.append((series, "hour", hour.at))
            day = whole_day(hour.at, self.timezone)
            if day and Stretch(series, day[0]) not in self.dirty_days:
                self.dirty_days.add(Stretch(series, day[0]))
                rows.append((series, "day", day[0]))
        if at_ms > before_ms:
            self.newest_ms[series] = at_ms
            if before_ms != NEVER_MS and hour_of(before_ms) != hour.at:
                self.offer(series, before_ms)
        elif rows:
            self.offer(series, at_ms)
        return rows

    def offer(self, series: int, at_ms: int) -> None:
        """Queue the hour and the day around an instant, if they are dirty and the series has left them."""
        open_hour = hour_of(self.newest_ms[series])
        hour = Stretch(series, hour_of(at_ms))
        if hour.at < open_hour and hour in self.dirty_hours:
            self.ready_hours[hour] = None
        day = whole_day(hour.at, self.timezone)
        if day and day[1] <= open_hour and Stretch(series, day[0]) in self.dirty_days:
            self.ready_days[Stretch(series, day[0])] = None


def read_known(connection: sqlite3.Connection, *, timezone: str) -> Known:
    """Read from the file what its writer must know."""
    known = Known(timezone)
    for series, ward, device, device_type in connection.execute(
        "SELECT id, ward, device, type FROM series ORDER BY id"
    ):
        newest = connection.execute(
            named("SELECT max(at) FROM {table} WHERE series = ?", table=table_of(device_type)), (series,)
        ).fetchone()[0]
        known.add_series(
            series, ward=ward, device=device, device_type=device_type, newest_ms=NEVER_MS if newest is None else newest
        )
    for series, span, at in connection.execute("SELECT series, span, at FROM dirty ORDER BY at"):
        (known.dirty_hours if span == "hour" else known.dirty_days).add(Stretch(series, at))
    for stretch in sorted(known.dirty_hours | known.dirty_days, key=lambda stretch: stretch.at):
        known.offer(stretch.series, stretch.at)
    return known
