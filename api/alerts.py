"""The alerts resource: what needs a person's response, its story, and the deeds that can be done to it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, Field

from api.alert_view import AlertView
from api.board import BoardOf
from api.deeds import DeedsOf, find
from api.paging import Cursor, Limit, Page, WardFilter, cut
from api.problems import Problem
from api.repeats import OnceOf
from api.security import CurrentCaller
from api.services import Services, ServicesOf
from api.story import Moment, story
from smartward.alert import Condition, Severity, Work
from smartward.catalogue.model import Lang
from smartward.instants import to_rfc3339

router = APIRouter(tags=["alerts"])
Text = Annotated[str, Field(max_length=2_000)]
Language = Annotated[Lang, Query(description="The language of `title`, `response` and `severity_label`.")]
Value = bool | int | float | str


class AlertItem(BaseModel):
    """An alert: condition (what the devices say) and work (what people have done).

    `value` and `threshold` are of `quantity` in `unit` (UCUM). `response` are the steps to take. `source` is where
    the threshold comes from, a code of the catalogue (`G`: a default of ours, not verified), said by `source_text`.
    """

    id: str
    ward: str
    rule: str
    device: str
    place: str
    neighbourhood: str
    severity: Severity
    severity_label: str
    category: str
    condition: Condition
    work: Work
    acknowledged_by: str | None
    acknowledged_at: str | None
    assignee: str | None
    started_at: str
    cleared_at: str | None
    resolved_at: str | None
    deadline_at: str | None
    value: Value | None
    threshold: Value | None
    quantity: str
    unit: str
    title: str
    response: list[str]
    source: str
    source_text: str
    reason: str
    verify: bool
    inhibits: int


class MomentItem(BaseModel):
    """One step of an alert's story: what happened, when, by whom (`system` when by nobody)."""

    at: str
    what: str
    person: str
    note: str
    detail: str


class AlertDetail(AlertItem):
    """An alert with its story, oldest first."""

    timeline: list[MomentItem]


class Remark(BaseModel):
    """A note that may go with a deed."""

    note: Text = ""


class Assignment(Remark):
    """To whom an alert is given."""

    person: str = Field(max_length=64)


class Comment(BaseModel):
    """What somebody wants to write down."""

    text: Text


class Resolution(Remark):
    """How an alert ended; `override_reason` is needed while it still fires, `note` for high and critical ones."""

    outcome: Literal["done", "false_alarm"]
    override_reason: Text = ""


MaybeRemark = Annotated[Remark | None, Body()]


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
    return _detail(find(alert_id, board=board, caller=caller), services=services, lang=lang)


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge(
    alert_id: str,
    *,
    caller: CurrentCaller,
    deeds: DeedsOf,
    once: OnceOf,
    services: ServicesOf,
    remark: MaybeRemark = None,
    lang: Language = "vi",
) -> AlertDetail:
    """Take an alert on; 409 `already_acknowledged` says who was first and when, even when it was you."""
    view = once(lambda: deeds.acknowledge(alert_id, caller=caller, note=_note(remark)))
    return _detail(view, services=services, lang=lang)


@router.post("/alerts/{alert_id}/start")
def start(
    alert_id: str,
    *,
    caller: CurrentCaller,
    deeds: DeedsOf,
    once: OnceOf,
    services: ServicesOf,
    remark: MaybeRemark = None,
    lang: Language = "vi",
) -> AlertDetail:
    """Begin to work on it; acknowledges it too when nobody has."""
    view = once(lambda: deeds.start(alert_id, caller=caller, note=_note(remark)))
    return _detail(view, services=services, lang=lang)


@router.post("/alerts/{alert_id}/assign")
def assign(
    alert_id: str,
    *,
    assignment: Assignment,
    caller: CurrentCaller,
    deeds: DeedsOf,
    once: OnceOf,
    services: ServicesOf,
    lang: Language = "vi",
) -> AlertDetail:
    """Give it to somebody of the same ward."""
    view = once(lambda: deeds.assign(alert_id, caller=caller, person=assignment.person, note=assignment.note))
    return _detail(view, services=services, lang=lang)


