"""What one batch changes: which values are new, which the same again, which corrected. Nothing is read or written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from smartward.adapters.influx.line import NS_PER_MS, Entry, Field
from smartward.adapters.influx.point import NOTHING, Held, fields_of
from smartward.adapters.telemetry_value import Kinds
from smartward.observation import Value
from smartward.ports import Batch, Count, StoredEvent, StoredObservation

EVENT = "event"
NEVER_MS = -(2**63)


class Speaker(NamedTuple):
    """Who speaks: InfluxDB has one series for each."""

    ward: str
    device: str
    type: str


class Row(msgspec.Struct):
    """One device at one instant: what the server holds, and the last word of this batch on what it changes.

    Changes arrived at `received_ms`, or as `arrivals` says. `tally` tells how often a value was counted as stored
    and as corrected where that is not once and never.
    """

    speaker: Speaker
    at_ms: int
    held: Held
    received_ms: int
    changed: dict[str, Value]
    arrivals: dict[str, int] = {}
    tally: dict[str, tuple[int, int]] = {}

    def now(self, quantity: str) -> Value | None:
        """Give the value as it stands in the middle of the batch."""
        value = self.changed.get(quantity)
        return self.held.values.get(quantity) if value is None else value

    def take(self, quantity: str, value: Value, *, received_ms: int) -> tuple[int, int, int]:
        """Take one value in, and say how it counts: stored, duplicates, corrected."""
        before = self.now(quantity)
        if before == value:
            return 0, 1, 0
        corrected = int(before is not None)
        if quantity in self.changed or corrected:
            stored_before, corrected_before = self.counted(quantity) if quantity in self.changed else (0, 0)
            self.tally[quantity] = (stored_before + 1, corrected_before + corrected)
        if not self.changed:
            self.received_ms = received_ms
        self.changed[quantity] = value
        if received_ms != self.received_ms or quantity in self.arrivals:
            self.arrivals[quantity] = received_ms
        return 1, 0, corrected

    def counted(self, quantity: str) -> tuple[int, int]:
        """Say how often a changed value was counted as stored, and as corrected."""
        return self.tally.get(quantity, (1, 0))

    def arrived_ms(self, quantity: str) -> int:
        """Say when a changed value arrived."""
        return self.arrivals.get(quantity, self.received_ms)

    def entry(self) -> Entry:
        """Give the point that says what has changed."""
        fields = fields_of(self.changed, received_ms=self.received_ms, arrivals=self.arrivals, held=self.held)
        return Entry(self.speaker.type, self.speaker.ward, self.speaker.device, fields, self.at_ms * NS_PER_MS)


class Place(NamedTuple):
    """Where an event's point is: its series and its time."""

    ward: str
    device: str
    at_ns: int


class HeldEvent(msgspec.Struct, frozen=True):
    """An event as the server has it."""

    place: Place
    type_of_device: str
    body: str


class Said(msgspec.Struct):
    """What a batch makes of one event."""

    stored_event: StoredEvent
    body: str
    before: HeldEvent | None
    place: Place
    stored: int = 0
    corrected: int = 0


Key = tuple[Speaker, int]
Speakers = Mapping[str, Sequence[Speaker]]


class Plan(msgspec.Struct):
    """What a batch changes, and what its answer is."""

    rows: dict[Key, Row] = {}
    events: dict[str, Said] = {}
    counts: dict[str, Count] = {}

    def count(self, device: str) -> Count:
        """Give a device's count to add to."""
        return self.counts.setdefault(device, Count())


def speaker_of(observation: StoredObservation) -> Speaker:
    """Say who speaks."""
    return Speaker(observation.ward, observation.device, observation.type)


def asked_rows(
    batch: Batch, values: Sequence[Mapping[str, Value]], *, speakers: Speakers, newest_ms: Mapping[Speaker, int]
) -> dict[Key, set[str]]:
    """List the rows that the server may have, with their quantities: those not newer than all that it has."""
    asked: dict[Key, set[str]] = {}
    for observation, kept in zip(batch.observations, values, strict=True):
        if not kept:
            continue
        for speaker in speakers[observation.device]:
            if observation.observed_ms <= newest_ms.get(speaker, NEVER_MS):
                asked.setdefault((speaker, observation.observed_ms), set()).update(kept)
    return asked


