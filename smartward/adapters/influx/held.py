"""What the server holds of the rows and events that a batch may repeat or correct."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from smartward.adapters.influx import influxql
from smartward.adapters.influx.line import NS_PER_MS
from smartward.adapters.influx.plan import EVENT, HeldEvent, Key, Place, Speaker
from smartward.adapters.influx.point import NOTES, RECEIVED, Held, held_of
from smartward.adapters.influx.server import Server
from smartward.adapters.telemetry_value import Kinds
from smartward.instants import MINUTE_MS

CLOSE_MS = 15 * MINUTE_MS
"""Instants of one device that are nearer than this are read together, with what lies between them."""


def held_rows(server: Server, asked: Mapping[Key, Collection[str]], *, kinds: Kinds) -> dict[Key, Held]:
    """Read the rows that were asked for; those that the server does not have are absent."""
    stretches = list(_stretches(asked))
    statements = [_statement(speaker, first_ms, last_ms, wanted) for speaker, first_ms, last_ms, wanted in stretches]
    found: dict[Key, Held] = {}
    answers = server.ask(statements, database=server.access.database)
    for (speaker, _, _, wanted), answer in zip(stretches, answers, strict=True):
        own = {quantity: kind for quantity, kind in kinds[speaker.type].items() if quantity in wanted}
        for series in answer:
            for row in series.rows():
                key = (speaker, row["time"] // NS_PER_MS)
                if key in asked and row["time"] % NS_PER_MS == 0:
                    found[key] = held_of(row, own)
    return found


def held_events(server: Server, places: Mapping[str, Place]) -> dict[str, HeldEvent]:
    """Read the events at these places; one that is not there, or has been superseded, is absent."""
    columns = influxql.names(("event_id", "device_type", "body", "superseded"))
    statements = [
        influxql.select(columns, EVENT, influxql.where(f"time = {place.at_ns}", ward=place.ward, device=place.device))
        for place in places.values()
    ]
    found: dict[str, HeldEvent] = {}
    answers = server.ask(statements, database=server.access.database)
    for (event_id, place), answer in zip(places.items(), answers, strict=True):
        for series in answer:
            for row in series.rows():
                if row["event_id"] == event_id and not row["superseded"]:
                    found[event_id] = HeldEvent(place, row["device_type"], row["body"])
    return found


def _stretches(asked: Mapping[Key, Collection[str]]) -> Iterator[tuple[Speaker, int, int, set[str]]]:
    """Put near instants of one speaker together: who, from, to, and which quantities."""
    open_stretch: tuple[Speaker, int, int, set[str]] | None = None
    for speaker, at_ms in sorted(asked):
        wanted = asked[speaker, at_ms]
        if open_stretch and open_stretch[0] == speaker and at_ms - open_stretch[2] <= CLOSE_MS:
            open_stretch = (speaker, open_stretch[1], at_ms, open_stretch[3].union(wanted))
            continue
        if open_stretch:
            yield open_stretch
        open_stretch = (speaker, at_ms, at_ms, set(wanted))
    if open_stretch:
        yield open_stretch


def _statement(speaker: Speaker, first_ms: int, last_ms: int, quantities: Collection[str]) -> str:
    return influxql.select(
        influxql.names((*sorted(quantities), RECEIVED, NOTES)),
        speaker.type,
        influxql.where(influxql.between(first_ms, last_ms + 1), ward=speaker.ward, device=speaker.device),
    )
