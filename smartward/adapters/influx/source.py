"""Where one quantity of one device is on the server: its values, and the rollups of its hours and days."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from smartward.adapters.influx import influxql
from smartward.adapters.influx.known import LAST
from smartward.adapters.influx.line import NS_PER_MS
from smartward.adapters.influx.point import NOTES, decode_notes, value_of
from smartward.adapters.influx.rollup_point import DIRTY, columns, measurement, rollup_of
from smartward.adapters.influx.server import Server
from smartward.adapters.influx.stretch import Span
from smartward.adapters.sqlite.rollup import Rollup
from smartward.adapters.telemetry_question import NUMERIC
from smartward.adapters.telemetry_value import Kinds
from smartward.catalogue.model import ValueType
from smartward.observation import Value

PAGE = 10_000
"""How many rows are read at once."""


class Source(msgspec.Struct, frozen=True):
    """Where one quantity of one device is.

    `types` are those that it has spoken as, with the kind of the values there; `homes` counts wards and types.
    """

    server: Server
    device: str
    quantity: str
    types: dict[str, ValueType]
    homes: int

    @property
    def kind(self) -> ValueType:
        """The kind of the values; words where types disagree."""
        kinds = set(self.types.values())
        return next(iter(kinds)) if len(kinds) == 1 else "number" if kinds <= NUMERIC else "string"

    def values(self, from_ms: int, to_ms: int, *, page: int = PAGE) -> Iterator[tuple[int, Value]]:
        """Give values in order of time, read a page at a time."""
        if len(self.types) == 1:
            return self._values(next(iter(self.types)), from_ms, to_ms, page=page)
        every = [item for name in self.types for item in self._values(name, from_ms, to_ms, page=PAGE)]
        return iter(sorted(every, key=lambda item: item[0]))

    def _values(self, device_type: str, from_ms: int, to_ms: int, *, page: int) -> Iterator[tuple[int, Value]]:
        kind, has_notes = self.types[device_type], self.types[device_type] == "integer"
        names = influxql.names((self.quantity, NOTES) if has_notes else (self.quantity,))
        while from_ms < to_ms:
            statement = influxql.select(
                names,
                device_type,
                influxql.where(influxql.between(from_ms, to_ms), device=self.device),
                more=f"ORDER BY time ASC {influxql.at_most(page)}",
            )
            (found,) = self.server.ask([statement], database=self.server.access.database)
            rows = [row for series in found for row in series.values]
            for row in rows:
                exact = decode_notes(row[2]).exact.get(self.quantity) if has_notes and row[2] else None
                value = value_of(row[1], kind, exact=exact)
                if value is not None:
                    yield row[0] // NS_PER_MS, value
            if len(rows) < page:
                return
            from_ms = rows[-1][0] // NS_PER_MS + 1

    def rollups(self, span: Span, from_ms: int, to_ms: int) -> list[tuple[int, bool, Rollup | None]]:
        """List at most a page of the hours or days that begin in a stretch: when, whether it holds, what it says."""
        (name,) = self.types
        kind = self.types[name]
        statement = influxql.select(
            influxql.names((*columns({self.quantity: kind}), DIRTY, NOTES)),
            measurement(name, span),
            influxql.where(influxql.between(from_ms, to_ms), device=self.device),
            more=f"ORDER BY time ASC {influxql.at_most(PAGE)}",
        )
        (found,) = self.server.ask([statement], database=self.server.access.kept)
        return [
            (row["time"] // NS_PER_MS, not row[DIRTY], None if row[DIRTY] else rollup_of(row, self.quantity, kind))
            for series in found
            for row in series.rows()
        ]


def source(server: Server, kinds: Kinds, *, device: str, quantity: str) -> Source | None:
    """Find under which types a device has spoken of a quantity; None when it never has."""
    statement = influxql.select(influxql.names(("type",)), LAST, influxql.where(influxql.EVER, device=device))
    (found,) = server.ask([statement], database=server.access.kept)
    spoken = [row["type"] for series in found for row in series.rows()]
    types = {name: kinds[name][quantity] for name in sorted(spoken) if quantity in kinds.get(name, {})}
    return Source(server, device, quantity, types, len(spoken)) if types else None
