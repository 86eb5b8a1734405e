"""Deciding: the journal's `rules` cursor, committed with the alert conditions and notifications that it caused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec

from ingest import record
from ingest.home import Home
from ingest.notify import queue
from ingest.notify.compose import Composer
from ingest.record import JournalRecord
from ingest.rules import memory
from ingest.trim import trim
from ingest.validate import Registered
from smartward.catalogue.model import Catalogue
from smartward.device import Device
from smartward.instants import MINUTE_MS, SECOND_MS
from smartward.ports import Clock, StoredObservation
from smartward.rules.compiled import compile_rules
from smartward.rules.evaluate import AlertChange, DeviceState, Standing, evaluate
from smartward.rules.evaluate import shift as shift_state
from smartward.rules.silence import Ear, hear, hear_presence, judge, limits_of, not_after, shift
from smartward.rules.skew import Claims, claim, shown

log = logging.getLogger(__name__)

CURSOR = "rules"
RECORDS = 500
LATENESS_MS = 2 * MINUTE_MS
"""Data that arrives later than this is stored and shown, but raises no alert as if it were now."""
JUDGE_EVERY_MS = 1_000


JUMP_MS = 1_000
"""A step of the wall clock against the steady one by this much is no drift: somebody has set it."""


class Clocks(msgspec.Struct, frozen=True):
    """How far devices' clocks are ahead of ours, where known, and how far ours was set since we began."""

    skew_ms: dict[str, int] = {}
    own_ms: int = 0


