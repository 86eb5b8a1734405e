"""Reading the newest values and the events, and the port's reading half on top of one consistent snapshot."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import msgspec

from smartward.adapters.sqlite.bucket import grid
from smartward.adapters.sqlite.schema import decoded, kinds_now
from smartward.adapters.sqlite.series import bucketed, source, unbucketed
from smartward.adapters.telemetry_value import Kinds
from smartward.catalogue.model import Catalogue
from smartward.event import Event
from smartward.ports import Fn, Latest, Point, StoredEvent

LATEST = """SELECT s.ward, s.device, s.type, l.quantity, l.value, l.at, l.received_at
    FROM series s CROSS JOIN last l ON l.series = s.id"""
NOT_SUPERSEDED = """NOT EXISTS (SELECT 1 FROM series o JOIN last n ON n.series = o.id
    WHERE o.device = s.device AND o.id <> s.id AND n.quantity = l.quantity AND n.at > l.at)"""

EVENTS = "SELECT ward, device_type, received_at, body, at FROM event"


class Snapshot(NamedTuple):
    """What was committed at one moment, and in which file: a name may come to mean another one."""

    connection: sqlite3.Connection
    file: tuple[int, int]


class Reading(ABC):
    """The reading half of the port, over snapshots that a subclass opens."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._layout: tuple[tuple[int, ...], Kinds] = ((), {})

    @abstractmethod
    def _snapshot(self) -> AbstractContextManager[Snapshot]:
        """Read what was committed when the block began; raises StoreUnavailable."""

    def newest_batch(self, journal: str) -> int:
        """Give the number of the newest batch written from a journal; 0 when there is none."""
        with self._snapshot() as snapshot:
            row = snapshot.connection.execute("SELECT number FROM applied WHERE journal = ?", (journal,)).fetchone()
        return int(row[0]) if row else 0

    def latest(self, *, ward: str | None = None, type: str | None = None, device: str | None = None) -> list[Latest]:  # noqa: A002 - the port's own name
        """List newest values, by device then quantity."""
        where, chosen = _where({"s.ward = ?": ward, "s.type = ?": type, "s.device = ?": device})
        with self._snapshot() as snapshot:
            rows = snapshot.connection.execute(
                f"{LATEST} {where} ORDER BY s.device, l.quantity, l.at", chosen
            ).fetchall()
            kinds = self._kinds(snapshot)
        return list({(row[1], row[3]): _latest(row, kinds) for row in rows}.values())

    def latest_since(self, received_ms: int, *, limit: int = 10_000) -> list[Latest]:
        """List newest values that arrived after an instant, in order of arrival.

        An instant of arrival is never cut in two, so the list may be longer than `limit`: going on after its
        last `received_ms` misses nothing.
        """
        received_ms, limit = _within_64_bits(received_ms), _within_64_bits(max(limit, 0))
        order = "ORDER BY l.received_at, s.device, l.quantity"
        with self._snapshot() as snapshot:
            rows = snapshot.connection.execute(
                f"{LATEST} WHERE s.heard_at > ? AND l.received_at > ? AND {NOT_SUPERSEDED} {order} LIMIT ?",
                (received_ms, received_ms, limit),
            ).fetchall()
            if rows and len(rows) == limit:
                cut = rows[-1][6]
                rows = [row for row in rows if row[6] < cut]
                rows += snapshot.connection.execute(
                    f"{LATEST} WHERE s.heard_at >= ? AND l.received_at = ? AND {NOT_SUPERSEDED} {order}", (cut, cut)
                ).fetchall()
            kinds = self._kinds(snapshot)
        return [_latest(row, kinds) for row in rows]

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
        limit = _within_64_bits(max(limit, 0))
        with self._snapshot() as snapshot:
            found = source(snapshot.connection, self._kinds(snapshot), device=device, quantity=quantity)
            if found is None:
                return []
            if wanted is None:
                return unbucketed(found, from_ms=from_ms, to_ms=to_ms, limit=limit)
            return bucketed(found, wanted, from_ms=from_ms, to_ms=to_ms, fn=fn, limit=limit)

    def events(
        self, *, ward: str | None = None, device: str | None = None, before_ms: int | None = None, limit: int = 100
    ) -> list[StoredEvent]:
        """List events, newest first by device time.

        An instant is never cut in two, so the list may be longer than `limit`: going on before its last instant
        misses nothing.
        """
        limit, before_ms = _within_64_bits(max(limit, 0)), None if before_ms is None else _within_64_bits(before_ms)
        where, chosen = _where({"ward = ?": ward, "device = ?": device, "at < ?": before_ms})
        select = f"{EVENTS} {where}"
        with self._snapshot() as snapshot:
            rows = snapshot.connection.execute(
                f"{select} ORDER BY at DESC, event_id LIMIT ?", [*chosen, limit]
            ).fetchall()
            if rows and len(rows) == limit:
                cut = rows[-1][4]
                rows = [row for row in rows if row[4] > cut]
                rows += snapshot.connection.execute(
                    f"{select} {'AND' if where else 'WHERE'} at = ? ORDER BY event_id", [*chosen, cut]
                ).fetchall()
        return [StoredEvent(row[0], row[1], row[2], msgspec.json.decode(row[3], type=Event)) for row in rows]

    def _kinds(self, snapshot: Snapshot) -> Kinds:
        """Say what is stored of which kind; asked again when another process has widened the tables."""
        version = (*snapshot.file, *snapshot.connection.execute("PRAGMA schema_version").fetchone())
        if self._layout[0] != version:
            self._layout = (version, kinds_now(snapshot.connection, self._catalogue))
        return self._layout[1]


def _within_64_bits(number: int) -> int:
    """Give the nearest number that SQLite knows: a question may name any."""
    return max(-(2**63), min(number, 2**63 - 1))


def _where(conditions: dict[str, str | int | None]) -> tuple[str, list[str | int]]:
    """Put the conditions that were asked for together."""
    chosen = {condition: value for condition, value in conditions.items() if value is not None}
    return ("WHERE " + " AND ".join(chosen) if chosen else ""), list(chosen.values())


def _latest(row: Any, kinds: Kinds) -> Latest:
    ward, device, device_type, quantity, value, at, received_at = row
    kind = kinds.get(device_type, {}).get(quantity)
    return Latest(ward, device, device_type, quantity, decoded(value, kind), at, received_at)
