"""The store as another process sees it: read-only, from any thread."""

from __future__ import annotations

from smartward.adapters.influx.read import Reading
from smartward.adapters.influx.server import Access, Server
from smartward.catalogue.model import Catalogue
from smartward.errors import StoreUnavailable
from smartward.ports import Batch, Count


class InfluxReader(Reading):
    """Reads telemetry that ingest writes into InfluxDB; it makes nothing there."""

    def __init__(
        self,
        *,
        url: str,
        database: str,
        catalogue: Catalogue,
        token: str = "",
        username: str = "",
        password: str = "",
        org: str = "",
        timeout_s: float = 10.0,
    ) -> None:
        access = Access(url, database, token, username, password, org, timeout_s=timeout_s)
        super().__init__(Server(access), catalogue=catalogue)

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        self._server.close()

    def write(self, batch: Batch) -> dict[str, Count]:
        """Refuse: only ingest writes."""
        raise StoreUnavailable(
            f"{self._server.place} is only read here, batch {batch.number} was not written; ingest writes it"
        )
