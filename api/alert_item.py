"""One alert as JSON: the contract's fields, and with its story when it is asked for alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from api.alert_view import AlertView
from api.services import Services
from api.story import Moment, story
from smartward.alert import Condition, Severity, Work
from smartward.catalogue.model import Lang
from smartward.instants import to_rfc3339

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


def alert_detail(view: AlertView, *, services: Services, lang: Lang) -> AlertDetail:
    """Give an alert with its story."""
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


def _at(at_ms: int | None) -> str | None:
    return None if at_ms is None else to_rfc3339(at_ms)
