"""The embedded telemetry store beside bare sqlite3, which does the least that could keep the same values.

Run `python -m tests.bench.bench_store`; `--full` writes five million points. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import math
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from smartward.adapters.sqlite import SqliteTelemetry, TelemetryReader
from smartward.catalogue import Catalogue, load
from smartward.instants import DAY_MS, HOUR_MS, MINUTE_MS
from smartward.ports import Batch, StoredObservation

TYPE, QUANTITIES = "weather", ("temperature", "relative_humidity", "pressure", "rain", "wind_speed")
BEGIN_MS = 1_763_312_400_000
"""A midnight in Phúc Yên."""
BATCH = 500


class Load:
    """What is written: many devices, each at its interval, in order of time as a living ward sends."""

    def __init__(self, *, devices: int, every_ms: int, days: int) -> None:
        self.devices, self.every_ms, self.days = devices, every_ms, days

    def observations(self) -> Iterator[StoredObservation]:
        """Make the observations one by one."""
        for at_ms in range(BEGIN_MS, BEGIN_MS + self.days * DAY_MS, self.every_ms):
            for device in range(self.devices):
                sent_ms = at_ms + device
                values: dict[str, bool | int | float | str] = {
                    quantity: 20 + place + math.sin(sent_ms / HOUR_MS + device)
                    for place, quantity in enumerate(QUANTITIES)
                }
                yield StoredObservation("w", f"d{device:04}", TYPE, sent_ms, sent_ms + 900, values)

    def batches(self) -> list[Batch]:
        """Cut them into batches as ingest does."""
        batches, waiting = list[Batch](), list[StoredObservation]()
        for observation in self.observations():
            waiting.append(observation)
            if len(waiting) == BATCH:
                batches.append(Batch(len(batches) + 1, tuple(waiting), journal="bench"))
                waiting = []
        return [*batches, Batch(len(batches) + 1, tuple(waiting), journal="bench")]


class Bare:
    """One narrow table, no newest values, no rollups, no counting: a number to compare with."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")
        columns = ", ".join(f"{quantity} REAL" for quantity in QUANTITIES)
        self.connection.execute(
            f"CREATE TABLE obs (device TEXT, at INTEGER, {columns}, PRIMARY KEY (device, at)) WITHOUT ROWID"
        )

    def write(self, batch: Batch) -> None:
        """Insert a batch and fsync."""
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany(
            "INSERT OR REPLACE INTO obs VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(seen.device, seen.observed_ms, *seen.values.values()) for seen in batch.observations],
        )
        self.connection.execute("COMMIT")

    def latest(self, devices: int) -> None:
        """Find each device's newest row."""
        for device in range(devices):
            self.connection.execute(
                "SELECT * FROM obs WHERE device = ? ORDER BY at DESC LIMIT 1", (f"d{device:04}",)
            ).fetchone()

    def day(self) -> None:
        """Read one quantity of one device for a day."""
        self.connection.execute(
            "SELECT at, temperature FROM obs WHERE device = 'd0001' AND at >= ? AND at < ?",
            (BEGIN_MS, BEGIN_MS + DAY_MS),
        ).fetchall()

    def hourly(self, devices: int, *, days: int) -> None:
        """Average hours out of raw values, device by device."""
        for device in range(devices):
            self.connection.execute(
                "SELECT at / 3600000, avg(temperature) FROM obs WHERE device = ? AND at >= ? AND at < ? GROUP BY 1",
                (f"d{device:04}", BEGIN_MS, BEGIN_MS + days * DAY_MS),
            ).fetchall()


def seconds(work: Callable[[], object]) -> float:
    """Time the best of three runs."""
    best = math.inf
    for _ in range(3):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def written(write: Callable[[Batch], object], batches: list[Batch]) -> float:
    """Time writing once."""
    begin = time.perf_counter()
    for batch in batches:
        write(batch)
    return time.perf_counter() - begin


def row(name: str, ours_s: float, bare_s: float, *, unit: str = "ms", per: float = 0) -> None:
    """Print one line of the table."""
    ours, bare = (per / ours_s, per / bare_s) if per else (ours_s * 1_000, bare_s * 1_000)
    sys.stdout.write(f"{name:44} {ours:12,.1f} {bare:12,.1f} {unit:9} {ours_s / bare_s:6.2f} x the time\n")


def open_store(path: Path, catalogue: Catalogue) -> SqliteTelemetry:
    """Open our store."""
    store = SqliteTelemetry(path, catalogue=catalogue)
    store.open()
    return store


def compare(folder: Path, work: Load, *, many: int) -> None:
    """Write and read the same on both, and print the table."""
    catalogue, batches = load(), work.batches()
    points = sum(len(seen.values) for batch in batches for seen in batch.observations)
    sys.stdout.write(f"{points:,} points of {work.devices} devices over {work.days} days, batches of {BATCH}\n")
    sys.stdout.write(f"{'':44} {'smartward':>12} {'bare sqlite3':>12}\n")
    store, bare = open_store(folder / "telemetry.db", catalogue), Bare(folder / "bare.db")
    row("written", written(store.write, batches), written(bare.write, batches), unit="points/s", per=points)
    while store.roll_up():
        pass
    reader = TelemetryReader(folder / "telemetry.db", catalogue=catalogue)
    begin, end = BEGIN_MS, BEGIN_MS + work.days * DAY_MS

    def hourly() -> None:
        for device in range(work.devices):
            reader.series(f"d{device:04}", "temperature", from_ms=begin, to_ms=end, every_ms=HOUR_MS)

    def daily() -> None:
        for device in range(work.devices):
            reader.series(
                f"d{device:04}",
                "temperature",
                from_ms=begin,
                to_ms=end,
                every_ms=DAY_MS,
                timezone=catalogue.timezone,
            )

    def day() -> None:
        reader.series("d0001", "temperature", from_ms=begin, to_ms=begin + DAY_MS)

    row("a day of one device, raw", seconds(day), seconds(bare.day))
    bare_hourly_s = seconds(lambda: bare.hourly(work.devices, days=work.days))
    row(f"{work.days} days by hour of {work.devices} devices", seconds(hourly), bare_hourly_s)
    row(f"{work.days} days by day of {work.devices} devices", seconds(daily), bare_hourly_s)
    store.write(Batch(10**9, tuple(Load(devices=many, every_ms=DAY_MS, days=1).observations()), journal="many"))
    bare.write(Batch(1, tuple(Load(devices=many, every_ms=DAY_MS, days=1).observations())))
    row(f"latest of {many} devices", seconds(reader.latest), seconds(lambda: bare.latest(many)))
    row(
        "latest since the last second, nothing new",
        seconds(lambda: reader.latest_since(end)),
        seconds(lambda: bare.latest(many)),
    )
    reader.close()
    store.close()
    size = (folder / "telemetry.db").stat().st_size / points
    sys.stdout.write(f"{size:.1f} bytes a point on disk, all indexes and rollups included\n")


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="five million points instead of 300,000")
    is_full = parser.parse_args().full
    full, small = (
        Load(devices=250, every_ms=11 * MINUTE_MS, days=30),
        Load(devices=50, every_ms=36 * MINUTE_MS, days=30),
    )
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), full if is_full else small, many=1_000)


if __name__ == "__main__":
    main()
