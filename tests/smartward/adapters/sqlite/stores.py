"""Opening embedded stores in tests, closed again whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smartward.adapters.sqlite import SqliteTelemetry, TelemetryReader
from smartward.catalogue.model import Catalogue
from smartward.observation import Value
from smartward.ports import Batch, Count, Point, StoredObservation, TelemetryStore
from tests.contracts.telemetry import CATALOGUE


@contextmanager
def opened(path: Path, catalogue: Catalogue = CATALOGUE) -> Iterator[SqliteTelemetry]:
    """Open a store for writing."""
    store = SqliteTelemetry(path, catalogue=catalogue)
    store.open()
    try:
        yield store
    finally:
        store.close()


@contextmanager
def reading(path: Path, catalogue: Catalogue = CATALOGUE) -> Iterator[TelemetryReader]:
    """Open a store as another process does."""
    reader = TelemetryReader(path, catalogue=catalogue)
    try:
        yield reader
    finally:
        reader.close()


def put(store: TelemetryStore, *observations: StoredObservation) -> dict[str, Count]:
    """Write the next batch."""
    return store.write(Batch(store.newest_batch("") + 1, observations))


def all_of(store: TelemetryStore, device: str, quantity: str) -> dict[int, Value | None]:
    """Read everything stored of one quantity."""
    return by_time(store.series(device, quantity, from_ms=-(2**60), to_ms=2**60))


def by_time(points: list[Point]) -> dict[int, Value | None]:
    """Give points as a mapping."""
    return {point.at_ms: point.value for point in points}
