"""What one batch changes: which values are new, which the same again, which corrected. Nothing is read or written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from smartward.adapters.influx.line import Entry, Field
from smartward.adapters.influx.point import NOTHING, Held, fields_of
from smartward.adapters.telemetry_value import Kinds
from smartward.observation import Value
from smartward.ports import Batch, Count, StoredEvent, StoredObservation

NS_PER_MS = 1_000_000
EVENT = "event"
NEVER_MS = -(2**63)


class Speaker(NamedTuple):
    """Who speaks: InfluxDB has one series for each."""

    ward: str
    device: str
    type: str


class Change(msgspec.Struct):
    """What a batch makes of one value: its last word, and how often it was counted on the way."""

    value: Value
    received_ms: int
    stored: int = 0
    corrected: int = 0


class Row(msgspec.Struct):
    """One device at one instant: what the server holds and what this batch changes."""

    speaker: Speaker
    at_ms: int
    held: Held
    changed: dict[str, Change] = {}

    def now(self, quantity: str) -> Value | None:
        """Give the value as it stands in the middle of the batch."""
        change = self.changed.get(quantity)
        return change.value if change else self.held.values.get(quantity)

    def entry(self) -> Entry:
        """Give the point that says what has changed."""
        values = {quantity: (change.value, change.received_ms) for quantity, change in self.changed.items()}
        return Entry(
            self.speaker.type,
            self.speaker.ward,
            self.speaker.device,
            fields_of(values, held=self.held),
            self.at_ms * NS_PER_MS,
        )


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
    values: Sequence[Mapping[str, Value]],
    *,
    speakers: Speakers,
    held: Mapping[Key, Held],
    kinds: Kinds,
) -> Plan:
    """Go through the observations in order; `held` has every row that was asked for and found."""
    plan = Plan()

    def row_of(speaker: Speaker, at_ms: int) -> Row:
        row = plan.rows.get((speaker, at_ms))
        if row is None:
            row = plan.rows[speaker, at_ms] = Row(speaker, at_ms, held.get((speaker, at_ms), NOTHING), {})
        return row

    for observation, kept in zip(batch.observations, values, strict=True):
        if not kept:
            continue
        count, others = plan.count(observation.device), speakers[observation.device]
        own = row_of(speaker_of(observation), observation.observed_ms)
        for quantity, value in kept.items():
            row = own
            if len(others) > 1:
                rows = (row_of(other, observation.observed_ms) for other in others if quantity in kinds[other.type])
                row = next((row for row in rows if row.now(quantity) is not None), own)
            _take(row, quantity, value, received_ms=observation.received_ms, count=count)
    return plan


def _take(row: Row, quantity: str, value: Value, *, received_ms: int, count: Count) -> None:
    before = row.now(quantity)
    if before == value:
        count.duplicates += 1
        return
    change = row.changed.get(quantity)
    if change is None:
        change = row.changed[quantity] = Change(value, received_ms)
    change.value, change.received_ms = value, received_ms
    change.stored += 1
    change.corrected += before is not None
    count.stored += 1
    count.corrected += before is not None


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
