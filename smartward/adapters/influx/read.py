"""The port's reading half over an InfluxDB server, for ingest and for the API alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from smartward.adapters.influx import influxql
from smartward.adapters.influx.known import LAST, fixed_ns, newest_of
from smartward.adapters.influx.line import NS_PER_MS
from smartward.adapters.influx.plan import EVENT
from smartward.adapters.influx.recall import RECEIPT
from smartward.adapters.influx.series import bucketed, unbucketed
from smartward.adapters.influx.server import Server
from smartward.adapters.influx.source import source
from smartward.adapters.sqlite.bucket import grid
from smartward.adapters.telemetry_value import kinds_of
from smartward.catalogue.model import Catalogue
from smartward.event import Event
from smartward.ports import Fn, Latest, Point, StoredEvent

NEVER = 2**62
"""Later than anything arrives (ms)."""

EVENT_COLUMNS = ("ward", "device_type", "received_at", "body")


class Reading:
    """Reads what is stored; every method raises StoreUnavailable when the server cannot answer."""

    def __init__(self, server: Server, *, catalogue: Catalogue) -> None:
        self._server = server
        self._kinds = kinds_of(catalogue)

    def newest_batch(self, journal: str) -> int:
        """Give the number of the newest batch written from a journal; 0 when there is none."""
        columns = influxql.names(("journal", "number"))
        statement = influxql.select(columns, RECEIPT, f"time = {fixed_ns(journal)}")
        rows = self._ask(statement, self._server.access.kept)
        return next((int(row["number"]) for row in rows if row["journal"] == journal), 0)

    def latest(self, *, ward: str | None = None, type: str | None = None, device: str | None = None) -> list[Latest]:  # noqa: A002 - the port's own name
        """List newest values, by device then quantity."""
        condition = influxql.where(influxql.EVER, ward=ward, device=device)
        return self._newest(self._last(condition), device_type=type)

    def latest_since(self, received_ms: int, *, limit: int = 10_000) -> list[Latest]:
        """List newest values that arrived after an instant, in order of arrival; no instant is cut in two."""
        rows = self._last(f"heard_at > {max(min(received_ms, NEVER), -NEVER)} AND {influxql.EVER}")
        moved = sorted({row["device"] for row in rows if row["homes"] > 1})
        for device in moved:
            rows += self._last(influxql.where(influxql.EVER, device=device))
        arrived = [newest for newest in self._newest(rows) if newest.received_ms > received_ms]
        arrived.sort(key=lambda newest: newest.received_ms)
        end = max(limit, 0)
        while 0 < end < len(arrived) and arrived[end].received_ms == arrived[end - 1].received_ms:
            end += 1
        return arrived[:end]

    def series(
        self,
        device: str,
        quantity: str,
        *,
        from_ms: int,
        to_ms: int,
        every_ms: int | None = None,
        fn: Fn = "mean",
        timezone: str = "UTC",
        limit: int = 5_000,
    ) -> list[Point]:
        """List values with from_ms <= at < to_ms in order of time: raw without `every_ms`, else one point a bucket.

        Raises ValueError for a bucket, zone or function that cannot be answered for this quantity.
        """
        wanted = None if every_ms is None else grid(every_ms, timezone=timezone)
        limit = min(max(limit, 0), influxql.MOST)
        found = source(self._server, self._kinds, device=device, quantity=quantity)
        if found is None or limit == 0:
            return []
        if wanted is None:
            return unbucketed(found, from_ms=from_ms, to_ms=to_ms, limit=limit)
        return bucketed(found, wanted, from_ms=from_ms, to_ms=to_ms, fn=fn, limit=limit)

    def events(
        self, *, ward: str | None = None, device: str | None = None, before_ms: int | None = None, limit: int = 100
    ) -> list[StoredEvent]:
        """List events, newest first by device time; no instant is cut in two."""
        limit = min(max(limit, 0), influxql.MOST)
        if limit == 0:
            return []
        end_ms = influxql.END_MS if before_ms is None else before_ms
        rows = self._events(
            influxql.FIRST_MS, end_ms, ward=ward, device=device, more=f"ORDER BY time DESC {influxql.at_most(limit)}"
        )
        if len(rows) == limit:
            cut_ms = rows[-1]["time"] // NS_PER_MS
            rows = [row for row in rows if row["time"] // NS_PER_MS > cut_ms]
            rows += self._events(cut_ms, cut_ms + 1, ward=ward, device=device)
        found = [
            (row["time"] // NS_PER_MS, StoredEvent(row["ward"], row["device_type"], row["received_at"], event))
            for row in rows
            for event in (msgspec.json.decode(row["body"], type=Event),)
        ]
        found.sort(key=lambda item: (-item[0], item[1].event.event_id))
        return [stored for _, stored in found]

    def _events(
        self, from_ms: int, to_ms: int, *, ward: str | None, device: str | None, more: str = ""
    ) -> list[dict[str, Any]]:
        condition = influxql.where("superseded = false", influxql.between(from_ms, to_ms), ward=ward, device=device)
        statement = influxql.select(influxql.names(EVENT_COLUMNS), EVENT, condition, more=more)
        return self._ask(statement, self._server.access.database)

    def _last(self, condition: str) -> list[dict[str, Any]]:
        columns = influxql.names(("ward", "device", "type", "heard_at", "homes", "body"))
        return self._ask(influxql.select(columns, LAST, condition), self._server.access.kept)

    def _newest(self, rows: Iterable[dict[str, Any]], *, device_type: str | None = None) -> list[Latest]:
        """Give the newest value of each device and quantity, by device then quantity."""
        newest: dict[tuple[str, str], Latest] = {}
        for row in rows:
            if device_type not in {None, row["type"]}:
                continue
            kinds = self._kinds.get(row["type"], {})
            for quantity, found in newest_of(row["body"], kinds).items():
                held = newest.get((row["device"], quantity))
                if held is None or found.at_ms >= held.observed_ms:
                    newest[row["device"], quantity] = Latest(
                        row["ward"], row["device"], row["type"], quantity, found.value, found.at_ms, found.received_ms
                    )
        return [newest[key] for key in sorted(newest)]

    def _ask(self, statement: str, database: str) -> list[dict[str, Any]]:
        (found,) = self._server.ask([statement], database=database)
        return [row for series in found for row in series.rows()]