def plan_values(
    batch: Batch,
    values: Sequence[dict[str, Value]],
    *,
    speakers: Speakers,
    held: Mapping[Key, Held],
    kinds: Kinds,
) -> Plan:
    """Go through the observations in order; `held` has every row that was asked for and found."""
    plan = Plan()
    rows = plan.rows

    def row_of(speaker: Speaker, at_ms: int, received_ms: int) -> Row:
        row = rows.get((speaker, at_ms))
        if row is None:
            found = held.get((speaker, at_ms), NOTHING)
            row = rows[speaker, at_ms] = Row(speaker, at_ms, found, received_ms, {}, {}, {})
        return row

    for observation, kept in zip(batch.observations, values, strict=True):
        if not kept:
            continue
        at_ms, received_ms = observation.observed_ms, observation.received_ms
        count, others = plan.count(observation.device), speakers[observation.device]
        key = (speaker_of(observation), at_ms)
        if len(others) == 1 and key not in rows and key not in held:
            rows[key] = Row(key[0], at_ms, NOTHING, received_ms, kept, {}, {})
            count.stored += len(kept)
            continue
        own = row_of(*key, received_ms)
        for quantity, value in kept.items():
            row = own
            if len(others) > 1:
                homes = (row_of(other, at_ms, received_ms) for other in others if quantity in kinds[other.type])
                row = next((home for home in homes if home.now(quantity) is not None), own)
            stored, duplicates, corrected = row.take(quantity, value, received_ms=received_ms)
            count.stored += stored
            count.duplicates += duplicates
            count.corrected += corrected
    return plan


def plan_events(
    plan: Plan,
    events: Iterable[StoredEvent],
    *,
    held: Mapping[str, HeldEvent],
    free_place: Callable[[StoredEvent], Place],
) -> None:
    """Go through the events in order; `held` has those that the server has."""
    seen: dict[str, tuple[str, str, str]] = {
        event_id: (found.place.ward, found.type_of_device, found.body) for event_id, found in held.items()
    }
    for stored in events:
        event, count = stored.event, plan.count(stored.event.device)
        body = msgspec.json.encode(event, order="deterministic").decode()
        content = (stored.ward, stored.type_of_device, body)
        before = seen.get(event.event_id)
        if before == content:
            count.duplicates += 1
            continue
        seen[event.event_id] = content
        said = plan.events.get(event.event_id)
        if said is None:
            first = held.get(event.event_id)
            said = plan.events[event.event_id] = Said(stored, body, first, free_place(stored))
        elif _instant_and_series(said.stored_event) != _instant_and_series(stored):
            said.place = free_place(stored)
        said.stored_event, said.body = stored, body
        said.stored += 1
        said.corrected += before is not None
        count.stored += 1
        count.corrected += before is not None


def event_entry(said: Said) -> Entry:
    """Give the point of an event; `body` is all of it, the other fields are for who reads with InfluxQL."""
    stored, event = said.stored_event, said.stored_event.event
    fields: dict[str, Field] = {
        "event_id": event.event_id,
        "type": event.type,
        "device_type": stored.type_of_device,
        "received_at": stored.received_ms,
        "phase": event.phase.value,
        "superseded": False,
        "body": said.body,
    }
    if event.confidence is not None:
        fields["confidence"] = float(event.confidence)
    if event.zone is not None:
        fields["zone"] = event.zone
    if event.dwell_s is not None:
        fields["dwell_s"] = float(event.dwell_s)
    return Entry(EVENT, said.place.ward, said.place.device, fields, said.place.at_ns)


def superseded_entry(place: Place) -> Entry:
    """Give the point that marks an event's earlier place: its newest word stands elsewhere."""
    return Entry(EVENT, place.ward, place.device, {"superseded": True}, place.at_ns)


def instant(stored: StoredEvent) -> int:
    """Say when an event was true; one without a time of its own was true when it arrived."""
    return stored.received_ms if stored.event.observed_ms is None else stored.event.observed_ms


def _instant_and_series(stored: StoredEvent) -> tuple[str, str, int]:
    return stored.ward, stored.event.device, instant(stored)
