"""Recalling: what the writer must know, read from the server at the start and after every failed write."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from smartward.adapters.influx import influxql
from smartward.adapters.influx.answer import Series
from smartward.adapters.influx.deliver import write_kept
from smartward.adapters.influx.known import LAST, Known, Newest, newest_of
from smartward.adapters.influx.line import NS_PER_MS
from smartward.adapters.influx.plan import EVENT, NEVER_MS, Place, Speaker
from smartward.adapters.influx.point import NOTES, RECEIVED, held_of
from smartward.adapters.influx.receipts import Receipts
from smartward.adapters.influx.rollup_point import DIRTY, mark_entry, measurement
from smartward.adapters.influx.server import NoDatabase, Server
from smartward.adapters.influx.stretch import DAY, HOUR, Span, Stretch
from smartward.adapters.telemetry_value import Kinds

log = logging.getLogger(__name__)
RECEIPT = "receipt"
PAGE = 10_000
BY_SPEAKER = f"GROUP BY {influxql.names(('ward', 'device'))}"


def recall(server: Server, kinds: Kinds, *, timezone: str) -> Known:
    """Read who speaks and what is newest; newest values that are older than the points are made again from these."""
    known = Known(timezone=timezone)
    newest = influxql.select(influxql.names(("ward", "device", "type", "body")), LAST, influxql.EVER)
    for row in _rows(server, newest, server.access.kept):
        if row["type"] in kinds:
            speaker = Speaker(row["ward"], row["device"], row["type"])
            known.add(speaker)
            for quantity, value in newest_of(row["body"]).items():
                known.learn(speaker, quantity, value)
    heard = [
        influxql.select(f"last({influxql.identifier(RECEIVED)})", name, influxql.EVER, more=BY_SPEAKER)
        for name in kinds
    ]
    for name, answer in zip(kinds, _ask(server, heard, server.access.database), strict=True):
        for series in answer:
            for row in series.rows():
                speaker = Speaker(row["ward"], row["device"], name)
                known.add(speaker)
                known.hear(speaker, row["time"] // NS_PER_MS)
    _catch_up(server, known, kinds)
    return known


def recall_strange(server: Server, receipts: Receipts, kinds: Kinds) -> None:
    """Learn what another file of receipts, or a later state of this one, has written: events, and what is dirty."""
    rows = _rows(server, influxql.select(influxql.names(("file", "turn")), RECEIPT, influxql.EVER), server.access.kept)
    marks: dict[str, int] = {}
    for row in rows:
        marks[row["file"]] = max(int(row["turn"]), marks.get(row["file"], 0))
    own, turn = receipts.mark()
    known = receipts.known_marks() | {own: turn}
    if all(known.get(file, -1) >= newest for file, newest in marks.items()):
        return
    count = 0
    for page in _event_pages(server):
        receipts.learn_places(page)
        count += len(page)
    receipts.learn_dirty(_stretches(server, kinds, spans=(HOUR, DAY), dirty="true"))
    receipts.learn_marks(marks)
    log.info("%s has %d events that %s did not know; now it does", server.place, count, receipts.path)


def forget_days(server: Server, receipts: Receipts, kinds: Kinds, *, timezone: str) -> None:
    """Let no day of another zone hold, if the ward's zone has changed: nobody would correct it any more."""
    before = receipts.timezone()
    if before == timezone:
        return
    if before:
        days = list(_stretches(server, kinds, spans=(DAY,), dirty="false"))
        write_kept(server, [mark_entry(day) for day in days])
        log.info(
            "%s: %d days of %s are answered from their hours; days are those of %s now",
            server.place,
            len(days),
            before,
            timezone,
        )
    receipts.keep_days_of(timezone)


def _stretches(server: Server, kinds: Kinds, *, spans: Sequence[Span], dirty: str) -> Iterator[Stretch]:
    spans_of = [(name, span) for name in kinds for span in spans]
    statements = [
        influxql.select(
            influxql.names((DIRTY,)), measurement(name, span), f"dirty = {dirty} AND {influxql.EVER}", more=BY_SPEAKER
        )
        for name, span in spans_of
    ]
    for (name, span), answer in zip(spans_of, _ask(server, statements, server.access.kept), strict=True):
        for series in answer:
            for row in series.rows():
                yield Stretch(Speaker(row["ward"], row["device"], name), span, row["time"] // NS_PER_MS)


def _catch_up(server: Server, known: Known, kinds: Kinds) -> None:
    """Make the newest values of speakers again whose points are newer than those."""
    behind = [
        speaker
        for speaker, newest_ms in known.newest_ms.items()
        if newest_ms > max((value.at_ms for value in known.memories[speaker].last.values()), default=NEVER_MS)
    ]
    asked = [(speaker, quantity) for speaker in behind for quantity in kinds[speaker.type]]
    answers = _ask(server, [_last_of(*question) for question in asked], server.access.database)
    for (speaker, quantity), answer in zip(asked, answers, strict=True):
        for series in answer:
            for row in series.rows():
                held = held_of(row | {quantity: row["last"]}, {quantity: kinds[speaker.type][quantity]})
                if quantity in held.values:
                    newest = Newest(held.values[quantity], row["time"] // NS_PER_MS, held.arrival(quantity))
                    known.learn(speaker, quantity, newest)


def _last_of(speaker: Speaker, quantity: str) -> str:
    return influxql.select(
        f"last({influxql.identifier(quantity)}) AS last, {influxql.names((RECEIVED, NOTES))}",
        speaker.type,
        influxql.where(influxql.EVER, ward=speaker.ward, device=speaker.device),
    )


def _event_pages(server: Server) -> Iterator[list[tuple[str, Place]]]:
    columns = influxql.names(("ward", "device", "event_id", "superseded"))
    after_ns = influxql.FIRST_MS * NS_PER_MS
    while True:
        statement = influxql.select(
            columns,
            EVENT,
            f"time > {after_ns} AND time < {influxql.END_MS * NS_PER_MS}",
            more=influxql.at_most(PAGE),
        )
        rows = list(_rows(server, statement, server.access.database))
        whole = rows if len(rows) < PAGE else [row for row in rows if row["time"] < rows[-1]["time"]]
        yield [
            (row["event_id"], Place(row["ward"], row["device"], row["time"]))
            for row in whole
            if row["event_id"] and not row["superseded"]
        ]
        if len(rows) < PAGE:
            return
        after_ns = whole[-1]["time"] if whole else rows[-1]["time"]


def _rows(server: Server, statement: str, database: str) -> Iterator[dict[str, Any]]:
    for series in _ask(server, [statement], database)[0]:
        yield from series.rows()


def _ask(server: Server, statements: Sequence[str], database: str) -> list[tuple[Series, ...]]:
    """Ask; a database that only the first write makes has nothing to say."""
    try:
        return server.ask(statements, database=database)
    except NoDatabase:
        return [()] * len(statements)
