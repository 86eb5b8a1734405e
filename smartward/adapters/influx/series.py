"""Reading one quantity of one device over time: raw values, and buckets made from them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from smartward.adapters.influx import influxql
from smartward.adapters.influx.known import LAST
from smartward.adapters.influx.plan import NS_PER_MS
from smartward.adapters.influx.point import NOTES, decode_notes, value_of
from smartward.adapters.influx.server import Server
from smartward.adapters.sqlite.bucket import Grid
from smartward.adapters.sqlite.rollup import answer, of_numbers, of_words
from smartward.adapters.telemetry_question import NUMERIC, check_fn
from smartward.adapters.telemetry_value import Kinds
from smartward.catalogue.model import ValueType
from smartward.observation import Value
from smartward.ports import Point

PAGE = 10_000
"""How many values are read at once."""

OF_ITS_OWN_KIND = frozenset({"count", "mean", "energy_mean"})
"""Functions whose answers are integers or floats whatever the values are."""


class Source(msgspec.Struct, frozen=True):
    """Where one quantity of one device is: under the types that it has spoken as, with the kind of the values there."""

    server: Server
    device: str
    quantity: str
    types: dict[str, ValueType]

    @property
    def kind(self) -> ValueType:
        """The kind of the values; words where types disagree."""
        kinds = set(self.types.values())
        return next(iter(kinds)) if len(kinds) == 1 else "number" if kinds <= NUMERIC else "string"

    def values(self, from_ms: int, to_ms: int, *, page: int = PAGE) -> Iterator[tuple[int, Value]]:
        """Read values in order of time, a page at a time."""
        if len(self.types) > 1:
            every = [item for name in self.types for item in self._values(name, from_ms, to_ms, page=page)]
            yield from sorted(every, key=lambda item: item[0])
            return
        for name in self.types:
            yield from self._values(name, from_ms, to_ms, page=page)

    def _values(self, device_type: str, from_ms: int, to_ms: int, *, page: int) -> Iterator[tuple[int, Value]]:
        kind, has_notes = self.types[device_type], self.types[device_type] == "integer"
        columns = influxql.names((self.quantity, NOTES) if has_notes else (self.quantity,))
        while True:
            statement = influxql.select(
                columns,
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


def source(server: Server, kinds: Kinds, *, device: str, quantity: str) -> Source | None:
    """Find under which types a device has spoken of a quantity; None when it never has."""
    statement = influxql.select(influxql.names(("type",)), LAST, influxql.where(influxql.EVER, device=device))
    (found,) = server.ask([statement], database=server.access.kept)
    types = {row["type"] for series in found for row in series.rows()}
    homes = {name: kinds[name][quantity] for name in sorted(types) if quantity in kinds.get(name, {})}
    return Source(server, device, quantity, homes) if homes else None


def bucketed(source: Source, grid: Grid, *, from_ms: int, to_ms: int, fn: str, limit: int) -> list[Point]:
    """Answer `fn` for each bucket that has a value, at most `limit` of them, in order of time."""
    check_fn(fn, quantity=source.quantity, kind=source.kind)
    points: list[Point] = []
    held: list[Value] = []
    begin = end = influxql.FIRST_MS
    for at_ms, value in source.values(from_ms, to_ms):
        if at_ms >= end:
            if held:
                points.append(_point(begin, held, source.kind, fn=fn))
                if len(points) >= limit:
                    return points[:limit]
            begin, end, *_ = grid.edges(at_ms, until_ms=at_ms + 1, limit=1)
            held = []
        held.append(value)
    if held:
        points.append(_point(begin, held, source.kind, fn=fn))
    return points[:limit]


def _point(begin: int, values: list[Value], kind: ValueType, *, fn: str) -> Point:
    numbers = [value for value in values if isinstance(value, int | float)] if kind in NUMERIC else []
    rollup = of_numbers(begin, numbers) if numbers else of_words(begin, values)
    value = answer(rollup, fn)
    if fn not in OF_ITS_OWN_KIND:
        kept = value_of(value, kind)
        value = value if kept is None else kept
    return Point(begin, value)
