"""Alerts: a state that needs a person's response, on two axes.

Condition (decided by ingest): pending -> firing -> cleared. Work (done by people): new -> acknowledged ->
in_progress -> done | false_alarm. An alert is *resolved* when its condition is cleared and its work is done.
The alert that everybody sees is the fold of the two; neither side writes the other's rows.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from smartward.observation import Value


class Severity(StrEnum):
    """FIWARE Alert severities, from least to most."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Give 0 for informational to 4 for critical."""
        return list(Severity).index(self)


class Condition(StrEnum):
    """What the devices say; only FIRING and CLEARED are ever told to people."""

    PENDING = "pending"
    FIRING = "firing"
    CLEARED = "cleared"


class Work(StrEnum):
    """What people have done."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    FALSE_ALARM = "false_alarm"


class AlertCondition(msgspec.Struct, frozen=True):
    """What ingest knows of one alert; rewritten at each transition, never by people.

    `place` is the site's name when it was raised; `value` and `threshold` are the latest that mattered;
    `reason` says why it cleared (`recovered`, `heard`, `hours`, `inhibited`, `superseded`); `verify` asks for a
    person's look. `inhibits` counts devices whose own silence this alert explains.
    """

    id: str
    ward: str
    rule: str
    device: str
    place: str
    severity: Severity
    condition: Condition
    started_ms: int
    changed_ms: int
    cleared_ms: int | None = None
    value: Value | None = None
    threshold: Value | None = None
    quantity: str = ""
    reason: str = ""
    verify: bool = False
    inhibits: int = 0


class Deed(StrEnum):
    """What a person can do to an alert."""

    ACKNOWLEDGE = "acknowledge"
    START = "start"
    ASSIGN = "assign"
    COMMENT = "comment"
    VERIFY = "verify"
    RESOLVE = "resolve"
    REOPEN = "reopen"


class WorkAction(msgspec.Struct, frozen=True):
    """One deed on one alert: append-only.

    `outcome` goes with RESOLVE (`done` or `false_alarm`), `person_assigned` with ASSIGN.
    """

    alert: str
    deed: Deed
    person: str
    at_ms: int
    episode: int = 1
    note: str = ""
    outcome: str = ""
    person_assigned: str = ""
    override_reason: str = ""
    address: str = ""


class Alert(msgspec.Struct, frozen=True):
    """The alert that people see: condition and work folded together."""

    condition: AlertCondition
    work: Work
    acknowledged_by: str | None = None
    acknowledged_ms: int | None = None
    assignee: str | None = None
    resolved_ms: int | None = None
    timeline: tuple[WorkAction, ...] = ()

    @property
    def is_resolved(self) -> bool:
        """Tell whether the condition is over and the work is done."""
        return self.condition.condition is Condition.CLEARED and self.work in (Work.DONE, Work.FALSE_ALARM)


def alert_id(ward: str, device: str, rule: str, *, started_ms: int) -> str:
    """Name an alert by what it is: the same breach has the same id however often it is replayed."""
    digest = hashlib.sha256(f"{ward}/{device}/{rule}/{started_ms}".encode()).digest()
    return "a" + base64.b32encode(digest).decode()[:9].lower()


def needs_a_word(condition: AlertCondition) -> bool:
    """Tell whether somebody must write how it ended: high and critical, and whatever asks for verification."""
    return condition.verify or condition.severity.rank >= Severity.HIGH.rank


def fold(condition: AlertCondition, actions: Sequence[WorkAction]) -> Alert:
    """Fold a condition with what people did, in the order they did it.

    Medium and lower that ask for no verification are done by the system when they clear.
    """
    work, acknowledged_by, acknowledged_ms, assignee, resolved_ms = Work.NEW, None, None, None, None
    for action in actions:
        match action.deed:
            case Deed.ACKNOWLEDGE:
                work, acknowledged_by, acknowledged_ms = Work.ACKNOWLEDGED, action.person, action.at_ms
                resolved_ms = None
            case Deed.START:
                work, resolved_ms = Work.IN_PROGRESS, None
            case Deed.ASSIGN:
                assignee = action.person_assigned
            case Deed.RESOLVE:
                work = Work.FALSE_ALARM if action.outcome == Work.FALSE_ALARM else Work.DONE
                resolved_ms = action.at_ms
            case Deed.REOPEN:
                work, acknowledged_by, acknowledged_ms, resolved_ms = Work.NEW, None, None, None
            case Deed.COMMENT | Deed.VERIFY:
                pass
    over = condition.condition is Condition.CLEARED
    if over and work not in (Work.DONE, Work.FALSE_ALARM) and not needs_a_word(condition):
        work, resolved_ms = Work.DONE, condition.cleared_ms
    return Alert(condition, work, acknowledged_by, acknowledged_ms, assignee, resolved_ms, tuple(actions))
