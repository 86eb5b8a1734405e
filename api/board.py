"""The board: every alert as people see it, folded from what ingest decided and what people did.

The console and the JSON API read the same views. The board keeps the newest alerts in memory and reads only what
changed since, so asking often is cheap; all methods may be called from any thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterable
from itertools import chain
from typing import Annotated, cast

import msgspec
from fastapi import Depends, Request

from api.alert_view import AlertView, view_of
from api.register import Register, RegisterReader
from api.services import Services
from smartward.alert import AlertCondition, Condition, Severity, WorkAction

KEPT = 5_000
"""How many alerts are kept in memory at the least; the open ones always are."""
NO_DEADLINE_MS = 2**62


class Counts(msgspec.Struct, frozen=True):
    """How many alerts are in the queue: firing by severity, and in all; unacknowledged, and past their deadline."""

    by_severity: dict[Severity, int]
    open: int
    unacknowledged: int
    overdue: int


class Board:
    """All alerts as they stand now."""

    def __init__(self, services: Services, *, register: RegisterReader, kept: int = KEPT) -> None:
        self._services, self._register, self._kept = services, register, kept
        self._lock = threading.RLock()
        self._revisions = (-1, -1, -1)
        self._conditions: dict[str, AlertCondition] = {}
        self._actions: dict[str, list[WorkAction]] = {}
        self._views: dict[str, AlertView] = {}
        self._names: dict[str, str] = {}
        self._changes: deque[str] = deque(maxlen=kept)
        self._changed = 0

    def queue(self, wards: Collection[str]) -> list[AlertView]:
        """List what waits for somebody: by severity, then unacknowledged first, then by deadline."""
        return sorted((view for view in self._read(wards) if view.waits), key=_urgency)

    def alerts(self, wards: Collection[str]) -> list[AlertView]:
        """List alerts of these wards, newest start first."""
        return sorted(self._read(wards), key=lambda view: (-view.started_ms, view.id))

    def alert(self, alert: str) -> AlertView | None:
        """Find one alert, however old; None when there is none or it is only pending."""
        with self._lock:
            self._refresh()
            if view := self._views.get(alert):
                return view
            condition = self._services.projections.condition(alert)
            if condition is None or condition.condition is Condition.PENDING:
                return None
            actions = self._services.work_log.actions([alert]).get(alert, [])
            return self._view(condition, actions, register=self._register.read())

    def counts(self, wards: Collection[str]) -> Counts:
        """Count the queue."""
        now_ms = self._services.clock.now_ms()
        queue = [view for view in self._read(wards) if view.waits]
        return Counts(
            by_severity={severity: sum(view.severity is severity for view in queue) for severity in reversed(Severity)},
            open=len(queue),
            unacknowledged=sum(not view.is_acknowledged for view in queue),
            overdue=sum(view.is_overdue(now_ms) for view in queue),
        )

    def changes_after(self, mark: int) -> tuple[int, list[AlertView]]:
        """List the alerts that changed after a mark of before, each once as it stands, and the new mark.

        Alerts that only became too old to keep are not listed.
        """
        with self._lock:
            self._refresh()
            fresh = min(self._changed - mark, len(self._changes))
            ids = dict.fromkeys(list(self._changes)[len(self._changes) - fresh :] if fresh > 0 else [])
            return self._changed, [self._views[alert] for alert in ids if alert in self._views]

    def _read(self, wards: Collection[str]) -> list[AlertView]:
        with self._lock:
            self._refresh()
            return [view for view in self._views.values() if view.ward in wards]

    def _refresh(self) -> None:
        """Read what changed since the last time; raises StoreUnavailable, and then the next time finds the same."""
        conditions_at, work_at, register_at = self._revisions
        register = self._register.read()
        touched: set[str] = set()
        if conditions_at < 0:
            conditions_at, first = self._first()
            touched |= self._take(first)
        conditions_at, changed = self._services.projections.conditions_since(conditions_at)
        touched |= self._take(changed)
        newest_work = self._services.work_log.revision()
        if newest_work != work_at:
            actions = self._services.work_log.actions(self._conditions)
            touched |= {alert for alert in self._conditions if actions.get(alert) != self._actions.get(alert)}
        else:
            actions = self._actions | (self._services.work_log.actions(touched) if touched else {})
        if register.revision != register_at:
            touched |= self._conditions.keys()
        views = {
            alert: self._view(self._conditions[alert], actions.get(alert, []), register=register) for alert in touched
        }
        self._actions, self._revisions = actions, (conditions_at, newest_work, register.revision)
        self._show(views)
        if len(self._conditions) > 2 * self._kept:
            self._forget()

    def _first(self) -> tuple[int, Iterable[AlertCondition]]:
        """Read the newest alerts and all open ones; what changes while we read comes again by the revision."""
        projections = self._services.projections
        revision = projections.revision()
        return revision, chain(projections.conditions(limit=self._kept), projections.conditions(only_open=True))

    def _take(self, conditions: Iterable[AlertCondition]) -> set[str]:
        told = [condition for condition in conditions if condition.condition is not Condition.PENDING]
        self._conditions |= {condition.id: condition for condition in told}
        return {condition.id for condition in told}

    def _show(self, views: dict[str, AlertView]) -> None:
        """Remember which alerts look different now."""
        for alert, view in views.items():
            if view != self._views.get(alert):
                self._views[alert] = view
                self._changes.append(alert)
                self._changed += 1

    def _forget(self) -> None:
        """Let the oldest resolved alerts go; they are still found one by one."""
        resolved = [view for view in self._views.values() if view.is_resolved]
        for view in sorted(resolved, key=lambda view: view.started_ms)[: len(self._conditions) - self._kept]:
            del self._views[view.id], self._conditions[view.id]
            self._actions.pop(view.id, None)

    def _view(self, condition: AlertCondition, actions: list[WorkAction], *, register: Register) -> AlertView:
        return view_of(condition, actions, catalogue=self._services.catalogue, register=register, name_of=self._name_of)

    def _name_of(self, username: str) -> str:
        """Give a person's name; the username when there is none."""
        if username not in self._names:
            self._names = {person.username: person.name for person in self._services.people.people()}
        return self._names.setdefault(username, "") or username


def board_of(request: Request) -> Board:
    """Give a route the board of its app."""
    return cast("Board", request.app.state.board)


BoardOf = Annotated[Board, Depends(board_of)]


def _urgency(view: AlertView) -> tuple[int, bool, int, int, str]:
    """Order the queue: severity, then unacknowledged, then the next deadline; the over ones have none."""
    deadline_ms = NO_DEADLINE_MS if view.deadline_ms is None else view.deadline_ms
    return -view.severity.rank, view.is_acknowledged, deadline_ms, view.started_ms, view.id
