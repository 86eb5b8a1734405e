"""The sites resource: named places on the ground."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from api.paging import Cursor, Limit, Page, WardFilter, cut
from api.register import RegisterOf
from api.security import CurrentCaller

router = APIRouter(tags=["registry"])


class SiteItem(BaseModel):
    """A place; `neighbourhood` is its khu phố, `lat` and `lon` are WGS 84 degrees."""

    id: str
    ward: str
    name: str
    neighbourhood: str
    lat: float | None
    lon: float | None


@router.get("/sites")
def sites(
    caller: CurrentCaller, register: RegisterOf, ward: WardFilter = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[SiteItem]:
    """List the sites of my wards, by ward and id."""
    wards = caller.wards(ward)
    keyed = [
        (
            f"{site.ward}/{site.id}",
            SiteItem(
                id=site.id,
                ward=site.ward,
                name=site.name,
                neighbourhood=site.neighbourhood,
                lat=site.lat,
                lon=site.lon,
            ),
        )
        for _, site in sorted(register.sites.items())
        if site.ward in wards
    ]
    items, next_cursor = cut(keyed, limit=limit, cursor=cursor)
    return Page(items=items, next_cursor=next_cursor)
