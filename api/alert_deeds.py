"""What can be done to an alert over HTTP: one POST for each deed, each answered with the alert after it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from api.alert_item import AlertDetail, Language, alert_detail
from api.deeds import DeedsOf
from api.repeats import OnceOf
from api.security import CurrentCaller
from api.services import ServicesOf
from smartward.alert import Work

router = APIRouter(tags=["alerts"])
Text = Annotated[str, Field(max_length=2_000)]


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
    return alert_detail(view, services=services, lang=lang)


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
    return alert_detail(view, services=services, lang=lang)


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
    return alert_detail(view, services=services, lang=lang)


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
    return alert_detail(view, services=services, lang=lang)


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
    return alert_detail(view, services=services, lang=lang)


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
    return alert_detail(view, services=services, lang=lang)


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
    return alert_detail(view, services=services, lang=lang)


def _note(remark: Remark | None) -> str:
    return remark.note if remark else ""
