"""The notification queue on ingest's disk: what is to be told, what was, and when a failed one is tried again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from ingest.home import next_change
from smartward.notification import DeliveryState, Notification
from smartward.rules.evaluate import AlertChange

RETRY_MS = (1_000, 5_000, 15_000, 60_000, 300_000)
"""How long a failed notification waits, by how often it has failed."""
MAX_ATTEMPTS = 20
RECIPIENT_IN_KEY = 2
"""A key reads alert/moment/recipient/channel."""


def add(connection: sqlite3.Connection, notifications: Iterable[Notification]) -> None:
    """Queue notifications; one whose key was queued before is not told again."""
    rows = list(notifications)
    if rows:
        change = next_change(connection)
        connection.executemany(
            "INSERT OR IGNORE INTO notification (key, state, due_ms, body, change) VALUES (?, ?, ?, ?, ?)",
            [_row(notification, change) for notification in rows],
        )


def told(connection: sqlite3.Connection, changes: Iterable[AlertChange]) -> dict[str, set[str]]:
    """Give who has been told anything of the alerts that change, by alert."""
    known: dict[str, set[str]] = {}
    for alert in {change.condition.id for change in changes}:
        rows = connection.execute("SELECT key FROM notification WHERE key >= ? AND key < ?", (f"{alert}/", f"{alert}0"))
        known[alert] = {key.split("/")[RECIPIENT_IN_KEY] for (key,) in rows}
    return known


def due(connection: sqlite3.Connection, *, now_ms: int, limit: int) -> list[Notification]:
    """List what is to be told now, the longest due first.

    What is due later than the longest wait was queued before our clock was set back: it is due now.
    """
    rows = connection.execute(
        "SELECT body FROM notification WHERE state = ? AND (due_ms <= ? OR due_ms > ?) ORDER BY due_ms LIMIT ?",
        (DeliveryState.QUEUED, now_ms, now_ms + RETRY_MS[-1], limit),
    )
    return [msgspec.json.decode(body, type=Notification) for (body,) in rows]


def sent(connection: sqlite3.Connection, notification: Notification, *, answer: str) -> None:
    """Note that a channel took it, with the channel's answer."""
    done = msgspec.structs.replace(
        notification, state=DeliveryState.SENT, attempts=notification.attempts + 1, answer=answer[:500]
    )
    _put(connection, done)


def failed(connection: sqlite3.Connection, notification: Notification, *, answer: str, now_ms: int) -> None:
    """Note that a channel did not take it, and when to try again; after many attempts never."""
    attempts = notification.attempts + 1
    state = DeliveryState.FAILED if attempts >= MAX_ATTEMPTS else DeliveryState.QUEUED
    wait_ms = RETRY_MS[min(attempts, len(RETRY_MS)) - 1]
    again = msgspec.structs.replace(
        notification, state=state, attempts=attempts, answer=answer[:500], due_ms=now_ms + wait_ms
    )
    _put(connection, again)


def _put(connection: sqlite3.Connection, notification: Notification) -> None:
    connection.execute(
        "UPDATE notification SET state = ?, due_ms = ?, body = ?, change = ? WHERE key = ?",
        (*_row(notification, next_change(connection))[1:], notification.key),
    )


def _row(notification: Notification, change: int) -> tuple[str, str, int, bytes, int]:
    body = msgspec.json.encode(notification)
    return (notification.key, notification.state, notification.due_ms, body, change)
