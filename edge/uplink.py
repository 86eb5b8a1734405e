"""The uplink: what to tell the broker when, so that the server gets every pack once or more and knows we are there."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Event as Flag
from threading import Lock

import msgspec

from edge import presence
from edge.outbox import Outbox
from smartward import topics
from smartward.errors import BusDisconnected, SmartwardError
from smartward.event import Event
from smartward.instants import SECOND_MS
from smartward.observation import Observation
from smartward.pack import MAX_OBSERVATIONS
from smartward.ports import Bus, Clock, Message

logger = logging.getLogger(__name__)

WINDOW = 20
"""Packs sent and not yet confirmed."""
GATHER_MS = 200
"""An observation waits at most so long for others to share its pack and its write to the disk."""
RESEND_MS = 30 * SECOND_MS
"""Without a word for so long, what was sent is sent again."""
PATIENCE_MS = SECOND_MS
"""After a word without progress (a server that has just come says one) it is sent again so long after it was sent;
twice as long each time, until there is progress."""
NOTE_MS = 5 * SECOND_MS
"""How long a confirmation may wait to be noted on disk; forgetting one only means sending again."""
RETRY_MS = SECOND_MS


class _Committed(msgspec.Struct):
    """The server's word: everything up to `seq` is on its disk."""

    seq: int


