"""The devices resource: what is registered, where it stands, and how a person changes that."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Response
from pydantic import AfterValidator, BaseModel, Field

from api.paging import Cursor, Limit, Page, WardFilter, cut
from api.problems import Problem
from api.register import Register, RegisterOf
from api.security import Caller, CurrentCaller
from api.services import Services, ServicesOf
from smartward import topics
from smartward.catalogue.model import Catalogue
from smartward.device import Device, Presence, PresenceState
from smartward.errors import Conflict
from smartward.instants import to_rfc3339
from smartward.ports import AuditEntry
from smartward.staff import Access

router = APIRouter(tags=["registry"])
IfMatch = Annotated[
    str | None, Header(description='The ETag that the edit is based on; `"0"` when the device must not exist yet.')
]


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("leave the NUL character out")
    return text


OURSELVES = "ingest"
"""The device at which alerts about ourselves stand; nobody may register it."""
LARGEST = 2**53

Text = Annotated[str, Field(max_length=200), AfterValidator(_without_nul)]
Param = bool | int | float | Text


class DeviceBody(BaseModel):
    """A device as the registry keeps it; `params` are the site parameters that rules refer to."""

    id: Text = ""
    ward: Text
    gateway: Text
    type: Text
    name: Text = ""
    site: Text = ""
    lat: float | None = Field(None, ge=-90, le=90)
    lon: float | None = Field(None, ge=-180, le=180)
    params: dict[Text, Param] = {}
    owner: Text = ""
    funding: Text = ""


class DeviceItem(DeviceBody):
    """A device with its presence; `version` counts edits and is the ETag that `If-Match` takes."""

    id: str
    version: int
    type_vi: str
    type_en: str
    place: str
    neighbourhood: str
    presence: PresenceState
    presence_since: str | None
    presence_reason: str
    heard_at: str | None
    clock_skew_s: int | None


class QuantityItem(BaseModel):
    """What the device measures; `every_s` is how often it is expected to say it, `unit` is UCUM."""

    name: str
    type: str
    unit: str
    min: float | None
    max: float | None
    enum: list[str]
    every_s: int
    vi: str
    en: str


class DeviceDetail(DeviceItem):
    """A device with what it measures."""

    quantities: list[QuantityItem]


@router.get("/devices")
def devices(
    caller: CurrentCaller,
    *,
    services: ServicesOf,
    register: RegisterOf,
    type: str | None = None,  # noqa: A002  # the contract's name
    gateway: str | None = None,
    ward: WardFilter = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[DeviceItem]:
    """List the devices of my wards by id."""
    wards = caller.wards(ward)
    presences = {p.device: p for one in wards for p in services.projections.presences(ward=one)}
    keyed = [
        (device.id, device)
        for device in register.devices_in(wards)
        if type in (None, device.type) and gateway in (None, device.gateway)
    ]
    found, next_cursor = cut(keyed, limit=limit, cursor=cursor)
    items = [
        DeviceItem.model_validate(
            _described(device, presences.get(device.id), register=register, catalogue=services.catalogue)
        )
        for device in found
    ]
    return Page(items=items, next_cursor=next_cursor)


@router.get("/devices/{device_id}")
def device(
    device_id: str, *, caller: CurrentCaller, services: ServicesOf, register: RegisterOf, response: Response
) -> DeviceDetail:
    """Give one device with its presence and what it measures."""
    found = device_of(device_id, caller=caller, register=register)
    response.headers["ETag"] = f'"{found.version}"'
    return _detail(found, services=services, register=register)


@router.put("/devices/{device_id}")
def put_device(
    device_id: str,
    *,
    body: DeviceBody,
    caller: CurrentCaller,
    services: ServicesOf,
    register: RegisterOf,
    response: Response,
    if_match: IfMatch = None,
) -> DeviceDetail:
    """Register a device (`If-Match: "0"`) or change it (`If-Match:` its ETag); a chief's right in its ward."""
    caller.wards(body.ward)
    caller.require(Access.CHIEF, ward=body.ward)
    known = register.devices.get(device_id)
    if known is not None and known.ward != body.ward:
        detail = f"ward {body.ward!r}: device {device_id} belongs to another ward; choose another id"
        raise Problem(422, "unknown_ward", detail)
    wanted = _wanted(device_id, body, catalogue=services.catalogue, register=register)
    try:
        kept = services.registry.put_device(wanted, expected_version=_version(if_match))
    except Conflict as error:
        raise Problem(412, "precondition_failed", f"{error}; read the device again and repeat the edit") from error
    _record(kept, caller=caller, services=services)
    response.headers["ETag"] = f'"{kept.version}"'
    return _detail(kept, services=services, register=register)


