"""The wards resource: the administrative units that the caller belongs to."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from api.paging import Cursor, Limit, Page, cut
from api.register import RegisterOf
from api.security import CurrentCaller
from smartward.staff import Access

router = APIRouter(tags=["registry"])


class WardItem(BaseModel):
    """A ward; `role` is what the caller may do there."""

    id: str
    name: str
    timezone: str
    role: Access


@router.get("/wards")
def wards(caller: CurrentCaller, register: RegisterOf, limit: Limit = 100, cursor: Cursor = None) -> Page[WardItem]:
    """List my wards by id."""
    mine = [register.wards[ward] for ward in caller.wards() if ward in register.wards]
    keyed = [
        (ward.id, WardItem(id=ward.id, name=ward.name, timezone=ward.timezone, role=caller.person.access[ward.id]))
        for ward in mine
    ]
    items, next_cursor = cut(keyed, limit=limit, cursor=cursor)
    return Page(items=items, next_cursor=next_cursor)
