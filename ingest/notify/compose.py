"""Compose: which notifications an alert's change gives, keyed so that each is told once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from smartward.alert import AlertCondition
from smartward.catalogue.model import Catalogue
from smartward.notification import Notification
from smartward.rules.evaluate import AlertChange, Change
from smartward.wording import title

TOLD = frozenset({Change.OPENED, Change.RAISED, Change.CLEARED})
"""Changes that people are told of; a value that moves and an alert that shrinks are for the screen."""


class Composer:
    """Turns changes into notifications for the rule's roles, by the channels that are set up."""

    def __init__(self, catalogue: Catalogue, *, channels: tuple[str, ...]) -> None:
        """Know the rules' texts and the channels' names."""
        self._catalogue, self._channels = catalogue, channels

    def compose(
        self, changes: Iterable[AlertChange], *, told: Mapping[str, AbstractSet[str]], now_ms: int
    ) -> list[Notification]:
        """Give what is to be told of these changes; `told` names who was told of each alert before.

        Whoever was told of the worst is told when it is over, though the alert has shrunk since.
        """
        so_far = {alert: set(recipients) for alert, recipients in told.items()}
        notifications = []
        for change in changes:
            if change.change in TOLD:
                known = so_far.setdefault(change.condition.id, set())
                found = self._of_change(change, known=known, now_ms=now_ms)
                known |= {notification.recipient for notification in found}
                notifications += found
        return notifications

    def _of_change(self, change: AlertChange, *, known: AbstractSet[str], now_ms: int) -> list[Notification]:
        condition = change.condition
        rule = self._catalogue.rule(condition.rule)
        if rule is None:
            return []
        text = self._text(change)
        recipients = sorted({*rule.to, *known}) if change.change is Change.CLEARED else rule.to
        moment = f"{change.change}-{condition.severity}-{condition.changed_ms}"
        return [
            Notification(
                key=f"{condition.id}/{moment}/{role}/{channel}",
                alert=condition.id,
                ward=condition.ward,
                recipient=role,
                channel=channel,
                severity=condition.severity,
                text=text,
                created_ms=now_ms,
                due_ms=now_ms,
            )
            for role in recipients
            for channel in self._channels
        ]

    def _text(self, change: AlertChange) -> str:
        """Say it in Vietnamese: how bad, what, where, and the alert's number; nothing about persons."""
        condition = change.condition
        severity = self._catalogue.severities[condition.severity].vi
        head = "Đã hết" if change.change is Change.CLEARED else severity
        return f"[{head}] {self._title(condition)} – {condition.place} (#{condition.id})"

    def _title(self, condition: AlertCondition) -> str:
        type_, _, _ = condition.rule.partition(".")
        quantity = self._catalogue.quantity(type_, condition.quantity)
        return title(condition, rule=self._catalogue.rule(condition.rule), quantity=quantity, lang="vi")
