"""The alerts resource: what needs a person's response, listed as people ask for it, and one with its story."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.alert_item import AlertDetail, AlertItem, Language, alert_detail, alert_json
from api.board import BoardOf
from api.deeds import find
from api.paging import Cursor, Limit, Page, WardFilter, cut
from api.problems import Problem
from api.security import CurrentCaller
from api.services import ServicesOf
from smartward.alert import Condition, Severity, Work

router = APIRouter(tags=["alerts"])


@router.get("/alerts")
def alerts(
    caller: CurrentCaller,
    *,
    board: BoardOf,
    condition: Annotated[str | None, Query(description="`firing`, `cleared`; several with commas.")] = None,
    work: Annotated[str | None, Query(description="`new`, `acknowledged`, …; several with commas.")] = None,
    severity: Annotated[str | None, Query(description="`critical`, `high`, …; several with commas.")] = None,
    mine: Annotated[bool, Query(description="Only what I acknowledged or was given.")] = False,
    ward: WardFilter = None,
    lang: Language = "vi",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AlertItem]:
    """List the alerts of my wards, newest start first."""
    conditions = _choices(condition, among=Condition, name="condition")
    works = _choices(work, among=Work, name="work")
    severities = _choices(severity, among=Severity, name="severity")
    keyed = [
        (f"{2**62 - view.started_ms:020d}/{view.id}", view)
        for view in board.alerts(caller.wards(ward))
        if view.condition in conditions
        and view.work in works
        and view.severity in severities
        and (not mine or caller.username in (view.acknowledged_by, view.assignee))
    ]
    page, next_cursor = cut(keyed, limit=limit, cursor=cursor)
    items = [AlertItem.model_validate(alert_json(view, lang=lang)) for view in page]
    return Page(items=items, next_cursor=next_cursor)


@router.get("/alerts/{alert_id}")
def alert(
    alert_id: str, *, caller: CurrentCaller, board: BoardOf, services: ServicesOf, lang: Language = "vi"
) -> AlertDetail:
    """Give one alert with its story."""
    return alert_detail(find(alert_id, board=board, caller=caller), services=services, lang=lang)


def _choices(text: str | None, *, among: type[Condition | Work | Severity], name: str) -> set[str]:
    """Read a filter of one or several words; raises Problem 422 naming what may be chosen."""
    known = {str(choice) for choice in among}
    chosen = {part.strip() for part in text.split(",")} if text else known
    if unknown := chosen - known:
        detail = f"{name} {', '.join(sorted(unknown))!r:.60}: choose among {', '.join(among)}"
        raise Problem(422, "invalid", detail)
    return chosen
