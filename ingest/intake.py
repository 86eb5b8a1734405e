"""Intake: from the broker to the disk; only then acknowledge and say `committed`."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Sequence

import msgspec

from ingest import accounts, packs
from ingest.decode import Decoded, decode
from ingest.entry import Entry
from ingest.home import Home
from ingest.packs import Committed
from ingest.redelivery import Repeats, digest_of, remember
from ingest.validate import Registered, Validated, Validator
from smartward import topics
from smartward.errors import BusDisconnected, LogFull
from smartward.ports import Bus, Clock, Message
from smartward.rejection import Reason, Rejection

log = logging.getLogger(__name__)

BATCH = 500
Registry = Callable[[], Registered]


class Intake:
    """Takes messages on the bus's thread, and brings them to disk in `step` on its own.

    A message is acknowledged when its batch has been fsynced, never before. When the journal is full nothing is taken
    from the queue and nothing is acknowledged, so the broker holds on to what it has.
    """

    def __init__(
        self, home: Home, *, bus: Bus, clock: Clock, steady: Clock, validator: Validator, registered: Registry
    ) -> None:
        """Bring the parts together; `registered` gives the registry as last seen.

        `listening_since_ms` and `full_since_ms` are by the steady clock, which nobody sets.
        """
        self._home, self._bus, self._clock, self._steady = home, bus, clock, steady
        self._validator, self._registered = validator, registered
        self._arrived: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._unwritten: list[Message] = []
        self._is_connected = self._begins_next = False
        self._repeats: Repeats | None = None
        self._offset_ms: int | None = None
        self.listening_since_ms: int | None = None
        self.full_since_ms: int | None = None

    # --- on the bus's thread

    def connected(self) -> None:
        """Begin a connection: its first messages may be repeats."""
        self._is_connected = True
        self._arrived.put(None)

    def disconnected(self, reason: str) -> None:
        """Know that nobody can be heard until the next connection."""
        self._is_connected, self.listening_since_ms = False, None
        log.warning("broker connection lost: %s", reason)

    def received(self, message: Message) -> None:
        """Take one message."""
        self._arrived.put(message)

    # --- on intake's thread

    def step(self, *, wait_s: float = 0.2) -> bool:
        """Bring what has arrived to disk; True when there was something to do."""
        batch = self._unwritten or self._gather(wait_s=wait_s)
        if not batch:
            return False
        self._unwritten = batch  # whatever stops us: the broker will not send it again on this connection
        try:
            committed = self._write(batch)
        except LogFull:
            self.full_since_ms = self.full_since_ms or self._steady.now_ms()
            raise
        if self.full_since_ms is not None:
            self.listening_since_ms = self._steady.now_ms() if self._is_connected else None
        self._unwritten, self.full_since_ms = [], None
        self._bus.acknowledge(batch)
        self.say_committed(committed)
        return True

    def say_committed(self, committed: Sequence[Committed]) -> None:
        """Tell each gateway how far its packs are on disk; a lost connection only means that it is told later."""
        for word in committed:
            payload = msgspec.json.encode({"seq": word.seq})
            try:
                self._bus.publish(topics.committed(word.ward, word.gateway, word.boot), payload, retain=True)
            except BusDisconnected:
                return

    def _gather(self, *, wait_s: float) -> list[Message]:
        """Wait for a first message and take what else is there; a new connection is begun in between."""
        batch: list[Message] = []
        if self._begins_next:
            self._begin_connection()
        while len(batch) < BATCH:
            try:
                message = self._arrived.get(timeout=0 if batch else wait_s) if not batch else self._arrived.get_nowait()
            except queue.Empty:
                break
            if message is not None:
                batch.append(message)
            elif batch:
                self._begins_next = True  # after this batch: what comes behind the mark may repeat it
                break
            else:
                self._begin_connection()
        return batch

    def _begin_connection(self) -> None:
        """Load what may come again, and say to all gateways how far we are: an embedded broker has forgotten it."""
        self._begins_next = False
        with self._home.database.reading() as connection:
            self._repeats = Repeats(connection)
            committed = packs.committed(connection)
        self._unset_ms(self._clock.now_ms())
        self.listening_since_ms = self._steady.now_ms() if self._is_connected else None
        self.say_committed(committed)
        log.info("listening to the broker; %d outboxes known", len(committed))

    def _write(self, batch: list[Message]) -> list[Committed]:
        """Bring a batch to disk in one transaction, and give what gateways may now be told."""
        now_ms = self._clock.now_ms()
        registered = self._registered()
        understood = [(message, *self._understand(message, registered, now_ms)) for message in batch]
        with self._home.database.transaction() as connection:
            entry = Entry(connection, registered=registered, now_ms=now_ms)
            for message, decoded, validated in understood:
                self._enter(entry, message, decoded, validated, registered)
            self._home.journal.append(connection, entry.bodies, at_ms=now_ms)
            accounts.add(connection, entry.changes)
            accounts.add_minute(connection, entry.changes, now_ms=now_ms)
            remember(connection, entry.digests, at_ms=now_ms)
            return [word for gateway in entry.packed for word in packs.committed(connection, gateway=gateway)]

    def _understand(self, message: Message, registered: Registered, now_ms: int) -> tuple[Decoded, Validated]:
        """Decode and validate; a message that our own code trips over is refused alone, and its batch goes on."""
        try:
            decoded = decode(message)
            return decoded, self._validator.validate(
                decoded, registered=registered, received_ms=now_ms, latest_ms=self._unset_ms(now_ms)
            )
        except Exception as error:
            log.exception("a message on %s was not understood; it is kept as a dead letter", message.topic[:200])
            refused = (
                Rejection(Reason.BAD_SCHEMA, f"our own mistake: {type(error).__name__}; tell who maintains this"),
            )
            return Decoded(None, rejections=refused), Validated(rejections=refused)

    def _unset_ms(self, now_ms: int) -> int:
        """Give what our clock would say if nobody had set it since we began."""
        steady_ms = self._steady.now_ms()
        if self._offset_ms is None:
            self._offset_ms = now_ms - steady_ms
        return steady_ms + self._offset_ms

    def _enter(
        self, entry: Entry, message: Message, decoded: Decoded, validated: Validated, registered: Registered
    ) -> None:
        """Enter one message: as a repeat, or into journal, ledger and dead letters."""
        address = decoded.address
        is_known_gateway = address is not None and address.gateway in registered.devices
        if decoded.presence is not None and address is not None and is_known_gateway:
            entry.presence(address.ward, address.gateway, decoded)
            return
        if decoded.pack is not None and address is not None and is_known_gateway:
            is_repeat = not entry.take_pack(address.ward, address.gateway, decoded)
        else:
            digest = digest_of(message)
            is_repeat = self._repeats is not None and self._repeats.is_repeat(message, digest)
            entry.digests.append(digest)
        if is_repeat:
            entry.count_repeat(validated)
        else:
            entry.count_new(message, validated, gateway=address.gateway if address and is_known_gateway else "")
