"""Deeds: what a person does to an alert, with the checks that decide whether it may be done now."""

from __future__ import annotations

import logging
import threading
from typing import Annotated, cast

from fastapi import Depends, Request

from api.alert_view import AlertView
from api.board import Board
from api.problems import Problem, conflict
from api.security import Caller
from api.services import Services
from smartward.alert import Condition, Deed, Work, WorkAction
from smartward.errors import Conflict
from smartward.instants import to_rfc3339
from smartward.ports import AuditEntry
from smartward.staff import Access

logger = logging.getLogger(__name__)


class Deeds:
    """Does deeds one at a time, so that each sees what the one before left; every method gives the alert after it.

    All raise Problem: 404 when the alert is not in a ward of the caller's, 403 for a viewer, 409 when it cannot be
    done now (with who was first and when), 422 when something is missing.
    """

    def __init__(self, services: Services, *, board: Board) -> None:
        self._services, self._board = services, board
        self._one_at_a_time = threading.Lock()

    def acknowledge(self, alert: str, *, caller: Caller, note: str = "") -> AlertView:
        """Take an alert on; the second to try is told who was first."""
        with self._one_at_a_time:
            view = self._find(alert, caller=caller)
            _refuse_done(view)
            return self._acknowledge(view, caller=caller, note=note)

    def start(self, alert: str, *, caller: Caller, note: str = "") -> AlertView:
        """Begin to work on it; who begins without having acknowledged does both."""
        with self._one_at_a_time:
            view = self._find(alert, caller=caller)
            _refuse_done(view)
            if view.work is Work.IN_PROGRESS:
                begun = next(action for action in reversed(view.timeline) if action.deed is Deed.START)
                raise _first("already_started", f"{begun.person} has already started", begun)
            if view.work is Work.NEW:
                view = self._acknowledge(view, caller=caller, note="")
            return self._do(view, Deed.START, caller=caller, note=note)

    def assign(self, alert: str, *, caller: Caller, person: str, note: str = "") -> AlertView:
        """Give it to somebody of the same ward."""
        with self._one_at_a_time:
            view = self._find(alert, caller=caller)
            _refuse_done(view)
            assignee = self._services.people.person(_clean(person))
            if assignee is None or view.ward not in assignee.access:
                raise Problem(
                    422, "unknown_person", f"person {person!r:.70}: nobody of ward {view.ward} has that username"
                )
            return self._do(view, Deed.ASSIGN, caller=caller, note=note, person_assigned=assignee.username)

    def comment(self, alert: str, *, caller: Caller, text: str) -> AlertView:
        """Write something down."""
        with self._one_at_a_time:
            return self._do(
                self._find(alert, caller=caller), Deed.COMMENT, caller=caller, note=_said(text, name="text")
            )

    def verify(self, alert: str, *, caller: Caller, note: str = "") -> AlertView:
        """Say that somebody has looked and it is true."""
        with self._one_at_a_time:
            return self._do(self._find(alert, caller=caller), Deed.VERIFY, caller=caller, note=note)

    def resolve(
        self, alert: str, *, caller: Caller, outcome: Work, note: str = "", override_reason: str = ""
    ) -> AlertView:
        """Say how it ended, `done` or `false_alarm`; while it still fires only with a reason for overriding."""
        with self._one_at_a_time:
            view = self._find(alert, caller=caller)
            _refuse_done(view)
            if view.condition is Condition.FIRING and not _clean(override_reason):
                raise Problem(
                    409,
                    "still_firing",
                    f"Alert {view.id} still fires: {view.title_en}. Wait until it clears, or give `override_reason`",
                    since=to_rfc3339(view.started_ms),
                )
            if view.needs_word:
                _said(note, name="note")
            return self._do(
                view, Deed.RESOLVE, caller=caller, note=note, outcome=outcome, override_reason=override_reason
            )

    def reopen(self, alert: str, *, caller: Caller, note: str = "") -> AlertView:
        """Take back that it is over: the work begins anew and can be acknowledged again."""
        with self._one_at_a_time:
            view = self._find(alert, caller=caller)
            if not view.is_done:
                raise Problem(
                    409, "not_resolved", f"Alert {view.id} is still open ({view.work}); there is nothing to reopen"
                )
            if view.condition is Condition.CLEARED and not view.needs_word:
                detail = f"Alert {view.id} was closed by the system when it cleared; write a comment instead"
                raise Problem(409, "closed_by_system", detail)
            return self._do(view, Deed.REOPEN, caller=caller, note=note)

    def _find(self, alert: str, *, caller: Caller) -> AlertView:
        view = find(alert, board=self._board, caller=caller)
        caller.require(Access.OPERATOR, ward=view.ward)
        return view

    def _acknowledge(self, view: AlertView, *, caller: Caller, note: str) -> AlertView:
        if view.acknowledged_by:
            raise _acknowledged(view, by=view.acknowledged_by, at_ms=view.acknowledged_ms or 0)
        try:
            return self._do(view, Deed.ACKNOWLEDGE, caller=caller, note=note)
        except Conflict as error:
            raise _acknowledged(view, by=error.by, at_ms=error.at_ms) from error

    def _do(
        self,
        view: AlertView,
        deed: Deed,
        *,
        caller: Caller,
        note: str,
        outcome: str = "",
        person_assigned: str = "",
        override_reason: str = "",
    ) -> AlertView:
        """Write the deed down and record who did it; then give the alert as it stands."""
        now_ms = self._services.clock.now_ms()
        action = WorkAction(
            alert=view.id,
            deed=deed,
            person=caller.username,
            at_ms=now_ms,
            episode=1 + sum(action.deed is Deed.REOPEN for action in view.timeline) + (deed is Deed.REOPEN),
            note=_clean(note),
            outcome=outcome,
            person_assigned=person_assigned,
            override_reason=_clean(override_reason),
            address=caller.address,
        )
        self._services.work_log.add(action)
        detail = "; ".join(text for text in (outcome, person_assigned, action.override_reason) if text)
        entry = AuditEntry(view.ward, caller.username, f"alert.{deed}", view.id, now_ms, caller.address, detail)
        self._services.audit.record(entry)
        logger.info("alert %s: %s by %s", view.id, deed, caller.username)
        return self._board.alert(view.id) or view


