"""The events resource: immutable facts that the edge asserted, newest first."""

from __future__ import annotations

import heapq

from fastapi import APIRouter
from pydantic import BaseModel

from api.devices import device_of
from api.paging import Cursor, Limit, Page, WardFilter, from_cursor, instant_in, to_cursor
from api.register import RegisterOf
from api.security import CurrentCaller
from api.services import ServicesOf
from smartward.event import Phase
from smartward.instants import to_rfc3339
from smartward.ports import StoredEvent

router = APIRouter(tags=["telemetry"])
TIES = 1_000
"""How many events of one millisecond are read again when a page ended among them; the store never cuts an instant."""


class SnapshotItem(BaseModel):
    """The picture that belongs to an event, by its digest."""

    sha256: str
    bytes: int


class EventItem(BaseModel):
    """A fact: when it was true (`at`, the device's clock) and when we got it."""

    event_id: str
    ward: str
    device: str
    device_type: str
    type: str
    at: str
    received_at: str
    confidence: float | None
    values: dict[str, bool | int | float | str]
    zone: str | None
    phase: Phase
    dwell_s: float | None
    snapshot: SnapshotItem | None


@router.get("/events")
def events(
    caller: CurrentCaller,
    *,
    services: ServicesOf,
    register: RegisterOf,
    device: str | None = None,
    ward: WardFilter = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[EventItem]:
    """List the events of my wards, newest first by the device's clock."""
    if device is not None:
        device_of(device, caller=caller, register=register)
    before_ms, last_ids = _resume(cursor)
    wanted = limit + 1 + (TIES if last_ids else 0)
    lists = [
        services.store.events(ward=one, device=device, before_ms=before_ms, limit=wanted) for one in caller.wards(ward)
    ]
    merged = list(heapq.merge(*(sorted(found, key=_order) for found in lists), key=_order))
    fresh = [stored for stored in merged if not last_ids or _order(stored) > last_ids]
    page = fresh[:limit]
    is_end = len(fresh) <= limit and all(len(found) < wanted for found in lists)
    next_cursor = None if is_end or not page else to_cursor(f"{page[-1].event.observed_ms}/{page[-1].event.event_id}")
    return Page(items=[_item(stored) for stored in page], next_cursor=next_cursor)


def _order(stored: StoredEvent) -> tuple[int, str]:
    """Order newest first, and by id within one millisecond."""
    return -(stored.event.observed_ms or 0), stored.event.event_id


def _resume(cursor: str | None) -> tuple[int | None, tuple[int, str] | None]:
    """Give before which instant to read, and the place of the last event that was shown."""
    key = from_cursor(cursor)
    if key is None:
        return None, None
    at, _, event_id = key.partition("/")
    at_ms = instant_in(at, cursor=cursor)
    return at_ms + 1, (-at_ms, event_id)


def _item(stored: StoredEvent) -> EventItem:
    event = stored.event
    return EventItem(
        event_id=event.event_id,
        ward=stored.ward,
        device=event.device,
        device_type=stored.type_of_device,
        type=event.type,
        at=to_rfc3339(event.observed_ms if event.observed_ms is not None else stored.received_ms),
        received_at=to_rfc3339(stored.received_ms),
        confidence=event.confidence,
        values=event.values,
        zone=event.zone,
        phase=event.phase,
        dwell_s=event.dwell_s,
        snapshot=SnapshotItem(sha256=event.snapshot.sha256, bytes=event.snapshot.bytes) if event.snapshot else None,
    )