class Deciding:
    """Feeds the rules from the journal and judges silence by the clock."""

    def __init__(
        self,
        home: Home,
        *,
        catalogue: Catalogue,
        registered: Callable[[], Registered],
        listening_since_ms: Callable[[], int | None],
        composer: Composer,
        clock: Clock,
        steady: Clock,
    ) -> None:
        """Bring the parts together.

        `listening_since_ms` is by the steady clock, and None while nobody can be heard.
        """
        self._home, self._catalogue, self._clock, self._steady = home, catalogue, clock, steady
        self._registered, self._listening_since_ms, self._composer = registered, listening_since_ms, composer
        self._rules = compile_rules(catalogue)
        self._limits = limits_of(catalogue)
        self._timezone = ZoneInfo(catalogue.timezone)
        self._states: dict[str, DeviceState] | None = None
        self._ears: dict[str, Ear] = {}
        self._claims: dict[str, Claims] = {}
        self._clockless: set[str] = set()
        self._judged_ms: int | None = None
        self._offset_ms: int | None = None
        self.clocks = Clocks()

    def step(self) -> bool:
        """Take in what is new in the journal, and judge silence once a second; True when there was something new.

        After any failure what is remembered is read again from disk, where it is as it was before the step.
        """
        if self._states is None:
            self._load()
        try:
            return self._decide()
        except BaseException:
            self._states = None
            raise

    def _load(self) -> None:
        with self._home.database.reading() as connection:
            self._states = memory.load_states(connection)
            ears = memory.load_ears(connection)
        for device, ear in ears.items():
            heard_ms = self._ears[device].heard_ms if device in self._ears else None
            ear.heard_ms = max(ear.heard_ms or 0, heard_ms or 0) or None
        not_after(ears, now_ms=self._clock.now_ms())
        self._ears = ears

    def _decide(self) -> bool:
        now_ms, steady_ms = self._clock.now_ms(), self._steady.now_ms()
        self._follow_clock(now_ms - steady_ms)
        records = self._home.journal.read(after=self._home.journal.cursor(CURSOR), limit=RECORDS)
        touched: dict[str, DeviceState] = {}
        changes: list[AlertChange] = []
        for entry in records:
            changes += self._take_in(record.decode(entry.body), touched, journaled_ms=entry.at_ms, now_ms=now_ms)
        if records:
            with self._home.database.transaction() as connection:
                memory.keep_states(connection, touched.items())
                memory.keep_changes(connection, changes)
                told = queue.told(connection, changes)
                queue.add(connection, self._composer.compose(changes, told=told, now_ms=now_ms))
                self._home.journal.advance(connection, CURSOR, number=records[-1].number)
                trim(self._home.journal, connection)
            _log_changes(changes)
        is_behind = len(records) == RECORDS
        is_due = self._judged_ms is None or steady_ms - self._judged_ms >= JUDGE_EVERY_MS
        if is_due and not is_behind:
            self._judged_ms = steady_ms
            self._show_skew()
            self._judge(now_ms, steady_ms=steady_ms)
        return bool(records)

    def _take_in(
        self, entry: JournalRecord, touched: dict[str, DeviceState], *, journaled_ms: int, now_ms: int
    ) -> list[AlertChange]:
        """Note who spoke, and evaluate what they said; a replayed dead letter is nobody speaking now, and no news."""
        if journaled_ms != entry.received_ms:
            return []
        registered = self._registered()
        heard_ms = min(entry.received_ms, now_ms)
        if entry.presence is not None:
            said = entry.presence
            hear_presence(self._ears, said.gateway, online=said.online, session=said.session, at_ms=heard_ms)
            return []
        hear(self._ears, entry.gateway, gateway=entry.gateway, at_ms=heard_ms)
        for event in entry.events:
            hear(self._ears, event.event.device, gateway=entry.gateway, at_ms=heard_ms)
        self._note_clocks(entry)
        changes: list[AlertChange] = []
        for observation in entry.observations:
            hear(self._ears, observation.device, gateway=entry.gateway, at_ms=heard_ms)
            device = registered.devices.get(observation.device)
            if device is not None:
                changes += self._evaluate(observation, device, registered.place_of(device.id), touched)
        return changes

    def _note_clocks(self, entry: JournalRecord) -> None:
        """Note what this message claims of each device's clock: its newest instant, believed or not."""
        newest = dict(entry.clocks)
        for observation in entry.observations:
            device, claimed_ms = observation.device, observation.observed_ms
            newest[device] = max(newest.get(device, claimed_ms), claimed_ms)
        for device, claimed_ms in newest.items():
            if claimed_ms == entry.received_ms:
                self._clockless.add(device)
                continue
            self._clockless.discard(device)
            claim(self._claims.setdefault(device, Claims()), claimed_ms=claimed_ms, arrived_ms=entry.received_ms)

    def _follow_clock(self, offset_ms: int) -> None:
        """Notice that somebody has set our clock, and let all that was measured by it go along."""
        by_ms = 0 if self._offset_ms is None else offset_ms - self._offset_ms
        self._offset_ms = offset_ms
        if abs(by_ms) < JUMP_MS:
            return
        log.warning("the server's clock was set by %+.0f s; silences and holds go on as they were", by_ms / SECOND_MS)
        shift(self._ears, by_ms=by_ms)
        for device in self._clockless & (self._states or {}).keys():
            shift_state((self._states or {})[device], by_ms=by_ms)
        self._claims.clear()
        self.clocks = Clocks({}, self.clocks.own_ms + by_ms)

    def _show_skew(self) -> None:
        """Give the present figures to whoever watches, and to the presences."""
        known = {device: claims.skew_ms for device, claims in self._claims.items()}
        self.clocks = Clocks(
            {device: skew_ms for device, skew_ms in known.items() if skew_ms is not None}, self.clocks.own_ms
        )
        for device, skew_ms in self.clocks.skew_ms.items():
            ear = self._ears.setdefault(device, Ear())
            ear.skew_ms = shown(skew_ms, before_ms=ear.skew_ms)

    def _evaluate(
        self, observation: StoredObservation, device: Device, place: str, touched: dict[str, DeviceState]
    ) -> list[AlertChange]:
        rules = self._rules.get(observation.type)
        if rules is None or self._states is None or self._is_late(observation):
            return []
        state = self._states.setdefault(device.id, DeviceState())
        touched[device.id] = state
        params = self._catalogue.types[device.type].site_param | device.params
        standing = Standing(device, place, self._timezone, params)
        return evaluate(state, observation.values, at_ms=observation.observed_ms, rules=rules, standing=standing)

    def _is_late(self, observation: StoredObservation) -> bool:
        """Tell whether an observation is old news, by our clock and by our clock as it was before somebody set it."""
        late_ms = observation.received_ms - observation.observed_ms
        return late_ms > LATENESS_MS and abs(late_ms - self.clocks.own_ms) > LATENESS_MS

    def _judge(self, now_ms: int, *, steady_ms: int) -> None:
        """Judge silence, unless nobody can be heard: then silence means nothing."""
        listening_since_ms = self._listening_since_ms()
        if listening_since_ms is None:
            return
        registered = self._registered()
        judgement = judge(
            self._ears,
            registered.devices,
            places={device: registered.place_of(device) for device in registered.devices},
            limits=self._limits,
            now_ms=now_ms,
            listening_since_ms=now_ms - (steady_ms - listening_since_ms),
        )
        if not judgement.presences and not judgement.changes:
            return
        moved = {presence.device for presence in judgement.presences}
        moved |= {change.condition.device for change in judgement.changes}
        with self._home.database.transaction() as connection:
            memory.keep_ears(connection, [(device, self._ears[device]) for device in sorted(moved)])
            memory.keep_presences(connection, judgement.presences)
            memory.keep_changes(connection, judgement.changes)
            told = queue.told(connection, judgement.changes)
            queue.add(connection, self._composer.compose(judgement.changes, told=told, now_ms=now_ms))
        _log_changes(judgement.changes)


def _log_changes(changes: list[AlertChange] | tuple[AlertChange, ...]) -> None:
    for change in changes:
        condition = change.condition
        if change.change != "updated":
            log.info("alert %s %s: %s at %s", condition.id, change.change, condition.rule, condition.device)
