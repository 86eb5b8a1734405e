"""The audit resource: who did what, when, from where; newest first, for a chief of the ward."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from api.paging import MAX_LIMIT, Limit, Page, WardFilter
from api.problems import Problem
from api.security import CurrentCaller
from api.services import ServicesOf
from smartward.instants import to_rfc3339
from smartward.staff import Access

router = APIRouter(tags=["audit"])


class AuditItem(BaseModel):
    """One deed; `detail` never holds a secret."""

    ward: str
    person: str
    action: str
    target: str
    at: str
    address: str
    detail: str


@router.get("/audit")
def audit(caller: CurrentCaller, services: ServicesOf, ward: WardFilter = None, limit: Limit = 100) -> Page[AuditItem]:
    """List the newest entries of the wards where I am a chief; ask with a larger `limit` to see further back."""
    wards = [one for one in caller.wards(ward) if caller.may(Access.CHIEF, ward=one)]
    if not wards:
        raise Problem(403, "forbidden", "The audit is for chiefs of a ward; ask an administrator")
    entries = [entry for one in wards for entry in services.audit.entries(ward=one, limit=min(limit, MAX_LIMIT))]
    newest = sorted(entries, key=lambda entry: -entry.at_ms)[:limit]
    items = [
        AuditItem(
            ward=entry.ward,
            person=entry.person,
            action=entry.action,
            target=entry.target,
            at=to_rfc3339(entry.at_ms),
            address=entry.address,
            detail=entry.detail,
        )
        for entry in newest
    ]
    return Page(items=items)
