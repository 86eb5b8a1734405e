"""Opening the store on a server, writing to it shortly, and breaking what lies between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smartward.adapters.influx import InfluxTelemetry
from smartward.catalogue.model import Catalogue
from smartward.ports import Batch, Count, StoredEvent, StoredObservation, TelemetryStore
from tests.contracts.telemetry import CATALOGUE
from tests.servers.influxdb import InfluxDB


@contextmanager
def opened(
    server: InfluxDB,
    folder: Path,
    *,
    database: str,
    url: str = "",
    catalogue: Catalogue = CATALOGUE,
    retention_days: int | None = None,
    timeout_s: float = 10.0,
    receipts: str = "receipts.db",
) -> Iterator[InfluxTelemetry]:
    """Open the store for the time of a block, with its receipts in a folder."""
    store = InfluxTelemetry(
        url=url or server.url,
        database=database,
        catalogue=catalogue,
        receipts=folder / receipts,
        token=server.token,
        username=server.username,
        password=server.password,
        org=server.org,
        retention_days=retention_days,
        timeout_s=timeout_s,
    )
    store.open()
    try:
        yield store
    finally:
        store.close()


def put(
    store: TelemetryStore, number: int, *observations: StoredObservation, events: tuple[StoredEvent, ...] = ()
) -> dict[str, Count]:
    """Write one batch of the journal j1."""
    return store.write(Batch(number, observations, events, journal="j1"))
