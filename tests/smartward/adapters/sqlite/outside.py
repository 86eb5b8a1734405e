"""An outside reader of a telemetry file: plain sqlite3, the layout as documented, arithmetic of its own."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from smartward.instants import HOUR_MS, to_datetime
from tests.contracts.telemetry import HOME_ZONE

Rows = list[tuple[Any, ...]]


class Checked(NamedTuple):
    """How many rollups were compared with the raw values, and how many hours and days are dirty."""

    hours: int
    days: int
    dirty_hours: int
    dirty_days: int


def query(path: Path, statement: str, *values: object) -> Rows:
    """Ask a telemetry file, as anybody may."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(statement, values).fetchall()


def change(path: Path, statement: str, *values: object) -> None:
    """Change a telemetry file behind the store's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def check_rollups(path: Path, *, timezone: str = HOME_ZONE) -> Checked:
    """Compare every rollup that claims to hold with the raw values, both ways; gives how many there were."""
    raw = _raw(path)
    hours: dict[tuple[int, str, int], list[Any]] = defaultdict(list)
    days: dict[tuple[int, str, int], list[Any]] = defaultdict(list)
    for series, quantity, at, value in raw:
        hours[series, quantity, at // HOUR_MS * HOUR_MS].append(value)
        days[series, quantity, _midnight(at, timezone)].append(value)
    dirty = set(query(path, "SELECT series, span, at FROM dirty"))
    checked = [_compare(path, "hourly", "hour", hours, dirty), _compare(path, "daily", "day", days, dirty)]
    return Checked(*checked, *(sum(row[1] == span for row in dirty) for span in ("hour", "day")))


def _raw(path: Path) -> Rows:
    rows: Rows = []
    for (table,) in query(
        path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'obs\\_%' ESCAPE '\\'"
    ):
        columns = [row[1] for row in query(path, f"PRAGMA table_info('{table}')")][3:]
        for column in columns:
            name = '"' + column.replace('"', '""') + '"'
            found = query(path, f'SELECT series, at, {name} FROM "{table}" WHERE {name} IS NOT NULL ORDER BY at')
            rows += [(series, column, at, value) for series, at, value in found]
    return rows


def _midnight(at_ms: int, timezone: str) -> int:
    local = to_datetime(at_ms).astimezone(ZoneInfo(timezone))
    begin = datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(timezone))
    return (begin - datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))) // timedelta(milliseconds=1)


def _compare(
    path: Path, table: str, span: str, expected: dict[tuple[int, str, int], list[Any]], dirty: set[Any]
) -> int:
    rows = {row[:3]: row[3:] for row in query(path, f"SELECT * FROM {table}")}
    clean = {key: values for key, values in expected.items() if (key[0], span, key[2]) not in dirty}
    for key in rows.keys() | clean.keys():
        if (key[0], span, key[2]) not in dirty:
            _compare_row(key, rows[key], clean[key])
    return len(clean)


def _compare_row(key: object, row: tuple[Any, ...], values: list[Any]) -> None:
    count, total, low, high, last, energy = row
    assert (count, last) == (len(values), values[-1]), key
    if total is None:
        assert (low, high, energy) == (None, None, None), key
        return
    loudest = max(values)
    level = loudest + 10 * math.log10(sum(10 ** ((value - loudest) / 10) for value in values))
    assert (low, high) == (min(values), max(values)), key
    assert math.isclose(total, math.fsum(values), abs_tol=1e-9), key
    assert math.isclose(energy, level, abs_tol=1e-9), key
