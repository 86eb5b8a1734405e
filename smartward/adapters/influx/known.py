"""What the one writer remembers of the server: who speaks, how far each has come, and each one's newest values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any
from zlib import crc32

import msgspec

from smartward.adapters.influx.line import Entry
from smartward.adapters.influx.plan import NEVER_MS, Row, Speaker
from smartward.adapters.influx.stretch import Stretches
from smartward.catalogue.model import ValueType
from smartward.observation import Value

LAST = "last"


class Newest(msgspec.Struct, frozen=True, array_like=True):
    """The newest value of one quantity, by device time."""

    value: Value
    at_ms: int
    received_ms: int


class Memory(msgspec.Struct):
    """What is remembered of one speaker."""

    heard_ms: int = 0
    last: dict[str, Newest] = {}


class Known:
    """The writer's memory. It is thrown away after a failed write and read again from the server."""

    def __init__(self, *, timezone: str) -> None:
        self.stretches = Stretches(timezone)
        self.memories: dict[Speaker, Memory] = {}
        self.speakers: dict[str, list[Speaker]] = defaultdict(list)
        self.newest_ms: dict[Speaker, int] = {}

    def add(self, speaker: Speaker) -> None:
        """Learn of a speaker; nothing happens when it is known."""
        if speaker not in self.memories:
            self.memories[speaker] = Memory(last={})
            self.speakers[speaker.device].append(speaker)

    def hear(self, speaker: Speaker, at_ms: int) -> None:
        """Take note that the server holds something of that instant."""
        self.newest_ms[speaker] = max(at_ms, self.newest_ms.get(speaker, NEVER_MS))

    def learn_rows(self, rows: Iterable[Row], *, refused: AbstractSet[tuple[Speaker, int, str]]) -> set[Speaker]:
        """Take in what is stored now, but for what was refused; give the speakers that this concerns."""
        newest: dict[Speaker, dict[str, Row]] = defaultdict(dict)
        for row in sorted(rows, key=lambda row: row.at_ms):
            if not refused:
                newest[row.speaker].update(dict.fromkeys(row.changed, row))
                continue
            for quantity in row.changed:
                if (row.speaker, row.at_ms, quantity) not in refused:
                    newest[row.speaker][quantity] = row
        for speaker, by_quantity in newest.items():
            for quantity, row in by_quantity.items():
                self.hear(speaker, row.at_ms)
                self.learn(speaker, quantity, Newest(row.changed[quantity], row.at_ms, row.arrived_ms(quantity)))
        return set(newest)

    def learn(self, speaker: Speaker, quantity: str, newest: Newest) -> None:
        """Take a stored value in; an older one than is known changes nothing."""
        memory = self.memories[speaker]
        held = memory.last.get(quantity)
        if held is None or newest.at_ms >= held.at_ms:
            memory.heard_ms = max(memory.heard_ms, newest.received_ms)
            memory.last[quantity] = newest

    def entries(self, speakers: Iterable[Speaker]) -> list[Entry]:
        """Give the points that keep these speakers' newest values; a second speaker of a device changes the first's."""
        together = {other for speaker in speakers for other in self.speakers[speaker.device]}
        return [self._entry(speaker) for speaker in sorted(together)]

    def _entry(self, speaker: Speaker) -> Entry:
        memory = self.memories[speaker]
        return Entry(
            LAST,
            speaker.ward,
            speaker.device,
            {
                "type": speaker.type,
                "heard_at": memory.heard_ms,
                "homes": len(self.speakers[speaker.device]),
                "body": msgspec.json.encode(memory.last).decode(),
            },
            fixed_ns(speaker.type),
        )


def fixed_ns(name: str) -> int:
    """Give the instant, in the first seconds of 1970, under which there is one point for a name."""
    return crc32(name.encode())


def newest_of(body: Any, kinds: Mapping[str, ValueType] | None = None) -> dict[str, Newest]:
    """Read a speaker's newest values; what is not ours says nothing, and is made again from the points."""
    if not isinstance(body, str):
        return {}
    try:
        found = msgspec.json.decode(body, type=dict[str, Newest])
    except msgspec.MsgspecError:
        return {}
    for quantity, newest in found.items():
        if kinds and kinds.get(quantity) == "number" and type(newest.value) is int:
            found[quantity] = msgspec.structs.replace(newest, value=float(newest.value))
    return found