@router.post("/alerts/{alert_id}/comment")
def comment(
    alert_id: str,
    *,
    written: Comment,
    caller: CurrentCaller,
    deeds: DeedsOf,
    once: OnceOf,
    services: ServicesOf,
    lang: Language = "vi",
) -> AlertDetail:
    """Write something down."""
    view = once(lambda: deeds.comment(alert_id, caller=caller, text=written.text))
    return _detail(view, services=services, lang=lang)


@router.post("/alerts/{alert_id}/verify")
def verify(
    alert_id: str,
    *,
    caller: CurrentCaller,
    deeds: DeedsOf,
    once: OnceOf,
    services: ServicesOf,
    remark: MaybeRemark = None,
    lang: Language = "vi",
) -> AlertDetail:
    """Say that somebody has looked and it is true."""
    view = once(lambda: deeds.verify(alert_id, caller=caller, note=_note(remark)))
    return _detail(view, services=services, lang=lang)


@router.post("/alerts/{alert_id}/resolve")
def resolve(
    alert_id: str,
    *,
    resolution: Resolution,
    caller: CurrentCaller,
    deeds: DeedsOf,
    once: OnceOf,
    services: ServicesOf,
    lang: Language = "vi",
) -> AlertDetail:
    """Say how it ended; 409 `still_firing` while it fires, unless there is a reason to override."""
    view = once(
        lambda: deeds.resolve(
            alert_id,
            caller=caller,
            outcome=Work(resolution.outcome),
            note=resolution.note,
            override_reason=resolution.override_reason,
        )
    )
    return _detail(view, services=services, lang=lang)


@router.post("/alerts/{alert_id}/reopen")
def reopen(
    alert_id: str,
    *,
    caller: CurrentCaller,
    deeds: DeedsOf,
    once: OnceOf,
    services: ServicesOf,
    remark: MaybeRemark = None,
    lang: Language = "vi",
) -> AlertDetail:
    """Take back that it is over; it can be acknowledged again."""
    view = once(lambda: deeds.reopen(alert_id, caller=caller, note=_note(remark)))
    return _detail(view, services=services, lang=lang)


def _detail(view: AlertView, *, services: Services, lang: Lang) -> AlertDetail:
    moments = story(view, notifications=services.projections.notifications(view.id))
    body = alert_json(view, lang=lang) | {"timeline": [_moment(moment) for moment in moments]}
    return AlertDetail.model_validate(body)


def alert_json(view: AlertView, *, lang: Lang) -> dict[str, object]:
    """Give an alert in the contract's fields."""
    return {
        "id": view.id,
        "ward": view.ward,
        "rule": view.rule,
        "device": view.device,
        "place": view.place,
        "neighbourhood": view.neighbourhood,
        "severity": view.severity,
        "severity_label": view.severity_label(lang),
        "category": view.category,
        "condition": view.condition,
        "work": view.work,
        "acknowledged_by": view.acknowledged_by,
        "acknowledged_at": _at(view.acknowledged_ms),
        "assignee": view.assignee,
        "started_at": to_rfc3339(view.started_ms),
        "cleared_at": _at(view.cleared_ms),
        "resolved_at": _at(view.resolved_ms),
        "deadline_at": _at(view.deadline_ms),
        "value": view.value,
        "threshold": view.threshold,
        "quantity": view.quantity,
        "unit": view.unit,
        "title": view.title(lang),
        "response": list(view.response(lang)),
        "source": view.source,
        "source_text": view.source_text,
        "reason": view.reason,
        "verify": view.verify,
        "inhibits": view.inhibits,
    }


def _moment(moment: Moment) -> MomentItem:
    return MomentItem(
        at=to_rfc3339(moment.at_ms), what=moment.what, person=moment.person, note=moment.note, detail=moment.detail
    )


def _note(remark: Remark | None) -> str:
    return remark.note if remark else ""


def _at(at_ms: int | None) -> str | None:
    return None if at_ms is None else to_rfc3339(at_ms)


def _choices(text: str | None, *, among: type[Condition | Work | Severity], name: str) -> set[str]:
    """Read a filter of one or several words; raises Problem 422 naming what may be chosen."""
    known = {str(choice) for choice in among}
    chosen = {part.strip() for part in text.split(",")} if text else known
    if unknown := chosen - known:
        detail = f"{name} {', '.join(sorted(unknown))!r:.60}: choose among {', '.join(among)}"
        raise Problem(422, "invalid", detail)
    return chosen
