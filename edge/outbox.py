"""The outbox: what the gateway must still deliver, on disk in numbered packs, until the server has it on its disk."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock

import msgspec

from smartward.errors import LogFull, SmartwardError
from smartward.event import Event
from smartward.instants import DAY_MS
from smartward.log import DurableLog, Record
from smartward.observation import Observation
from smartward.pack import MAX_BYTES, MAX_OBSERVATIONS, Pack, encode, event_json, observation_json
from smartward.sqlite_file import Database

logger = logging.getLogger(__name__)

SERVER = "server"
"""The log's only cursor: how far the server has said that everything is on its disk."""
KEPT_MS = DAY_MS
"""How long delivered packs are kept, for a server that comes back from a backup."""
MAX_FACT_BYTES = MAX_BYTES - 512
"""What the observations and events of a pack may weigh; the rest is for its number and punctuation."""
MAX_UNWRITTEN = 5_000
"""Observations held in memory while the disk takes nothing; then the oldest are given up and counted."""
REWRITTEN_AT_ONCE = 64
CACHE_KIB = 256
"""One process may hold dozens of outboxes, and reads each pack once."""


class Outbox:
    """Takes observations and events from any thread; one thread writes them down, reads packs and confirms them.

    `put` keeps things in memory until `flush` has committed them: whoever drives the outbox calls it soon, so that a
    killed process loses at most that moment. Packs are numbered from 1 without a gap for the life of the file,
    whatever is delivered, thinned or restarted.
    """

    def __init__(self, path: Path, *, max_body_bytes: int) -> None:
        self._database = Database(path, cache_kib=CACHE_KIB)
        self._log = DurableLog(self._database, name="outbox", cursors=(SERVER,), max_body_bytes=max_body_bytes)
        self._room_made_at_once = max_body_bytes // 16
        self._lock = Lock()
        self._unwritten: list[Observation | Event] = []
        self._given_up: Counter[str] = Counter()
        self._last = 0
        self._committed = 0
        self._once_committed = 0
        self._thinned_through = 0

    def open(self) -> None:
        """Open or create the file; raises StoreUnavailable when it cannot be, or is another process's."""
        self._database.open()
        self._log.open()
        self._last = self._log.last()
        self._committed = self._once_committed = self._log.cursor(SERVER)

    def close(self) -> None:
        """Close the file; what was not flushed is gone."""
        self._database.close()

    @property
    def boot(self) -> str:
        """Name this outbox for ever: new only when the file is new."""
        return self._log.boot

    @property
    def last(self) -> int:
        """Give the number of the newest pack on disk."""
        return self._last

    @property
    def committed(self) -> int:
        """Tell up to which pack the server has everything, as it said last."""
        return self._committed

    @property
    def waiting(self) -> int:
        """Count the packs that the server does not have."""
        return self._last - self._committed

    def oldest(self) -> int:
        """Give the number of the oldest pack that could still be sent; older ones will never come (again)."""
        first = self._log.read(after=0, limit=1)
        return first[0].number if first else self._last + 1

    def put(self, fact: Observation | Event) -> int:
        """Take an observation or event from any thread, and tell how many are not yet on disk.

        One that no pack can carry is given up and counted. Raises TypeError for a value that JSON does not know.
        """
        size = size_of(fact)
        with self._lock:
            if size > MAX_FACT_BYTES:
                logger.error("outbox: %s bytes of %s at once is more than a pack can carry", size, fact.device)
                self._given_up[fact.device] += 1
                return len(self._unwritten)
            self._unwritten.append(fact)
            if len(self._unwritten) > MAX_UNWRITTEN:
                self._give_up_oldest()
            return len(self._unwritten)

    def flush(self, *, now_ms: int) -> None:
        """Write down everything taken so far, in packs, and what the server has confirmed; on disk when it returns.

        Raises LogFull or StoreUnavailable when the disk takes nothing, or nothing more can be thinned: everything
        taken is kept in memory then, and the next call tries again.
        """
        with self._lock:
            facts, self._unwritten = self._unwritten, []
            given_up, self._given_up = self._given_up, Counter()
        try:
            packs = packed(facts, boot=self.boot, after=self._last, thinned=given_up)
            self._write([encode(pack) for pack in packs], now_ms=now_ms)
        except SmartwardError:
            with self._lock:
                self._unwritten[:0] = facts
                self._given_up += given_up
            raise

    def read(self, *, after: int, limit: int) -> list[Record]:
        """List packs as they go over the wire, in order, from `after`+1 or the oldest that is still held."""
        return self._log.read(after=after, limit=limit)

    def confirm(self, seq: int) -> bool:
        """Learn what the server has; False when it has less than it once had (restored from a backup).

        What it had is kept for a day, and can be sent again from `committed`+1. A server that has more than was ever
        numbered here knew this outbox before the file was restored from an older copy: what waits is numbered anew
        above it. Raises LogFull or StoreUnavailable when the disk does not take that.
        """
        if seq > self._last:
            self._number_anew(above=seq)
            return True
        is_progress = seq >= self._committed
        self._committed = seq
        return is_progress

    def _number_anew(self, *, above: int) -> None:
        """Give what waits new numbers, and let the server's word stand for all numbers up to its own."""
        logger.error(
            "outbox %s is an older copy of itself: the server has packs up to %s, it knows %s. Do not run copies of it",
            self._database.path,
            above,
            self._last,
        )
        after, number = self._once_committed, above
        with self._database.transaction() as connection:
            self._log.skip(connection, to=above)
            while records := self._log.read(after=after, limit=REWRITTEN_AT_ONCE):
                bodies = [renumbered(record.body, seq=number + index) for index, record in enumerate(records, start=1)]
                self._log.append(connection, bodies, at_ms=records[-1].at_ms)
                after, number = records[-1].number, number + len(records)
            self._log.advance(connection, SERVER, number=above)
        self._last, self._committed, self._once_committed = number, above, above

    def _write(self, bodies: Sequence[bytes], *, now_ms: int) -> None:
        """Commit packs and the cursor, making room in steps: what was delivered first, then the oldest telemetry."""
        if not bodies and self._committed <= self._once_committed:
            return
        for trimmed_before_ms in (now_ms - KEPT_MS, None):
            try:
                self._commit(bodies, now_ms=now_ms, trimmed_before_ms=trimmed_before_ms)
            except LogFull:
                continue
            return
        self._make_room(sum(map(len, bodies)))
        self._commit(bodies, now_ms=now_ms, trimmed_before_ms=None)

    def _commit(self, bodies: Sequence[bytes], *, now_ms: int, trimmed_before_ms: int | None) -> None:
        with self._database.transaction() as connection:
            self._log.advance(connection, SERVER, number=self._committed)
            if self._committed >= self._once_committed:  # else the server is being given again what it lost
                self._log.trim(connection, before_ms=trimmed_before_ms)
            _, last = self._log.append(connection, bodies, at_ms=now_ms)
        self._last, self._once_committed = last, max(self._committed, self._once_committed)

    def _make_room(self, needed_bytes: int) -> None:
        """Replace the oldest undelivered telemetry by tombstones; events stay."""
        wanted = max(needed_bytes, self._room_made_at_once)
        after, freed, thinned = max(self._committed, self._thinned_through), 0, 0
        while freed < wanted and (records := self._log.read(after=after, limit=REWRITTEN_AT_ONCE)):
            with self._database.transaction() as connection:
                for record in records:
                    body = min(tombstone(record.body), record.body, key=len)
                    self._log.replace(connection, record.number, body=body)
                    freed += len(record.body) - len(body)
            after = records[-1].number
            thinned += len(records)
        self._thinned_through = after
        if thinned:
            logger.warning("outbox %s is full: the telemetry of %s packs was given up", self._database.path, thinned)

    def _give_up_oldest(self) -> None:
        """Give up one observation in memory, never an event, and count it."""
        for index, fact in enumerate(self._unwritten):
            if isinstance(fact, Observation):
                del self._unwritten[index]
                self._given_up[fact.device] += 1
                return


