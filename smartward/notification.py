"""Notifications: one message, to one recipient, by one channel, of one alert, with its delivery state."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class DeliveryState(StrEnum):
    """How far a notification has come."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class Notification(msgspec.Struct, frozen=True):
    """What is to be told. `key` is unique per (alert, transition, recipient, channel), so a repeat is known.

    `recipient` is a role of the catalogue; `text` is Vietnamese and holds no personal data.
    """

    key: str
    alert: str
    ward: str
    recipient: str
    channel: str
    severity: str
    text: str
    created_ms: int
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    due_ms: int = 0
    answer: str = ""
