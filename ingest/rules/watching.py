"""Watching: ingest's eye on itself and on clocks. What is wrong for now is an alert for as long as it is.

Alerts about the platform stand at the pseudo device `ingest`, once in each ward that this ingest owns.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator

import msgspec

from ingest.home import Home
from ingest.notify import queue
from ingest.notify.compose import Composer
from ingest.rules import memory
from ingest.rules.deciding import Clocks
from ingest.validate import Registered
from smartward.alert import AlertCondition, Condition
from smartward.catalogue.model import Catalogue
from smartward.instants import HOUR_MS, MINUTE_MS, SECOND_MS
from smartward.ports import Clock
from smartward.rules.fact import Fact, key_of, move
from smartward.rules.skew import is_wrong

log = logging.getLogger(__name__)

INGEST = "ingest"
"""The device that alerts about this process name; never a registered one."""
PLACE = "Máy chủ tiếp nhận"
SKEW, DUPLICATE = "common.clock_skew", "platform.duplicate_gateway"
FULL, DOWN, RATE = "platform.journal_full", "platform.store_down", "platform.dead_letter_rate"
TWO_BOOTS_MS = 10 * MINUTE_MS
REFUSED_SHARE = 0.01
REFUSED_AT_LEAST = 10
"""An alert on the rate needs this many refused items in the hour: a quiet ward's one mistake is no rate."""
EVERY_MS = 1_000


class Watching:
    """Looks once a second at what intake, store and clocks do."""

    def __init__(
        self,
        home: Home,
        *,
        catalogue: Catalogue,
        composer: Composer,
        registered: Callable[[], Registered],
        clocks: Callable[[], Clocks],
        is_full: Callable[[], bool],
        wards: tuple[str, ...],
        clock: Clock,
        steady: Clock,
    ) -> None:
        """Bring the parts together; `wards` empty: all that have devices."""
        self._home, self._catalogue, self._composer = home, catalogue, composer
        self._registered, self._clocks, self._is_full, self._wards = registered, clocks, is_full, wards
        self._clock, self._steady = clock, steady
        rules = catalogue.rules_by_id()
        self._skew_limit_ms = int(float(str(rules[SKEW].value)) * SECOND_MS)
        self._down_ms = rules[DOWN].for_s * SECOND_MS
        self._stuck: tuple[int, int] | None = None
        self._looked_ms: int | None = None

    def step(self) -> bool:
        """Look, at most once a second; False: look again later."""
        steady_ms, now_ms = self._steady.now_ms(), self._clock.now_ms()
        if self._looked_ms is not None and steady_ms - self._looked_ms < EVERY_MS:
            return False
        self._looked_ms = steady_ms
        clocks = self._clocks()
        with self._home.database.reading() as connection:
            standing = _standing(connection)
            facts = [*self._of_clocks(clocks), *self._of_gateways(connection, now_ms=now_ms)]
            facts += self._of_ourselves(connection, now_ms=now_ms, steady_ms=steady_ms)
        unknown = {key for key, alert in standing.items() if alert.rule == SKEW and alert.device not in clocks.skew_ms}
        changes = move(standing, facts, unknown=unknown, catalogue=self._catalogue, now_ms=now_ms)
        if changes:
            with self._home.database.transaction() as connection:
                _keep(connection, [change.condition for change in changes])
                memory.keep_changes(connection, changes)
                told = queue.told(connection, changes)
                queue.add(connection, self._composer.compose(changes, told=told, now_ms=now_ms))
            for change in changes:
                log.info(
                    "alert %s %s: %s at %s",
                    change.condition.id,
                    change.change,
                    change.condition.rule,
                    change.condition.device,
                )
        return False

    def _of_clocks(self, clocks: Clocks) -> Iterator[Fact]:
        registered = self._registered()
        for device, skew_ms in clocks.skew_ms.items():
            known = registered.devices.get(device)
            if known is not None and is_wrong(skew_ms, limit_ms=self._skew_limit_ms, own_ms=clocks.own_ms):
                limit_s = self._skew_limit_ms / SECOND_MS
                place = registered.place_of(device)
                yield Fact(SKEW, known.ward, device, place, round(skew_ms / SECOND_MS), limit_s)

    def _of_gateways(self, connection: sqlite3.Connection, *, now_ms: int) -> Iterator[Fact]:
        """Find gateways of which two outboxes spoke within ten minutes."""
        rows = connection.execute(
            "SELECT ward, gateway, count(*) FROM pack_boot WHERE seen_ms BETWEEN ? AND ? "
            "GROUP BY gateway HAVING count(*) > 1",
            (now_ms - TWO_BOOTS_MS, now_ms + TWO_BOOTS_MS),
        )
        for ward, gateway, boots in rows:
            yield Fact(DUPLICATE, ward, gateway, self._registered().place_of(gateway), boots, 1)

    def _of_ourselves(self, connection: sqlite3.Connection, *, now_ms: int, steady_ms: int) -> Iterator[Fact]:
        wards = self._wards or tuple(sorted({device.ward for device in self._registered().devices.values()}))
        rate = _refused_share(connection, now_ms=now_ms)
        is_down = self._is_store_stuck(connection, steady_ms=steady_ms)
        for ward in wards:
            if self._is_full():
                yield Fact(FULL, ward, INGEST, PLACE)
            if is_down:
                yield Fact(DOWN, ward, INGEST, PLACE)
            if rate > REFUSED_SHARE:
                yield Fact(RATE, ward, INGEST, PLACE, round(rate, 3), REFUSED_SHARE)

    def _is_store_stuck(self, connection: sqlite3.Connection, *, steady_ms: int) -> bool:
        """Tell whether the store has taken nothing for the rule's time although the journal has something for it."""
        (last,) = connection.execute("SELECT last FROM log_head").fetchone()
        (cursor,) = connection.execute("SELECT number FROM log_cursor WHERE name = 'store'").fetchone()
        if cursor >= last:
            self._stuck = None
            return False
        if self._stuck is None or self._stuck[0] != cursor:
            self._stuck = (cursor, steady_ms)
        return steady_ms - self._stuck[1] >= self._down_ms


def _refused_share(connection: sqlite3.Connection, *, now_ms: int) -> float:
    """Give which share of the last hour's items was refused; 0 while they are few."""
    minute = now_ms // MINUTE_MS
    received, refused = connection.execute(
        "SELECT coalesce(sum(received), 0), coalesce(sum(refused), 0) FROM intake_minute WHERE minute BETWEEN ? AND ?",
        (minute - HOUR_MS // MINUTE_MS + 1, minute),
    ).fetchone()
    return refused / received if refused >= REFUSED_AT_LEAST else 0.0


def _standing(connection: sqlite3.Connection) -> dict[str, AlertCondition]:
    rows = connection.execute("SELECT key, body FROM standing_alert")
    return {key: msgspec.json.decode(body, type=AlertCondition) for key, body in rows}


def _keep(connection: sqlite3.Connection, conditions: list[AlertCondition]) -> None:
    for condition in conditions:
        if condition.condition is Condition.CLEARED:
            connection.execute("DELETE FROM standing_alert WHERE key = ?", (key_of(condition),))
        else:
            connection.execute(
                "INSERT OR REPLACE INTO standing_alert (key, body) VALUES (?, ?)",
                (key_of(condition), msgspec.json.encode(condition)),
            )
