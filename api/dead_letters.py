"""The dead letters resource: what was refused, why, how often, and one example as it came."""

from __future__ import annotations

import base64

from fastapi import APIRouter
from pydantic import BaseModel

from api.paging import MAX_LIMIT, Cursor, Limit, Page, WardFilter, cut
from api.register import RegisterOf
from api.security import CurrentCaller
from api.services import ServicesOf
from smartward.instants import to_rfc3339
from smartward.ports import DeadLetterGroup

router = APIRouter(tags=["ledger"])


class DeadLetterItem(BaseModel):
    """Refused inputs of one (device, reason, shape).

    `body` is one of them when it is UTF-8 text, `body_base64` always; `body_dropped`: a day's cap was reached.
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
    sees_all = ward is None and all(caller.sees(one) for one in register.wards)
    keyed = [
        (f"{2**62 - group.last_ms:020d}/{group.id}", group)
        for group in services.projections.dead_letters(limit=MAX_LIMIT)
        if (group.ward in wards or (sees_all and group.ward not in register.wards))
        and reason in (None, group.reason)
        and device in (None, group.device)
    ]
    page, next_cursor = cut(keyed, limit=limit, cursor=cursor)
    return Page(items=[_item(group) for group in page], next_cursor=next_cursor)


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
    )


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
