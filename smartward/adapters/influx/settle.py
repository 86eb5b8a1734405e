"""Settling: rolling up the hours and days that their speaker has left behind, from what the server holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from smartward.adapters.influx import influxql
from smartward.adapters.influx.deliver import write_kept
from smartward.adapters.influx.line import NS_PER_MS, Entry
from smartward.adapters.influx.plan import Speaker
from smartward.adapters.influx.point import NOTES, decode_notes, value_of
from smartward.adapters.influx.rollup_point import DIRTY, columns, measurement, rollup_entry, rollup_of
from smartward.adapters.influx.server import Server
from smartward.adapters.influx.stretch import DAY, HOUR, Stretch, Stretches
from smartward.adapters.sqlite.bucket import hour_of
from smartward.adapters.sqlite.rollup import Rollup, merge
from smartward.adapters.sqlite.settle import rows_to_rollup
from smartward.adapters.telemetry_value import Kinds
from smartward.catalogue.model import ValueType
from smartward.instants import DAY_MS, HOUR_MS
from smartward.observation import Value

READ_TOGETHER_MS = DAY_MS
"""Hours of one speaker that lie this near are read at once."""


def settle(server: Server, stretches: Stretches, kinds: Kinds, *, limit: int) -> list[Stretch]:
    """Roll up at most `limit` hours and days, and give them; a day is made of its hours, so days wait for these."""
    hours = stretches.ready(HOUR, limit=limit)
    write_kept(server, _hourly(server, hours, kinds))
    stretches.settle(hours)
    days = [] if stretches.ready(HOUR, limit=1) else stretches.ready(DAY, limit=limit - len(hours))
    write_kept(server, _daily(server, days, stretches, kinds))
    stretches.settle(days)
    return hours + days


def _hourly(server: Server, hours: Sequence[Stretch], kinds: Kinds) -> Iterator[Entry]:
    groups = list(_groups(hours))
    statements = [
        influxql.select(
            influxql.names((*kinds[group[0].speaker.type], NOTES)),
            group[0].speaker.type,
            _within(group[0].speaker, group[0].at_ms, group[-1].at_ms + HOUR_MS),
        )
        for group in groups
    ]
    answers = server.ask(statements, database=server.access.database)
    for group, answer in zip(groups, answers, strict=True):
        own = kinds[group[0].speaker.type]
        values: dict[tuple[int, str], list[Value]] = defaultdict(list)
        for series in answer:
            for row in series.rows():
                _collect(values, row, own)
        for hour in group:
            yield rollup_entry(
                hour,
                [
                    (quantity, rows_to_rollup(hour.at_ms, found, kind))
                    for quantity, kind in own.items()
                    if (found := values.get((hour.at_ms, quantity)))
                ],
            )


def _collect(values: dict[tuple[int, str], list[Value]], row: dict[str, Any], kinds: dict[str, ValueType]) -> None:
    hour = hour_of(row["time"] // NS_PER_MS)
    exact = decode_notes(row[NOTES]).exact
    for quantity, kind in kinds.items():
        value = value_of(row[quantity], kind, exact=exact.get(quantity))
        if value is not None:
            values[hour, quantity].append(value)


def _daily(server: Server, days: Sequence[Stretch], stretches: Stretches, kinds: Kinds) -> Iterator[Entry]:
    statements = [
        influxql.select(
            influxql.names((*columns(kinds[day.speaker.type]), NOTES, DIRTY)),
            measurement(day.speaker.type, HOUR),
            _within(day.speaker, day.at_ms, stretches.end_of(day) or day.at_ms),
        )
        for day in days
    ]
    answers = server.ask(statements, database=server.access.kept)
    for day, answer in zip(days, answers, strict=True):
        parts: dict[str, list[Rollup]] = defaultdict(list)
        for series in answer:
            for row in series.rows():
                for quantity, kind in kinds[day.speaker.type].items():
                    if (rollup := rollup_of(row, quantity, kind)) is not None:
                        parts[quantity].append(rollup)
        yield rollup_entry(day, [(quantity, merge(found)) for quantity, found in parts.items()])


def _groups(hours: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    group: list[Stretch] = []
    for hour in sorted(hours):
        if group and (hour.speaker != group[0].speaker or hour.at_ms - group[0].at_ms >= READ_TOGETHER_MS):
            yield group
            group = []
        group.append(hour)
    if group:
        yield group


def _within(speaker: Speaker, from_ms: int, to_ms: int) -> str:
    return influxql.where(influxql.between(from_ms, to_ms), ward=speaker.ward, device=speaker.device)
