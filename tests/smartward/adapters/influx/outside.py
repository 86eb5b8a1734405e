"""An outside reader: points and rollups as InfluxQL gives them, checked by plain arithmetic without the adapter."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from smartward.instants import HOUR_MS
from tests.contracts.telemetry import HOME_ZONE, begin_of
from tests.servers.influxdb import InfluxDB

EVER = "time >= -9000000000000000000 AND time <= 9000000000000000000"
DAY_MS = 24 * HOUR_MS


def points(server: InfluxDB, database: str, measurement: str) -> list[dict[str, Any]]:
    """Read every point of a measurement."""
    return server.query(f'SELECT * FROM "{measurement}" WHERE {EVER}', database=database)


def of_raw(
    server: InfluxDB, database: str, device_type: str, quantity: str, *, every_ms: int
) -> dict[tuple[str, int], list[float]]:
    """Collect values by device and hour of UTC, or by device and day of the ward."""
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    for row in points(server, database, device_type):
        if row.get(quantity) is not None:
            at_ms = row["time"] // 1_000_000
            found[row["device"], begin_of(at_ms, every_ms, HOME_ZONE)].append(float(row[quantity]))
    return found


def check_rollups(server: InfluxDB, database: str, device_type: str, quantity: str) -> int:
    """Hold every rollup against the values; each stretch with values is there, dirty or right. Give how many hold."""
    holding = 0
    for span, every_ms in (("1h", HOUR_MS), ("1d", DAY_MS)):
        raw = of_raw(server, database, device_type, quantity, every_ms=every_ms)
        rows = points(server, f"{database}_kept", f"{device_type}_{span}")
        rolled = {(row["device"], row["time"] // 1_000_000): row for row in rows}
        assert raw.keys() <= rolled.keys()
        for key, row in rolled.items():
            if row["dirty"]:
                continue
            values = raw.get(key, [])
            assert (row.get(f"{quantity}_n") or 0) == len(values), (span, key)
            if values:
                holding += 1
                check_numbers(row, quantity, values)
    return holding


def check_numbers(row: dict[str, Any], quantity: str, values: list[float]) -> None:
    """Hold one rollup against its values, in order of time."""
    loudest = max(values)
    expected = {
        "sum": math.fsum(values),
        "min": min(values),
        "max": max(values),
        "last": values[-1],
        "energy": loudest + 10 * math.log10(math.fsum(10 ** ((value - loudest) / 10) for value in values)),
    }
    for part, value in expected.items():
        assert math.isclose(row[f"{quantity}_{part}"], value, abs_tol=1e-9), (part, row, values)
