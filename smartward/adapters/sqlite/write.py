"""Writing one batch: what is new, what is the same again, what is corrected, and the rows that say so."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from smartward.adapters.sqlite.known import Known
from smartward.adapters.sqlite.schema import decoded, named, quoted, table_of
from smartward.adapters.telemetry_value import Kinds
from smartward.catalogue.model import ValueType
from smartward.observation import Value
from smartward.ports import Batch, Count, StoredEvent, StoredObservation

SELECT = "SELECT {columns} FROM {table} WHERE series = ? AND at = ?"
UPSERT = """INSERT INTO {table} (series, at, received_at{columns}) VALUES (?, ?, ?{marks})
    ON CONFLICT (series, at) DO UPDATE SET received_at = excluded.received_at{updates}"""
LAST = """INSERT INTO last (series, quantity, at, received_at, value) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (series, quantity) DO UPDATE SET at = excluded.at, received_at = excluded.received_at,
    value = excluded.value WHERE excluded.at >= last.at"""
HELD_EVENT = "SELECT ward, device_type, body FROM event WHERE event_id = ?"
EVENT = """INSERT OR REPLACE INTO event (event_id, ward, device, device_type, type, at, received_at, phase, confidence,
    zone, dwell_s, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


class Table(NamedTuple):
    """How one device type's rows are looked up and written."""

    kinds: dict[str, ValueType]
    select: str
    upsert: str


class Row:
    """One device at one instant: the values held by the file and this batch, and those that this batch changes."""

    __slots__ = ("changed", "held")

    def __init__(self, held: dict[str, Value]) -> None:
        self.held = held
        self.changed: dict[str, tuple[Value, int]] = {}


def tables(kinds: Kinds) -> dict[str, Table]:
    """Compose the statements of every device type."""
    return {device_type: _table(device_type, quantities) for device_type, quantities in kinds.items()}


def first_answer(connection: sqlite3.Connection, batch: Batch) -> dict[str, Count] | None:
    """Give what this batch was answered, if it is the newest of its journal; None when it is not written yet."""
    row = connection.execute("SELECT number, answer FROM applied WHERE journal = ?", (batch.journal,)).fetchone()
    return msgspec.json.decode(row[1], type=dict[str, Count]) if row and row[0] == batch.number else None


class BatchWriter:
    """Writes one batch inside the caller's transaction; `known` is right afterwards only if it commits."""

    def __init__(self, connection: sqlite3.Connection, *, known: Known, tables: dict[str, Table]) -> None:
        self._connection, self._known, self._tables = connection, known, tables
        self._rows: dict[tuple[int, int], Row] = {}
        self._dirty: list[tuple[int, str, int]] = []
        self._counts: dict[str, Count] = {}

    def write(self, batch: Batch, values: Sequence[dict[str, Value]]) -> dict[str, Count]:
        """Write everything; `values` are the observations' values, brought to their kinds."""
        for observation, kept in zip(batch.observations, values, strict=True):
            if kept:
                self._take(observation, kept)
        self._write_rows()
        self._write_events(batch.events)
        self._connection.execute(
            "INSERT OR REPLACE INTO applied (journal, number, answer) VALUES (?, ?, ?)",
            (batch.journal, batch.number, msgspec.json.encode(self._counts).decode()),
        )
        return self._counts

    def _take(self, observation: StoredObservation, values: dict[str, Value]) -> None:
        count = self._count(observation.device)
        series = self._series(observation)
        is_alone = len(self._known.of_device[observation.device]) == 1
        row = self._row(series, observation.observed_ms)
        for quantity, value in values.items():
            target = row if is_alone else self._holder(observation, quantity) or row
            held = target.held.get(quantity)
            if held == value:
                count.duplicates += 1
                continue
            count.stored += 1
            count.corrected += held is not None
            target.held[quantity] = value
            target.changed[quantity] = (value, observation.received_ms)

    def _count(self, device: str) -> Count:
        return self._counts.setdefault(device, Count())

    def _series(self, observation: StoredObservation) -> int:
        key = (observation.ward, observation.device, observation.type)
        series = self._known.ids.get(key)
        if series is None:
            cursor = self._connection.execute(
                "INSERT INTO series (ward, device, type, heard_at) VALUES (?, ?, ?, ?)",
                (*key, observation.received_ms),
            )
            series = cursor.lastrowid or 0
            self._known.add_series(series, ward=key[0], device=key[1], device_type=key[2])
        return series

    def _row(self, series: int, at_ms: int) -> Row:
        """Find a row in this batch or in the file; what is newer than all of its series is not looked for."""
        row = self._rows.get((series, at_ms))
        if row is None:
            row = Row({} if at_ms > self._known.newest_ms[series] else self._held(series, at_ms))
            self._rows[series, at_ms] = row
        return row

    def _held(self, series: int, at_ms: int) -> dict[str, Value]:
        table = self._tables[self._known.types[series]]
        found = self._connection.execute(table.select, (series, at_ms)).fetchone()
        if found is None:
            return {}
        return {
            quantity: decoded(value, kind)
            for (quantity, kind), value in zip(table.kinds.items(), found, strict=True)
            if value is not None
        }

    def _holder(self, observation: StoredObservation, quantity: str) -> Row | None:
        """Find the row that has this value already, for a device that has changed its type or its ward."""
        for series in self._known.of_device[observation.device]:
            if quantity in self._tables[self._known.types[series]].kinds:
                row = self._row(series, observation.observed_ms)
                if quantity in row.held:
                    return row
        return None

    def _write_rows(self) -> None:
        by_type: dict[str, list[tuple[Value | None, ...]]] = {}
        last: dict[tuple[int, str], tuple[int, int, Value]] = {}
        heard: dict[int, int] = {}
        for (series, at_ms), row in sorted(self._rows.items(), key=lambda item: item[0]):
            if not row.changed:
                continue
            self._dirty += self._known.touch(series, at_ms)
            device_type = self._known.types[series]
            received_ms = max(received for _, received in row.changed.values())
            heard[series] = max(received_ms, heard.get(series, received_ms))
            cells = [row.changed[q][0] if q in row.changed else None for q in self._tables[device_type].kinds]
            by_type.setdefault(device_type, []).append((series, at_ms, received_ms, *cells))
            for quantity, (value, received) in row.changed.items():
                last[series, quantity] = (at_ms, received, value)
        for device_type, rows in by_type.items():
            self._connection.executemany(self._tables[device_type].upsert, rows)
        self._connection.executemany(LAST, [(*key, *newest) for key, newest in last.items()])
        self._connection.executemany("INSERT OR IGNORE INTO dirty (series, span, at) VALUES (?, ?, ?)", self._dirty)
        self._connection.executemany(
            "UPDATE series SET heard_at = ? WHERE id = ? AND heard_at < ?",
            [(received_ms, series, received_ms) for series, received_ms in heard.items()],
        )

    def _write_events(self, events: Sequence[StoredEvent]) -> None:
        held: dict[str, tuple[str, str, str] | None] = {}
        rows: dict[str, tuple[object, ...]] = {}
        for stored in events:
            event = stored.event
            count = self._count(event.device)
            body = msgspec.json.encode(event, order="deterministic").decode()
            if event.event_id not in held:
                held[event.event_id] = self._connection.execute(HELD_EVENT, (event.event_id,)).fetchone()
            before, held[event.event_id] = held[event.event_id], (stored.ward, stored.type_of_device, body)
            if before == held[event.event_id]:
                count.duplicates += 1
                continue
            count.stored += 1
            count.corrected += before is not None
            rows[event.event_id] = _event_row(stored, body)
        self._connection.executemany(EVENT, list(rows.values()))


def _event_row(stored: StoredEvent, body: str) -> tuple[object, ...]:
    event = stored.event
    return (
        event.event_id,
        stored.ward,
        event.device,
        stored.type_of_device,
        event.type,
        stored.received_ms if event.observed_ms is None else event.observed_ms,
        stored.received_ms,
        event.phase.value,
        event.confidence,
        event.zone,
        event.dwell_s,
        body,
    )


def _table(device_type: str, kinds: dict[str, ValueType]) -> Table:
    columns = [quoted(quantity) for quantity in kinds]
    return Table(
        kinds,
        named(SELECT, columns=", ".join(columns) or "NULL", table=table_of(device_type)),
        named(
            UPSERT,
            table=table_of(device_type),
            columns="".join(f", {column}" for column in columns),
            marks=", ?" * len(columns),
            updates="".join(f", {column} = coalesce(excluded.{column}, {column})" for column in columns),
        ),
    )
