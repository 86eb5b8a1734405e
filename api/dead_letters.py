"""The dead letters resource: what was refused, why, how often, one example as it came, and another try."""

from __future__ import annotations

import base64

from fastapi import APIRouter
from pydantic import BaseModel

from api.paging import MAX_LIMIT, Cursor, Limit, Page, WardFilter, cut
from api.problems import Problem
from api.register import Register, RegisterOf
from api.security import Caller, CurrentCaller
from api.services import Services, ServicesOf
from smartward.instants import to_rfc3339
from smartward.ports import AuditEntry, DeadLetterGroup, Request
from smartward.staff import Access

router = APIRouter(tags=["ledger"])


class DeadLetterItem(BaseModel):
    """Refused inputs of one (device, reason, shape).

    `body` is one of them when it is UTF-8 text, `body_base64` always; `body_dropped`: the newest was counted but not
    kept, its gateway's cap was reached. `kept` messages can be replayed; `replayed` items were believed when they were.
    """

    id: str
    ward: str
    device: str
    reason: str
    shape: str
    detail: str
    topic: str
    count: int
    first_seen: str
    last_seen: str
    body: str | None
    body_base64: str
    body_dropped: bool
    gateway: str
    kept: int
    replayed: int
    replayed_at: str | None


class ReplayItem(BaseModel):
    """A replay that ingest was asked for: within two seconds the group shows in `replayed_at` what became of it."""

    id: str
    request: int


@router.get("/dead-letters")
def dead_letters(
    caller: CurrentCaller,
    *,
    services: ServicesOf,
    register: RegisterOf,
    reason: str | None = None,
    device: str | None = None,
    ward: WardFilter = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[DeadLetterItem]:
    """List refused inputs of my wards, last seen first; what names no ward of ours is for who sees every ward."""
    wards = set(caller.wards(ward))
    keyed = [
        (f"{2**62 - group.last_ms:020d}/{group.id}", group)
        for group in services.projections.dead_letters(limit=MAX_LIMIT)
        if (group.ward in wards or (ward is None and _is_nobodys(group, caller=caller, register=register)))
        and reason in (None, group.reason)
        and device in (None, group.device)
    ]
    page, next_cursor = cut(keyed, limit=limit, cursor=cursor)
    return Page(items=[_item(group) for group in page], next_cursor=next_cursor)


@router.post("/dead-letters/{group_id}/replay", status_code=202)
def replay(group_id: str, *, caller: CurrentCaller, services: ServicesOf, register: RegisterOf) -> ReplayItem:
    """Ask for a group's kept messages to be judged again, under the registry as it stands now; repeating it is safe."""
    group = _group_of(group_id, caller=caller, services=services, register=register)
    for ward in (group.ward,) if group.ward in register.wards else register.wards:
        caller.require(Access.OPERATOR, ward=ward)
    now_ms = services.clock.now_ms()
    asked = services.requests.ask(Request("replay", group.id, group.ward, caller.username, now_ms))
    detail = f"{group.device}: {group.reason}, {group.count} items"
    services.audit.record(
        AuditEntry(group.ward, caller.username, "dead_letter.replay", group.id, now_ms, caller.address, detail)
    )
    return ReplayItem(id=group.id, request=asked.number)


def _group_of(group_id: str, *, caller: Caller, services: Services, register: Register) -> DeadLetterGroup:
    """Find a group that the caller may know of; raises Problem 404."""
    for group in services.projections.dead_letters(limit=MAX_LIMIT):
        if group.id == group_id and (caller.sees(group.ward) or _is_nobodys(group, caller=caller, register=register)):
            return group
    detail = f"There is no dead letter group {group_id!r:.40}, or it is not in a ward of yours; it may have expired"
    raise Problem(404, "not_found", detail)


def _is_nobodys(group: DeadLetterGroup, *, caller: Caller, register: Register) -> bool:
    """Tell whether a group names no ward of ours and the caller is one who sees every ward."""
    return group.ward not in register.wards and all(caller.sees(one) for one in register.wards)


def _item(group: DeadLetterGroup) -> DeadLetterItem:
    return DeadLetterItem(
        id=group.id,
        ward=group.ward,
        device=group.device,
        reason=group.reason,
        shape=group.shape,
        detail=group.detail,
        topic=group.topic,
        count=group.count,
        first_seen=to_rfc3339(group.first_ms),
        last_seen=to_rfc3339(group.last_ms),
        body=_text(group.body),
        body_base64=base64.b64encode(group.body).decode(),
        body_dropped=group.body_dropped,
        gateway=group.gateway,
        kept=group.kept,
        replayed=group.replayed,
        replayed_at=None if group.replayed_ms is None else to_rfc3339(group.replayed_ms),
    )


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
