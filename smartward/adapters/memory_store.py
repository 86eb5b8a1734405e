"""Telemetry in memory: the plain fake, simple enough to be believed without a test of its own."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime, timedelta
from threading import RLock
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from smartward.adapters.telemetry_question import OF_ANY_KIND, check_bucket, check_fn
from smartward.adapters.telemetry_value import check_event, kept_values, kinds_of
from smartward.catalogue.model import Catalogue
from smartward.instants import DAY_MS, to_datetime, to_ms
from smartward.observation import Value
from smartward.ports import Batch, Count, Fn, Latest, Point, StoredEvent, StoredObservation

T = TypeVar("T")


class MemoryTelemetry:
    """Keeps every value under its identity and answers each question by looking at all of them."""

    def __init__(self, *, catalogue: Catalogue) -> None:
        self._kinds = kinds_of(catalogue)
        self._lock = RLock()
        self._values: dict[tuple[str, str], dict[int, Latest]] = defaultdict(dict)
        self._events: dict[str, StoredEvent] = {}
        self._answers: dict[str, tuple[int, dict[str, Count]]] = {}

    def write(self, batch: Batch) -> dict[str, Count]:
        """Write a batch, all or nothing, and say per device what became of its items."""
        values = [kept_values(observation, self._kinds) for observation in batch.observations]
        for stored in batch.events:
            check_event(stored)
        with self._lock:
            number, counts = self._answers.get(batch.journal, (None, {}))
            if number != batch.number:
                counts = defaultdict(Count)
                for observation, kept in zip(batch.observations, values, strict=True):
                    for quantity, value in kept.items():
                        self._put_value(observation, quantity, value, counts[observation.device])
                for stored in batch.events:
                    self._put_event(stored, counts[stored.event.device])
                self._answers[batch.journal] = (batch.number, dict(counts))
            return {device: msgspec.structs.replace(count) for device, count in counts.items()}

    def _put_value(self, observation: StoredObservation, quantity: str, value: Value, count: Count) -> None:
        at_ms, received_ms = observation.observed_ms, observation.received_ms
        held = self._values[observation.device, quantity].get(at_ms)
        if held is None:
            held = Latest(observation.ward, observation.device, observation.type, quantity, value, at_ms, received_ms)
        elif held.value == value:
            count.duplicates += 1
            return
        else:
            held = msgspec.structs.replace(held, value=value, received_ms=received_ms)
            count.corrected += 1
        count.stored += 1
        self._values[observation.device, quantity][at_ms] = held

    def _put_event(self, stored: StoredEvent, count: Count) -> None:
        held = self._events.get(stored.event.event_id)
        if held is not None and _content(held) == _content(stored):
            count.duplicates += 1
            return
        count.stored += 1
        count.corrected += held is not None
        self._events[stored.event.event_id] = stored

    def newest_batch(self, journal: str) -> int:
        """Give the number of the newest batch written from a journal; 0 when there is none."""
        with self._lock:
            return self._answers.get(journal, (0, {}))[0]

    def latest(self, *, ward: str | None = None, type: str | None = None, device: str | None = None) -> list[Latest]:  # noqa: A002 - the port's own name
        """List newest values, by device then quantity."""
        newest: list[Latest] = []
        with self._lock:
            for key in sorted(self._values):
                chosen = [
                    value
                    for value in self._values[key].values()
                    if ward in (None, value.ward) and type in (None, value.type) and device in (None, value.device)
                ]
                if chosen:
                    newest.append(max(chosen, key=lambda value: value.observed_ms))
        return newest

    def latest_since(self, received_ms: int, *, limit: int = 10_000) -> list[Latest]:
        """List newest values that arrived after an instant, in order of arrival; no instant is cut in two."""
        arrived = [value for value in self.latest() if value.received_ms > received_ms]
        arrived.sort(key=lambda value: value.received_ms)
        return _whole_instants(arrived, [value.received_ms for value in arrived], limit=limit)

    def series(
        self,
        device: str,
        quantity: str,
        *,
        from_ms: int,
        to_ms: int,
        every_ms: int | None = None,
        fn: Fn = "mean",
        timezone: str = "UTC",
        limit: int = 5_000,
    ) -> list[Point]:
        """List values with from_ms <= at < to_ms in order of time: raw without `every_ms`, else one point a bucket."""
        limit = max(limit, 0)
        if every_ms is not None:
            check_bucket(every_ms, timezone=timezone)
        with self._lock:
            held = dict(sorted(self._values.get((device, quantity), {}).items()))
        chosen = {at_ms: latest.value for at_ms, latest in held.items() if from_ms <= at_ms < to_ms}
        if every_ms is None:
            return [Point(at_ms, value) for at_ms, value in chosen.items()][:limit]
        for latest in held.values():
            check_fn(fn, quantity=quantity, kind=self._kinds[latest.type][quantity])
        buckets: dict[int, list[Value]] = defaultdict(list)
        for at_ms, value in chosen.items():
            buckets[bucket_start(at_ms, every_ms=every_ms, timezone=timezone)].append(value)
        return [Point(start, apply(fn, values)) for start, values in sorted(buckets.items())][:limit]

    def events(
        self, *, ward: str | None = None, device: str | None = None, before_ms: int | None = None, limit: int = 100
    ) -> list[StoredEvent]:
        """List events, newest first by device time; no instant is cut in two."""
        with self._lock:
            chosen = [
                stored
                for stored in self._events.values()
                if ward in (None, stored.ward)
                and device in (None, stored.event.device)
                and (before_ms is None or _instant(stored) < before_ms)
            ]
        chosen.sort(key=lambda stored: (-_instant(stored), stored.event.event_id))
        return _whole_instants(chosen, [_instant(stored) for stored in chosen], limit=limit)


def bucket_start(at_ms: int, *, every_ms: int, timezone: str) -> int:
    """Give the beginning of the bucket around an instant; days are local, and groups of them count from a Monday."""
    if every_ms < DAY_MS:
        return at_ms // every_ms * every_ms
    local = to_datetime(at_ms).astimezone(ZoneInfo(timezone))
    midnight = datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(timezone))
    return to_ms(midnight - timedelta(days=(midnight.toordinal() - 1) % (every_ms // DAY_MS)))


def apply(fn: Fn, values: list[Value]) -> Value:
    """Give what a function says of a bucket's values, in order of time."""
    if fn in OF_ANY_KIND:
        return len(values) if fn == "count" else values[-1]
    numbers = [value for value in values if isinstance(value, int | float)]
    match fn:
        case "min":
            return min(numbers)
        case "max":
            return max(numbers)
        case "sum":
            return sum(numbers)
        case "energy_mean":
            loudest = max(numbers)
            energy = math.fsum(10 ** ((number - loudest) / 10) for number in numbers)
            return loudest + 10 * math.log10(energy / len(numbers))
        case _:
            return math.fsum(numbers) / len(numbers)


def _content(stored: StoredEvent) -> tuple[str, str, bytes]:
    """Give what makes an event another one; as JSON, where `true` is not 1."""
    return stored.ward, stored.type_of_device, msgspec.json.encode(stored.event, order="deterministic")


def _instant(stored: StoredEvent) -> int:
    return stored.received_ms if stored.event.observed_ms is None else stored.event.observed_ms


def _whole_instants(items: list[T], instants: list[int], *, limit: int) -> list[T]:
    """Cut a list off after `limit` items, or at the end of the instant reached by then."""
    end = max(limit, 0)
    while 0 < end < len(items) and instants[end] == instants[end - 1]:
        end += 1
    return items[:end]
