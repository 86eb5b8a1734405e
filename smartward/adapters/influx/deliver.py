"""Delivering points: all that the server takes are stored, and those that it never will are found one by one.

A server that refuses some points of a write stores the others, but 1.x and 2.x name only one reason and a number.
Writing is idempotent, so what is left is written again in parts until each part is taken or refused whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from smartward.adapters.influx.answer import Refused, conflict
from smartward.adapters.influx.line import FIRST_NS, LAST_NS, Entry
from smartward.adapters.influx.server import Server
from smartward.errors import StoreUnavailable

LINES, BYTES = 5_000, 4 * 1024 * 1024
"""How much goes into one write at most; a longer line goes alone."""

NOT_HELD = "InfluxDB holds instants from 1677 to 2262 only"

Write = Callable[[bytes], Refused | None]


class Part(msgspec.Struct, frozen=True):
    """One point, or a part of its fields; `place` tells which; `quantities` can do without each other."""

    place: int
    entry: Entry
    quantities: frozenset[str] = frozenset()

    def without(self, field: str) -> Part:
        """Give the point without one of its quantities."""
        fields = {name: value for name, value in self.entry.fields.items() if name != field}
        entry = msgspec.structs.replace(self.entry, fields=fields)
        return msgspec.structs.replace(self, entry=entry, quantities=self.quantities - {field})

    def only(self, field: str) -> Part:
        """Give the point with one of its quantities."""
        fields = {
            name: value for name, value in self.entry.fields.items() if name == field or name not in self.quantities
        }
        entry = msgspec.structs.replace(self.entry, fields=fields)
        return msgspec.structs.replace(self, entry=entry, quantities=frozenset({field}))


class Undelivered(msgspec.Struct, frozen=True):
    """What the server will never take: these quantities of a point, or all of it when there are none."""

    place: int
    quantities: frozenset[str]
    reason: str


def deliver(parts: Iterable[Part], *, write: Write) -> list[Undelivered]:
    """Write all points, made as they are needed; raises what `write` raises, and writing all again is then right."""
    undelivered: list[Undelivered] = []
    chunk: list[Part] = []
    lines: list[str] = []
    size = 0
    for part in parts:
        if not FIRST_NS <= part.entry.at_ns <= LAST_NS:
            undelivered.append(Undelivered(part.place, part.quantities, NOT_HELD))
            continue
        line = part.entry.line()
        if chunk and (len(chunk) >= LINES or size + len(line) > BYTES):
            undelivered += _send(chunk, write, lines=lines)
            chunk, lines, size = [], [], 0
        chunk.append(part)
        lines.append(line)
        size += len(line)
    return undelivered + _send(chunk, write, lines=lines)


def write_kept(server: Server, entries: Iterable[Entry]) -> None:
    """Write into the database of our own; raises StoreUnavailable when something else is in the way there."""
    kept = server.access.kept
    parts = (Part(place, entry) for place, entry in enumerate(entries))
    for lost in deliver(parts, write=lambda body: server.write(body, database=kept)):
        raise StoreUnavailable(
            f"{server.place} refused what belongs into its database {kept} ({lost.reason}). "
            "That database is smartward's own: let nothing else write into it, and let it keep for ever"
        )


def _send(parts: Sequence[Part], write: Write, *, lines: Sequence[str] = ()) -> list[Undelivered]:
    if not parts:
        return []
    refused = write("\n".join(lines or [part.entry.line() for part in parts]).encode())
    if refused is None:
        return []
    if refused.lines:
        return _send_named(parts, refused, write)
    if refused.field:
        return _send_around(parts, refused, write)
    return _send_halves(parts, refused, write)


def _send_named(parts: Sequence[Part], refused: Refused, write: Write) -> list[Undelivered]:
    """Go on from lines that the server named; it may have stopped naming them, so the others are written again."""
    named = {place: reason for place, reason in refused.lines.items() if place < len(parts)}
    if not named:
        return _send_halves(parts, refused, write)
    undelivered: list[Undelivered] = []
    rest = [part for place, part in enumerate(parts) if place not in named]
    for place, reason in named.items():
        part, field = parts[place], conflict(reason)[0]
        if field in part.quantities and len(part.quantities) > 1:
            rest.append(part.without(field))
            part = part.only(field)
        undelivered.append(Undelivered(part.place, part.quantities, reason))
    return undelivered + _send(rest, write)


def _send_around(parts: Sequence[Part], refused: Refused, write: Write) -> list[Undelivered]:
    """Set the field apart that has another type in the server, and write the rest without it."""
    apart: list[Part] = []
    rest: list[Part] = []
    for part in parts:
        if refused.field not in part.entry.fields or refused.measurement not in {"", part.entry.measurement}:
            rest.append(part)
        elif refused.field in part.quantities and len(part.quantities) > 1:
            rest.append(part.without(refused.field))
            apart.append(part.only(refused.field))
        else:
            apart.append(part)
    if not rest or not apart:
        return _send_halves(parts, refused, write)
    return _send(rest, write) + _send(apart, write)


def _send_halves(parts: Sequence[Part], refused: Refused, write: Write) -> list[Undelivered]:
    """Find the refused points by halves, in order of time: what is too old, or lies in one shard, lies together."""
    if len(parts) == 1 or refused.dropped >= len(parts):
        return [Undelivered(part.place, part.quantities, refused.reason) for part in parts]
    parts = sorted(parts, key=lambda part: part.entry.at_ns)
    middle = len(parts) // 2
    return _send(parts[:middle], write) + _send(parts[middle:], write)