def packed(
    facts: Sequence[Observation | Event], *, boot: str, after: int, thinned: Mapping[str, int]
) -> Iterator[Pack]:
    """Put facts into packs of at most 50 observations and 64 KiB, numbered from `after`+1; the first has `thinned`."""
    seq, told = after + 1, dict(thinned)
    observations: list[Observation] = []
    events: list[Event] = []
    size = 0
    for fact in facts:
        fact_bytes = size_of(fact) + 1
        is_full = size + fact_bytes > MAX_FACT_BYTES or len(observations) == MAX_OBSERVATIONS
        if is_full and (observations or events):
            yield Pack(boot, seq, tuple(observations), tuple(events), told)
            seq, told, size, observations, events = seq + 1, {}, 0, [], []
        size += fact_bytes
        if isinstance(fact, Event):
            events.append(fact)
        else:
            observations.append(fact)
    if observations or events or told:
        yield Pack(boot, seq, tuple(observations), tuple(events), told)


def size_of(fact: Observation | Event) -> int:
    """Weigh a fact as it goes over the wire, in bytes."""
    return len(msgspec.json.encode(event_json(fact) if isinstance(fact, Event) else observation_json(fact)))


class _Said(msgspec.Struct):
    device: str


class _Whole(msgspec.Struct, omit_defaults=True):
    """A pack as it is on disk, its content untouched."""

    v: int
    boot: str
    seq: int
    obs: msgspec.Raw
    events: msgspec.Raw
    thinned: dict[str, int] = {}


class _Counted(msgspec.Struct):
    """A pack as it is on disk, its events untouched and its observations by their devices."""

    v: int
    boot: str
    seq: int
    obs: list[_Said]
    events: msgspec.Raw
    thinned: dict[str, int] = {}


def renumbered(body: bytes, *, seq: int) -> bytes:
    """Give a pack under another number."""
    return msgspec.json.encode(msgspec.structs.replace(msgspec.json.decode(body, type=_Whole), seq=seq))


def tombstone(body: bytes) -> bytes:
    """Give a pack without its observations, counting them per device; its number and its events stay."""
    wire = msgspec.json.decode(body, type=_Counted)
    counts = Counter(wire.thinned) + Counter(said.device for said in wire.obs)
    return msgspec.json.encode(msgspec.structs.replace(wire, obs=[], thinned=dict(counts)))