class Uplink:
    """One gateway's conversation with the server.

    It is told what happens from any thread (observe, assert_event, and as the bus's listener); `step` is called by
    one thread, when `wake` is set and at the latest after the seconds that it answered. `clock` stamps what is said,
    `steady` measures durations.
    """

    def __init__(
        self,
        *,
        ward: str,
        gateway: str,
        bus: Bus,
        outbox: Outbox,
        clock: Clock,
        steady: Clock,
        session: str,
        agent: str,
        heartbeat_s: float,
    ) -> None:
        self.wake = Flag()
        self.rtt_ms: int | None = None
        self._ward, self._gateway = ward, gateway
        self._bus, self._outbox = bus, outbox
        self._clock, self._steady = clock, steady
        self._session, self._agent = session, agent
        self._heartbeat_ms = round(heartbeat_s * SECOND_MS)
        self._lock = Lock()
        self._write_at_ms: int | None = None
        self._happened: deque[Callable[[], None]] = deque()
        self._is_connected = False
        self._sent = 0
        self._sent_at_ms = 0
        self._resend_at_ms = 0
        self._patience_ms = PATIENCE_MS
        self._presence_at_ms = 0
        self._probe: tuple[int, int] | None = None
        self._is_stuck = False
        self._last_reason = ""

    # --- told from any thread ---

    def observe(self, observation: Observation) -> None:
        """Take an observation for the next pack."""
        is_enough = self._outbox.put(observation) >= MAX_OBSERVATIONS
        self._write_within(0 if is_enough else GATHER_MS)

    def assert_event(self, event: Event) -> None:
        """Take an event; it does not wait for others."""
        self._outbox.put(event)
        self._write_within(0)

    def connected(self) -> None:
        """Learn that the broker can be reached."""
        self._note(self._begin)

    def disconnected(self, reason: str) -> None:
        """Learn that it cannot."""
        self._note(partial(self._break_off, reason))

    def received(self, message: Message) -> None:
        """Take the server's word."""
        self._note(partial(self._take_word, message))

    def _note(self, happening: Callable[[], None]) -> None:
        """Leave something to the one thread."""
        self._happened.append(happening)
        self.wake.set()

    # --- done by one thread ---

    def step(self) -> float:
        """Do all that is due, and tell in how many seconds there is something to do again."""
        while self._happened:
            self._happened.popleft()()
        now_ms = self._steady.now_ms()
        self._write(now_ms)
        if self._is_connected:
            try:
                self._speak(now_ms)
            except BusDisconnected:
                self._is_connected = False  # the bus is about to say so, and why
        return max(0, self._next_ms(now_ms) - self._steady.now_ms()) / SECOND_MS

    def say_goodbye(self) -> None:
        """Write everything down, and say that the gateway leaves on purpose."""
        self._write_within(0)
        self.step()
        if self._is_connected:
            self._is_connected = False
            goodbye = presence.offline(session=self._session, at_ms=self._clock.now_ms())
            try:
                self._bus.publish(topics.presence(self._ward, self._gateway), goodbye, retain=True)
            except BusDisconnected:
                logger.info("gateway %s leaves without a goodbye: no connection", self._gateway)

    def _write_within(self, delay_ms: int) -> None:
        """See that what was taken is on disk soon."""
        due_ms = self._steady.now_ms() + delay_ms
        with self._lock:
            is_sooner = self._write_at_ms is None or due_ms < self._write_at_ms
            if is_sooner:
                self._write_at_ms = due_ms
        if is_sooner:
            self.wake.set()

    def _begin(self) -> None:
        """Start on a new connection: presence at once, packs from what the server is known to have."""
        logger.info("gateway %s is connected; %s packs wait", self._gateway, self._outbox.waiting)
        self._is_connected, self._last_reason = True, ""
        self._patience_ms = PATIENCE_MS
        self._presence_at_ms = self._steady.now_ms()
        self._send_again_from_committed()

    def _break_off(self, reason: str) -> None:
        """Note that the connection is gone, once per reason."""
        if reason != self._last_reason:
            logger.warning("gateway %s: %s", self._gateway, reason)
        self._is_connected, self._last_reason = False, reason

    def _take_word(self, message: Message) -> None:
        """Learn what the server has of this outbox; its word on another one is passed over."""
        self._bus.acknowledge([message])
        if message.topic != topics.committed(self._ward, self._gateway, self._outbox.boot):
            return
        try:
            word = msgspec.json.decode(message.payload, type=_Committed)
        except msgspec.DecodeError as error:
            logger.warning("gateway %s: %s is not understood: %s", self._gateway, message.topic, error)
            return
        before = self._outbox.committed
        try:
            is_progress = self._outbox.confirm(word.seq)
        except SmartwardError as error:
            logger.warning("gateway %s cannot take the server's word yet: %s", self._gateway, error)
            return
        if not is_progress:
            logger.warning(
                "gateway %s: the server has packs up to %s, not %s any more; sending them again",
                self._gateway,
                word.seq,
                before,
            )
            self._presence_at_ms = self._steady.now_ms()  # it must know the oldest that can come
            self._send_again_from_committed()
        elif self._outbox.committed > before:
            self._sent = max(self._sent, self._outbox.committed)
            self._resend_at_ms = self._steady.now_ms() + RESEND_MS
            self._patience_ms = PATIENCE_MS
            self._measure_round_trip()
            self._write_within(NOTE_MS)
        else:
            self._resend_at_ms = min(self._resend_at_ms, self._sent_at_ms + self._patience_ms)

    def _measure_round_trip(self) -> None:
        """End the measurement that the sending of a pack began."""
        if self._probe is not None and self._outbox.committed >= self._probe[0]:
            self.rtt_ms = self._steady.now_ms() - self._probe[1]
            self._probe = None

    def _send_again_from_committed(self) -> None:
        self._sent = self._outbox.committed
        self._probe = None

    def _write(self, now_ms: int) -> None:
        """Bring to disk what is due; a disk that takes nothing is tried again, and nothing is forgotten meanwhile."""
        with self._lock:
            if self._write_at_ms is None or self._write_at_ms > now_ms:
                return
            self._write_at_ms = None
        try:
            self._outbox.flush(now_ms=self._clock.now_ms())
        except SmartwardError as error:
            if not self._is_stuck:
                logger.error("gateway %s cannot write its outbox, trying again: %s", self._gateway, error)  # noqa: TRY400 - the error is plain words; a stack of calls helps nobody on a gateway
            self._is_stuck = True
            self._write_within(RETRY_MS)
            return
        if self._is_stuck:
            logger.info("gateway %s writes its outbox again", self._gateway)
        self._is_stuck = False

    def _speak(self, now_ms: int) -> None:
        """Say that we are there and send what the window allows; raises BusDisconnected."""
        if now_ms >= self._presence_at_ms:
            said = presence.online(
                session=self._session,
                agent=self._agent,
                boot=self._outbox.boot,
                oldest=self._outbox.oldest(),
                at_ms=self._clock.now_ms(),
            )
            self._bus.publish(topics.presence(self._ward, self._gateway), said, retain=True)
            self._presence_at_ms = now_ms + self._heartbeat_ms
        if self._in_flight and now_ms >= self._resend_at_ms:
            self._patience_ms = min(2 * self._patience_ms, RESEND_MS)
            logger.info("gateway %s: no word on pack %s, sending again", self._gateway, self._outbox.committed + 1)
            self._send_again_from_committed()
        self._send()

    @property
    def _in_flight(self) -> bool:
        return self._sent > self._outbox.committed

    def _send(self) -> None:
        """Send packs up to the window beyond what the server has."""
        room = WINDOW - (self._sent - self._outbox.committed)
        if self._sent >= self._outbox.last or room <= 0:
            return
        self._sent_at_ms = self._steady.now_ms()
        if not self._in_flight:
            self._resend_at_ms = self._sent_at_ms + RESEND_MS
        for record in self._outbox.read(after=self._sent, limit=room):
            self._bus.publish(topics.pack(self._ward, self._gateway), record.body)
            self._sent = record.number
            self._probe = self._probe or (record.number, self._steady.now_ms())

    def _next_ms(self, now_ms: int) -> int:
        """Tell the next instant at which something is due by itself; everything else wakes us."""
        with self._lock:
            due = [now_ms + NOTE_MS if self._write_at_ms is None else self._write_at_ms]
        if self._is_connected:
            due.append(self._presence_at_ms)
            if self._in_flight:
                due.append(self._resend_at_ms)
        return min(due)
