"""The store as ingest owns it: the one writer, and reading beside it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Lock

import msgspec

from smartward.adapters.influx.deliver import Undelivered, deliver, write_kept
from smartward.adapters.influx.held import held_events, held_rows
from smartward.adapters.influx.known import Known, fixed_ns
from smartward.adapters.influx.line import FIRST_NS, LAST_NS, NS_PER_MS, Entry
from smartward.adapters.influx.names import check_names
from smartward.adapters.influx.plan import (
    HeldEvent,
    Key,
    Place,
    Plan,
    Speaker,
    asked_rows,
    instant,
    plan_events,
    plan_values,
    speaker_of,
)
from smartward.adapters.influx.point import Held
from smartward.adapters.influx.prepare import prepare
from smartward.adapters.influx.read import Reading
from smartward.adapters.influx.recall import RECEIPT, forget_days, recall, recall_strange
from smartward.adapters.influx.receipts import Receipts
from smartward.adapters.influx.refusal import parts_of, refuse, refused_events, refused_values
from smartward.adapters.influx.rollup_point import mark_entry
from smartward.adapters.influx.server import Access, Server
from smartward.adapters.influx.settle import settle
from smartward.adapters.influx.stretch import Stretch, Stretches
from smartward.adapters.sqlite.bucket import hour_of
from smartward.adapters.telemetry_value import check_event, kept_values
from smartward.catalogue.model import Catalogue
from smartward.errors import StoreUnavailable
from smartward.instants import DAY_MS
from smartward.observation import Value
from smartward.ports import Batch, Count, StoredEvent

log = logging.getLogger(__name__)
MILLION = 1_000_000
SETTLED_AT_LEAST = 32
"""How many more hours and days a write rolls up than it touches, when so many are ready: the backlog shrinks."""

SHARD_DAYS = 8
"""InfluxDB drops a week at once: so much longer than its retention an event may be there."""


class Pending(msgspec.Struct):
    """What the server held before a write of which nobody knows whether it arrived."""

    rows: dict[Key, Held] = {}
    events: dict[str, HeldEvent | None] = {}


class InfluxTelemetry(Reading):
    """Keeps telemetry in InfluxDB; a write that has returned was acknowledged by the server.

    Values are expected to be validated, as by every store: what the catalogue lacks raises ValueError and nothing is
    written. `receipts` is a file of this adapter's own, beside ingest's: it makes counting exact.
    """

    def __init__(
        self,
        *,
        url: str,
        database: str,
        catalogue: Catalogue,
        receipts: Path,
        token: str = "",
        username: str = "",
        password: str = "",
        org: str = "",
        retention_days: int | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        access = Access(url, database, token, username, password, org, retention_days, timeout_s)
        super().__init__(Server(access), catalogue=catalogue)
        self._home = catalogue.timezone
        self._receipts = Receipts(receipts)
        self._lock = Lock()
        self._known: Known | None = None
        self._pending: dict[str, Pending] = {}

    def open(self) -> None:
        """Open the file of receipts and prepare the server; a server that is away now is prepared with the first write.

        Raises StoreUnavailable for a file that is damaged or in use, CatalogueError for a name that InfluxDB cannot
        carry.
        """
        for device_type, quantities in self._kinds.items():
            check_names(device_type, quantities)
        self._receipts.open()
        try:
            prepare(self._server)
        except StoreUnavailable as error:
            log.warning("%s", error)

    def close(self) -> None:
        """Close the file and the connections; safe to call twice."""
        self._receipts.close()
        self._server.close()
        self._known = None
        self._pending = {}

    def newest_batch(self, journal: str) -> int:
        """Give the number of the newest batch of a journal that was to be written; 0 when there is none.

        Its answer is fixed even where the server may not have all of it: then it must be written again.
        """
        receipt = self._receipts.newest(journal)
        return receipt.number if receipt else 0

    def write(self, batch: Batch) -> dict[str, Count]:
        """Write a batch and say per device what became of its items; what the server refuses is named there.

        After StoreUnavailable a part may be stored: the same batch again, or a longer one that begins with it, gives
        the answer that the first would have given.
        """
        values = [kept_values(observation, self._kinds) for observation in batch.observations]
        for stored in batch.events:
            check_event(stored)
        with self._lock:
            known, self._known = self._known or self._recalled(), None
            counts, touched = self._write(batch, values, known)
            try:
                self._settle(known, limit=SETTLED_AT_LEAST + touched)
            except StoreUnavailable as error:
                log.warning("hours could not be rolled up; with the next write they will be: %s", error)
                return counts
            self._known = known
        return counts

    def roll_up(self, *, limit: int = 1_000) -> int:
        """Roll up at most `limit` hours and days that are ready, and say how many; 0 when none was."""
        with self._lock:
            known, self._known = self._known or self._recalled(), None
            done = self._settle(known, limit=limit)
            self._known = known
        return done

    def _recalled(self) -> Known:
        """Read what must be known from the server and from the file of receipts."""
        prepare(self._server)
        recall_strange(self._server, self._receipts, self._kinds)
        forget_days(self._server, self._receipts, self._kinds, timezone=self._home)
        known = recall(self._server, self._kinds, timezone=self._home)
        days = self._server.access.retention_days
        if days and known.newest_ms:
            self._receipts.forget_before((max(known.newest_ms.values()) - (days + SHARD_DAYS) * DAY_MS) * NS_PER_MS)
        known.stretches.load(self._receipts.dirty())
        known.stretches.offer(known.memories, newest_ms=known.newest_ms)
        return known

    def _write(self, batch: Batch, values: Sequence[dict[str, Value]], known: Known) -> tuple[dict[str, Count], int]:
        """Write a batch; give its answer, and how many hours and days it has touched that were clean."""
        plan = self._plan(batch, values, known)
        receipt = self._receipts.newest(batch.journal)
        is_again = receipt is not None and receipt.number == batch.number
        counts = receipt.counts if receipt and is_again else plan.counts
        dirty = _touched(plan, known.stretches)
        if not is_again:
            places = {event_id: said.place for event_id, said in plan.events.items()}
            left = [
                said.before.place for said in plan.events.values() if said.before and said.before.place != said.place
            ]
            self._receipts.keep(batch, counts, moved=places, left=left, dirty=dirty)
        self._remember(batch.journal, plan)
        write_kept(self._server, [mark_entry(stretch) for stretch in sorted(dirty)])
        known.stretches.touch(dirty)
        undelivered = self._deliver(plan)
        if not (receipt and is_again and receipt.is_final):
            counts = refuse(counts, plan, undelivered)
            if undelivered:
                lost = [item for item in refused_events(plan, undelivered) if plan.events[item].before is None]
                self._receipts.finish(batch, counts, lost=lost)
        self._learn(batch, plan, undelivered, known)
        self._pending.pop(batch.journal, None)
        return counts, len(dirty)

    def _plan(self, batch: Batch, values: Sequence[dict[str, Value]], known: Known) -> Plan:
        """Find out what is new: from memory where it can be, from the server where it must be."""
        for observation, kept in zip(batch.observations, values, strict=True):
            if kept:
                known.add(speaker_of(observation))
        pending = self._pending.get(batch.journal, Pending())
        asked = asked_rows(batch, values, speakers=known.speakers, newest_ms=known.newest_ms)
        held = held_rows(
            self._server, {key: asked[key] for key in asked.keys() - pending.rows.keys()}, kinds=self._kinds
        )
        plan = plan_values(batch, values, speakers=known.speakers, held=held | pending.rows, kinds=self._kinds)
        places = self._receipts.places({stored.event.event_id for stored in batch.events})
        events = held_events(
            self._server, {name: place for name, place in places.items() if name not in pending.events}
        )
        events |= {name: event for name, event in pending.events.items() if event is not None}
        taken: dict[tuple[str, int], str] = {}
        plan_events(
            plan,
            batch.events,
            held=events,
            free_place=lambda stored: self._free_place(stored, places=places, taken=taken),
        )
        return plan

    def _free_place(
        self, stored: StoredEvent, *, places: Mapping[str, Place], taken: dict[tuple[str, int], str]
    ) -> Place:
        """Find the event's own nanosecond within its millisecond: two events of one instant must not overwrite."""
        event_id, device, at_ms = stored.event.event_id, stored.event.device, instant(stored)
        held = places.get(event_id)
        if held and (held.ward, held.device, held.at_ns // NS_PER_MS) == (stored.ward, device, at_ms):
            return held
        digest = int.from_bytes(blake2b(event_id.encode(), digest_size=8).digest(), "big")
        for step in range(MILLION):
            at_ns = at_ms * NS_PER_MS + (digest + step) % MILLION
            owner = taken.get((device, at_ns)) or self._receipts.owner(device, at_ns)
            if owner in {"", event_id}:
                taken[device, at_ns] = event_id
                return Place(stored.ward, device, at_ns)
        raise StoreUnavailable(f"device {device} has a million events at {at_ms} ms; none can be told apart any more")

    def _remember(self, journal: str, plan: Plan) -> None:
        """Keep what the server held before this write, for the case that nobody will know whether it arrived."""
        pending = self._pending.setdefault(journal, Pending({}, {}))
        pending.rows = {key: row.held for key, row in plan.rows.items()} | pending.rows
        pending.events = {name: said.before for name, said in plan.events.items()} | pending.events

    def _deliver(self, plan: Plan) -> list[Undelivered]:
        """Write the points, and mark the places that events have left."""
        left = self._receipts.left_places()
        database = self._server.access.database
        undelivered = deliver(parts_of(plan, left=left), write=lambda body: self._server.write(body, database=database))
        if left:
            self._receipts.forget_left(left)
        return undelivered

    def _learn(self, batch: Batch, plan: Plan, undelivered: Sequence[Undelivered], known: Known) -> None:
        """Take in what is stored now, and write the newest values and the batch's number beside the points."""
        refused = {(speaker, at_ms, quantity) for (speaker, at_ms), quantity, _ in refused_values(plan, undelivered)}
        heard = known.learn_rows((row for row in plan.rows.values() if row.changed), refused=refused)
        file, turn = self._receipts.mark()
        mark = Entry(
            RECEIPT,
            "",
            "",
            {"journal": batch.journal, "number": batch.number, "file": file, "turn": turn},
            fixed_ns(batch.journal),
        )
        write_kept(self._server, [*known.entries(heard), mark])
        known.stretches.offer(heard, newest_ms=known.newest_ms)

    def _settle(self, known: Known, *, limit: int) -> int:
        settled = settle(self._server, known.stretches, self._kinds, limit=limit)
        if settled:
            self._receipts.clean(settled)
        return len(settled)


def _touched(plan: Plan, stretches: Stretches) -> set[Stretch]:
    """List hours and days that a batch changes and of which the server does not know yet that they are dirty."""
    touched: dict[tuple[Speaker, int], int] = {
        (row.speaker, hour_of(row.at_ms)): row.at_ms
        for row in plan.rows.values()
        if row.changed and FIRST_NS <= row.at_ms * NS_PER_MS <= LAST_NS
    }
    return {
        stretch
        for (speaker, _), at_ms in touched.items()
        for stretch in stretches.around(speaker, at_ms)
        if stretch not in stretches.marked and stretch.at_ms * NS_PER_MS >= FIRST_NS
    }
