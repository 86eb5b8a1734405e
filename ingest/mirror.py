"""Mirror: what ingest knows, shown to the API, and open alerts said on the bus. It follows; nothing waits for it."""

from __future__ import annotations

import sqlite3
from typing import TypeVar

import msgspec

from ingest import accounts, dead_letters
from ingest.home import Home
from ingest.rules.memory import open_conditions
from smartward import topics
from smartward.alert import AlertCondition, Condition
from smartward.device import Presence
from smartward.errors import BusDisconnected
from smartward.notification import Notification
from smartward.ports import Bus, Clock, Projection, Projections

CURSOR, SAID = "mirror", "said"
AT_ONCE = 200
"""Change numbers carried at once; each is one transaction of ingest's."""
LEDGER_EVERY_MS = 1_000

Body = TypeVar("Body")


class Mirror:
    """Carries changes, in the order of their numbers, into the relational database."""

    def __init__(self, home: Home, *, projections: Projections, bus: Bus, clock: Clock, steady: Clock) -> None:
        """Bring the parts together."""
        self._home, self._projections, self._bus = home, projections, bus
        self._clock, self._steady = clock, steady
        self._ledger_ms: int | None = None
        self._unsaid: dict[str, AlertCondition] = {}
        self._said = 0

    def connected(self) -> None:
        """Say open alerts again, which an embedded broker has forgotten, and endings that no broker has heard yet."""
        with self._home.database.reading() as connection:
            ended = _changed(
                connection, "alert_condition", AlertCondition, span=(_cursor(connection, SAID), _newest(connection))
            )
            self._unsaid |= {condition.id: condition for condition in (*open_conditions(connection), *ended)}

    def step(self) -> bool:
        """Carry what changed; True when there may be more. Raises StoreUnavailable, and nothing is lost then."""
        now_ms = self._clock.now_ms()
        with self._home.database.reading() as connection:
            after = _cursor(connection)
            through = min(_newest(connection), after + AT_ONCE)
            span = (after, through)
            projection = Projection(
                _changed(connection, "alert_condition", AlertCondition, span=span),
                _changed(connection, "notification", Notification, span=span),
                _changed(connection, "presence", Presence, span=span),
                dead_letters.changed(connection, span=span),
                accounts.ledger(connection, as_of_ms=now_ms) if self._is_ledger_due() else None,
                dead_letters.forgotten(connection, span=span),
            )
        if through > after or projection.ledger is not None:
            self._projections.project(projection)
            self._note(through, has_ledger=projection.ledger is not None)
        self._unsaid |= {condition.id: condition for condition in projection.conditions}
        self._say()
        if not self._unsaid and through > self._said:
            self._note_cursor(SAID, through)
            self._said = through
        return through == after + AT_ONCE

    def _is_ledger_due(self) -> bool:
        return self._ledger_ms is None or self._steady.now_ms() - self._ledger_ms >= LEDGER_EVERY_MS

    def _note(self, through: int, *, has_ledger: bool) -> None:
        self._note_cursor(CURSOR, through)
        if has_ledger:
            self._ledger_ms = self._steady.now_ms()

    def _note_cursor(self, name: str, through: int) -> None:
        with self._home.database.transaction() as connection:
            connection.execute(
                "INSERT INTO feed_cursor (name, number) VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET number = excluded.number",
                (name, through),
            )

    def _say(self) -> None:
        """Publish changed alerts, retained while open; without a connection they wait."""
        for condition in list(self._unsaid.values()):
            is_over = condition.condition is Condition.CLEARED
            payload = b"" if is_over else msgspec.json.encode(_codes_and_numbers(condition))
            try:
                self._bus.publish(topics.alert(condition.ward, condition.id), payload, retain=True)
            except BusDisconnected:
                return
            del self._unsaid[condition.id]


def _codes_and_numbers(condition: AlertCondition) -> dict[str, object]:
    """Give what anybody may know of an alert: no names, no notes."""
    return {
        "id": condition.id,
        "rule": condition.rule,
        "device": condition.device,
        "severity": condition.severity,
        "condition": condition.condition,
        "started_at": condition.started_ms,
        "value": condition.value,
        "threshold": condition.threshold,
    }


def _cursor(connection: sqlite3.Connection, name: str = CURSOR) -> int:
    found = connection.execute("SELECT number FROM feed_cursor WHERE name = ?", (name,)).fetchone()
    return int(found[0]) if found else 0


def _newest(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("SELECT number FROM feed").fetchone()
    return int(number)


def _changed(
    connection: sqlite3.Connection, table: str, type_: type[Body], *, span: tuple[int, int]
) -> tuple[Body, ...]:
    rows = connection.execute(
        f"SELECT body FROM {table} WHERE change > ? AND change <= ? ORDER BY change",  # noqa: S608  # our own names
        span,
    )
    return tuple(msgspec.json.decode(body, type=type_) for (body,) in rows)