def find(alert: str, *, board: Board, caller: Caller) -> AlertView:
    """Find an alert that the caller may know of; raises Problem 404."""
    view = board.alert(alert)
    if view is None or not caller.sees(view.ward):
        raise Problem(404, "not_found", f"There is no alert {alert!r:.70}, or it is not in a ward of yours")
    return view


def deeds_of(request: Request) -> Deeds:
    """Give a route the deeds of its app."""
    return cast("Deeds", request.app.state.deeds)


DeedsOf = Annotated[Deeds, Depends(deeds_of)]


def _refuse_done(view: AlertView) -> None:
    """Refuse work on what is over, saying who ended it and when."""
    if not view.is_done:
        return
    ended = next((action for action in reversed(view.timeline) if action.deed is Deed.RESOLVE), None)
    by, at_ms = (ended.person, ended.at_ms) if ended else ("system", view.resolved_ms or view.changed_ms)
    detail = f"Alert {view.id} was closed ({view.work}) by {by} at {to_rfc3339(at_ms)}; reopen it first"
    raise conflict("already_resolved", detail, by=by, at_ms=at_ms)


def _acknowledged(view: AlertView, *, by: str, at_ms: int) -> Problem:
    detail = f"Alert {view.id} was already acknowledged by {by} at {to_rfc3339(at_ms)}"
    return conflict("already_acknowledged", detail, by=by, at_ms=at_ms)


def _first(reason: str, detail: str, action: WorkAction) -> Problem:
    return conflict(reason, f"{detail} at {to_rfc3339(action.at_ms)}", by=action.person, at_ms=action.at_ms)


def _said(text: str, *, name: str) -> str:
    """Give the text; raises Problem 422 when it says nothing."""
    if not _clean(text):
        raise Problem(422, "note_required", f"{name}: write in a few words what was done or seen")
    return text


def _clean(text: str) -> str:
    """Take away the edges, and the NULs that no database keeps."""
    return text.replace("\x00", "").strip()
