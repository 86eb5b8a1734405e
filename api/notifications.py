"""The notifications resource: who was told of an alert, by which channel, and how far it has come."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from api.board import BoardOf
from api.deeds import find
from api.paging import Cursor, Limit, Page, cut
from api.security import CurrentCaller
from api.services import ServicesOf
from smartward.instants import to_rfc3339
from smartward.notification import DeliveryState, Notification

router = APIRouter(tags=["alerts"])


class NotificationItem(BaseModel):
    """One message to one recipient (a role) by one channel; `answer` is what the channel said."""

    key: str
    alert: str
    ward: str
    recipient: str
    channel: str
    severity: str
    text: str
    created_at: str
    state: DeliveryState
    attempts: int
    answer: str


@router.get("/notifications")
def notifications(
    alert: str,
    *,
    caller: CurrentCaller,
    services: ServicesOf,
    board: BoardOf,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[NotificationItem]:
    """List the notifications of one alert, oldest first."""
    found = find(alert, board=board, caller=caller)
    keyed = [
        (f"{told.created_ms:020d}/{told.key}", _item(told)) for told in services.projections.notifications(found.id)
    ]
    items, next_cursor = cut(keyed, limit=limit, cursor=cursor)
    return Page(items=items, next_cursor=next_cursor)


def _item(told: Notification) -> NotificationItem:
    return NotificationItem(
        key=told.key,
        alert=told.alert,
        ward=told.ward,
        recipient=told.recipient,
        channel=told.channel,
        severity=told.severity,
        text=told.text,
        created_at=to_rfc3339(told.created_ms),
        state=told.state,
        attempts=told.attempts,
        answer=told.answer,
    )