def device_of(device_id: str, *, caller: Caller, register: Register) -> Device:
    """Find a device that the caller may know of; raises Problem 404."""
    found = register.devices.get(device_id)
    if found is None or not caller.sees(found.ward):
        raise Problem(404, "not_found", f"There is no device {device_id!r:.70}, or it is not in a ward of yours")
    return found


def _version(if_match: str | None) -> int:
    if if_match is None:
        raise Problem(
            428, "precondition_required", 'Send If-Match with the ETag that GET gave, or "0" for a new device'
        )
    number = if_match.strip().removeprefix("W/").strip('"')
    if not number.isdecimal():
        raise Problem(
            412, "precondition_failed", f"If-Match {if_match!r:.40} is no ETag of ours; read the device again"
        )
    return int(number)


def _wanted(device_id: str, body: DeviceBody, *, catalogue: Catalogue, register: Register) -> Device:
    """Check what a person wants to register; raises Problem 422 naming the field."""
    speaker = register.devices.get(body.gateway)
    wrong = {
        "id": (body.id not in ("", device_id), "it is not the id in the path"),
        "device_id": (
            not topics.is_id(device_id) or device_id == OURSELVES,
            "write small letters, digits and hyphens, at most 64; `ingest` is ourselves",
        ),
        "type": (body.type not in catalogue.types, f"choose one of {', '.join(sorted(catalogue.types))}"),
        "site": (
            bool(body.site) and (body.ward, body.site) not in register.sites,
            f"ward {body.ward} has no such site; GET /api/v1/sites lists them",
        ),
        "gateway": (
            speaker is not None and speaker.id != device_id and (speaker.ward != body.ward or not speaker.is_gateway),
            f"choose a gateway of ward {body.ward}, or the device's own id where it speaks for itself",
        ),
        "params": (
            any(not _is_plain(value) for value in body.params.values()),
            "numbers must be finite and at most 9007199254740992",
        ),
    }
    for field, (is_wrong, remedy) in wrong.items():
        if is_wrong:
            raise Problem(422, "invalid", f"{field} {getattr(body, field, device_id)!r:.80}: {remedy}")
    return Device(**(body.model_dump() | {"id": device_id}))


def _is_plain(value: Param) -> bool:
    """Tell whether a parameter can be kept and sent everywhere: a finite number within what JSON readers hold."""
    return isinstance(value, str) or abs(value) <= LARGEST


def _record(kept: Device, *, caller: Caller, services: Services) -> None:
    now_ms = services.clock.now_ms()
    detail = f"version {kept.version}"
    services.audit.record(AuditEntry(kept.ward, caller.username, "device.put", kept.id, now_ms, caller.address, detail))


def _detail(found: Device, *, services: Services, register: Register) -> DeviceDetail:
    presences = services.projections.presences(ward=found.ward)
    presence = next((presence for presence in presences if presence.device == found.id), None)
    kind = services.catalogue.types.get(found.type)
    quantities = [
        {
            "name": quantity.name,
            "type": quantity.type,
            "unit": quantity.unit,
            "min": quantity.min,
            "max": quantity.max,
            "enum": list(quantity.enum),
            "every_s": quantity.every_s,
            "vi": quantity.vi,
            "en": quantity.en,
        }
        for quantity in (kind.quantities if kind else ())
    ]
    described = _described(found, presence, register=register, catalogue=services.catalogue)
    return DeviceDetail.model_validate(described | {"quantities": quantities})


def _described(
    found: Device, presence: Presence | None, *, register: Register, catalogue: Catalogue
) -> dict[str, object]:
    """Describe a device in the contract's fields."""
    site = register.site_of(found)
    kind = catalogue.types.get(found.type)
    return {
        **msgspec.structs.asdict(found),
        "type_vi": kind.vi if kind else found.type,
        "type_en": kind.en if kind else found.type,
        "place": site.name if site else "",
        "neighbourhood": site.neighbourhood if site else "",
        "presence": presence.state if presence else PresenceState.UNKNOWN,
        "presence_since": to_rfc3339(presence.since_ms) if presence else None,
        "presence_reason": presence.reason if presence else "never_heard",
        "heard_at": to_rfc3339(presence.heard_ms) if presence and presence.heard_ms else None,
        "clock_skew_s": presence.skew_ms // 1_000 if presence and presence.skew_ms is not None else None,
    }
