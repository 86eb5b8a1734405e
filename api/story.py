"""An alert's story: what the devices said, what people did and who was told, in one line of time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api.alert_view import AlertView
from smartward.alert import Condition, Deed, WorkAction
from smartward.notification import Notification

SYSTEM = "system"


class Moment(msgspec.Struct, frozen=True):
    """One step.

    `what` is `raised`, `cleared`, `closed` (by the system), `notified`, or a deed (`acknowledge`, …). `detail` is the
    assignee, the outcome, the reason of a clearing, or recipient, channel and state of a notification.
    """

    at_ms: int
    what: str
    person: str = SYSTEM
    note: str = ""
    detail: str = ""


def story(view: AlertView, *, notifications: Sequence[Notification] = ()) -> tuple[Moment, ...]:
    """Tell what happened, oldest first."""
    moments = [Moment(view.started_ms, "raised", detail=view.rule)]
    moments += [_told(notification) for notification in notifications]
    moments += [_done(action) for action in view.timeline]
    if view.condition is Condition.CLEARED and view.cleared_ms is not None:
        moments.append(Moment(view.cleared_ms, "cleared", detail=view.reason))
    if view.is_done and view.resolved_ms is not None and not any(a.deed is Deed.RESOLVE for a in view.timeline):
        moments.append(Moment(view.resolved_ms, "closed"))
    return tuple(sorted(moments, key=lambda moment: moment.at_ms))


def _told(notification: Notification) -> Moment:
    detail = f"{notification.recipient} {notification.channel} {notification.state}"
    return Moment(notification.created_ms, "notified", note=notification.text, detail=detail)


def _done(action: WorkAction) -> Moment:
    detail = action.person_assigned or action.outcome
    if action.override_reason:
        detail = f"{detail}, still firing: {action.override_reason}"
    return Moment(action.at_ms, action.deed, person=action.person, note=action.note, detail=detail)
