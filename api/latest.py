"""The latest resource: the newest value of every quantity, by device, with its age and the device's presence."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter
from pydantic import BaseModel

from api.devices import device_of
from api.paging import Cursor, Limit, Page, WardFilter, cut
from api.register import RegisterOf
from api.security import CurrentCaller
from api.services import Services, ServicesOf
from smartward.device import Device, PresenceState
from smartward.instants import SECOND_MS, to_rfc3339
from smartward.ports import Latest

router = APIRouter(tags=["telemetry"])


class NewestValue(BaseModel):
    """A value with when it was true (device's clock), when we got it (ours), and how old it is in seconds."""

    value: bool | int | float | str
    observed_at: str
    received_at: str
    age_s: float


class LatestItem(BaseModel):
    """A device with its newest values by quantity; `presence` is `unknown` until it has spoken once."""

    ward: str
    id: str
    type: str
    presence: PresenceState
    values: dict[str, NewestValue]


@router.get("/latest")
def latest(
    caller: CurrentCaller,
    *,
    services: ServicesOf,
    register: RegisterOf,
    type: str | None = None,  # noqa: A002  # the contract's name
    ward: WardFilter = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[LatestItem]:
    """List devices by id with their newest values; late data never replaces a newer value."""
    wards = caller.wards(ward)
    keyed = [(device.id, device) for device in register.devices_in(wards) if type in (None, device.type)]
    devices, next_cursor = cut(keyed, limit=limit, cursor=cursor)
    newest = [found for one in wards for found in services.store.latest(ward=one, type=type)]
    presences = {p.device: p.state for one in wards for p in services.projections.presences(ward=one)}
    by_device: dict[str, list[Latest]] = {}
    for found in newest:
        by_device.setdefault(found.device, []).append(found)
    now_ms = services.clock.now_ms()
    items = [
        latest_item(
            device,
            values=by_device.get(device.id, []),
            presence=presences.get(device.id, PresenceState.UNKNOWN),
            now_ms=now_ms,
        )
        for device in devices
    ]
    return Page(items=items, next_cursor=next_cursor)


@router.get("/devices/{device_id}/latest")
def device_latest(device_id: str, caller: CurrentCaller, services: ServicesOf, register: RegisterOf) -> LatestItem:
    """Give one device's newest values."""
    device = device_of(device_id, caller=caller, register=register)
    return read_latest(device, services=services)


def read_latest(device: Device, *, services: Services) -> LatestItem:
    """Read one device's newest values and presence."""
    presences = services.projections.presences(ward=device.ward)
    state = next((p.state for p in presences if p.device == device.id), PresenceState.UNKNOWN)
    values = services.store.latest(device=device.id)
    return latest_item(device, values=values, presence=state, now_ms=services.clock.now_ms())


def latest_item(device: Device, *, values: Iterable[Latest], presence: PresenceState, now_ms: int) -> LatestItem:
    """Describe a device by its newest values; what it is and where it belongs is the registry's word."""
    return LatestItem(
        ward=device.ward,
        id=device.id,
        type=device.type,
        presence=presence,
        values={latest.quantity: newest_value(latest, now_ms=now_ms) for latest in values},
    )


def newest_value(latest: Latest, *, now_ms: int) -> NewestValue:
    """Describe one newest value; a clock that is ahead makes it no younger than now."""
    return NewestValue(
        value=latest.value,
        observed_at=to_rfc3339(latest.observed_ms),
        received_at=to_rfc3339(latest.received_ms),
        age_s=max(0, now_ms - latest.observed_ms) / SECOND_MS,
    )
