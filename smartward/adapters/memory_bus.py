"""A broker in memory with the promises of a real one, and no threads: what a test does has happened when it returns."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import NamedTuple

import msgspec

from smartward.errors import BusDisconnected
from smartward.ports import BusListener, Message


class Receipt(NamedTuple):
    """What acknowledges a message: its number, good only on the connection that brought it."""

    connection: int
    number: int


class Session(msgspec.Struct):
    """What the broker keeps for one client id: who listens now, and what was not acknowledged, in order.

    `connections` counts how often it connected: a receipt is good on the connection that brought the message.
    """

    bus: MemoryBus | None = None
    connections: int = 0
    subscriptions: tuple[str, ...] = ()
    pending: dict[int, Message] = {}


class MemoryBroker:
    """Queues per client id, retained messages, last wills, redelivery until acknowledged.

    Listeners are called one at a time and in order, by whichever thread set the matter going. `users` maps names to
    passwords; None lets everybody in. A live message keeps its retain mark, as MQTT 5 allows a subscriber to ask.
    """

    def __init__(self, users: Mapping[str, str] | None = None) -> None:
        self.retained: dict[str, bytes] = {}
        self._users = users
        self._is_up = True
        self._sessions: dict[str, Session] = {}
        self._started: dict[str, MemoryBus] = {}
        self._numbers = 0
        self._calls: deque[Callable[[], None]] = deque()
        self._is_calling = False
        self._lock = Lock()

    def go_down(self) -> None:
        """Stop, as on a killed machine: everybody loses the connection; sessions and retained messages are kept."""
        with self._lock:
            self._is_up = False
            for session in list(self._sessions.values()):
                self._detach(session, reason="connection lost: the broker is down")
        self._call()

    def come_up(self) -> None:
        """Start again; whoever was started connects again."""
        with self._lock:
            self._is_up = True
            for bus in self._started.values():
                self._attach(bus)
        self._call()

    def forget(self) -> None:
        """Lose all sessions and retained messages, as an embedded broker does when it restarts; only while down."""
        with self._lock:
            self._sessions.clear()
            self.retained.clear()

    def cut(self, client_id: str) -> None:
        """Break one connection without a goodbye: its last will is published; it stays away until `mend`."""
        with self._lock:
            session = self._sessions.get(client_id)
            if session is not None and session.bus is not None:
                will = session.bus.will
                self._detach(session, reason="connection lost")
                if will is not None:
                    self._publish(*will, retain=True)
        self._call()

    def mend(self, client_id: str) -> None:
        """Let a client connect again."""
        with self._lock:
            bus = self._started.get(client_id)
            if bus is not None and self._is_up:
                self._attach(bus)
        self._call()

    def connect(self, bus: MemoryBus) -> None:
        """Let a bus in that was started."""
        with self._lock:
            self._started[bus.client_id] = bus
            if self._is_up:
                self._attach(bus)
            else:
                self._tell(bus, lambda listener: listener.disconnected("memory broker cannot be reached: it is down"))
        self._call()

    def leave(self, bus: MemoryBus) -> None:
        """Let a bus go that says goodbye: no last will."""
        with self._lock:
            if self._started.get(bus.client_id) is bus:
                del self._started[bus.client_id]
            session = self._sessions.get(bus.client_id)
            if session is not None and session.bus is bus:
                self._detach(session, reason="closed by us")
        self._call()

    def publish(self, bus: MemoryBus, topic: str, payload: bytes, *, retain: bool) -> None:
        """Take a message from a connected bus and pass it on; raises BusDisconnected."""
        with self._lock:
            session = self._sessions.get(bus.client_id)
            if session is None or session.bus is not bus:
                raise BusDisconnected(f"memory broker: no connection now, {topic} was not sent")
            self._publish(topic, payload, retain=retain)
        self._call()

    def acknowledge(self, bus: MemoryBus, messages: Sequence[Message]) -> None:
        """Forget what a client has taken over."""
        with self._lock:
            session = self._sessions.get(bus.client_id)
            for message in messages:
                receipt = message.receipt
                if session is None or session.bus is not bus:
                    continue  # without a connection nothing reaches the broker
                if isinstance(receipt, Receipt) and receipt.connection == session.connections:
                    session.pending.pop(receipt.number, None)

    def _attach(self, bus: MemoryBus) -> None:
        if self._users is not None and self._users.get(bus.username) != bus.password:
            reason = f"memory broker refused: bad user name or password for {bus.username!r}"
            self._tell(bus, lambda listener: listener.disconnected(reason))
            return
        session = self._sessions.setdefault(bus.client_id, Session())
        if bus.clean_start:
            session.pending = {}
        session.bus, session.subscriptions = bus, bus.subscriptions
        session.connections += 1
        self._tell(bus, lambda listener: listener.connected())
        for number, message in session.pending.items():
            self._hand(session, number, msgspec.structs.replace(message, redelivered=True))
        for topic, payload in self.retained.items():
            if any(matches(pattern, topic) for pattern in bus.subscriptions):
                self._deliver(session, topic, payload, retained=True)

    def _detach(self, session: Session, *, reason: str) -> None:
        bus, session.bus = session.bus, None
        if bus is None:
            return
        if bus.clean_start:
            del self._sessions[bus.client_id]
        self._tell(bus, lambda listener: listener.disconnected(f"memory broker {reason}"))

    def _publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        if retain and payload:
            self.retained[topic] = payload
        elif retain:
            self.retained.pop(topic, None)
        for session in self._sessions.values():
            if any(matches(pattern, topic) for pattern in session.subscriptions):
                self._deliver(session, topic, payload, retained=retain)

    def _deliver(self, session: Session, topic: str, payload: bytes, *, retained: bool) -> None:
        self._numbers += 1
        message = Message(topic=topic, payload=payload, retained=retained)
        session.pending[self._numbers] = message
        self._hand(session, self._numbers, message)

    def _hand(self, session: Session, number: int, message: Message) -> None:
        """Give a message to whoever is connected, with the receipt of this connection."""
        if session.bus is not None:
            handed = msgspec.structs.replace(message, receipt=Receipt(session.connections, number))
            self._tell(session.bus, lambda listener: listener.received(handed))

    def _tell(self, bus: MemoryBus, call: Callable[[BusListener], None]) -> None:
        listener = bus.listener
        if listener is not None:
            self._calls.append(lambda: call(listener))

    def _call(self) -> None:
        """Make the calls that wait, outside of the lock; a call that causes others leaves them to this loop."""
        while True:
            with self._lock:
                if self._is_calling or not self._calls:
                    return
                self._is_calling = True
                call = self._calls.popleft()
            try:
                call()
            finally:
                with self._lock:
                    self._is_calling = False


class MemoryBus:
    """One connection to a MemoryBroker."""

    def __init__(
        self,
        broker: MemoryBroker,
        *,
        client_id: str,
        username: str = "",
        password: str = "",
        subscriptions: Sequence[str] = (),
        will: tuple[str, bytes] | None = None,
        clean_start: bool = True,
    ) -> None:
        self.client_id, self.username, self.password = client_id, username, password
        self.subscriptions = tuple(subscriptions)
        self.will = will
        self.clean_start = clean_start
        self.listener: BusListener | None = None
        self._broker = broker

    def start(self, listener: BusListener) -> None:
        """Connect now, if the broker lets us in."""
        self.listener = listener
        self._broker.connect(self)

    def stop(self) -> None:
        """Say goodbye; safe to call twice."""
        self._broker.leave(self)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Hand one message to the broker; raises BusDisconnected when there is no connection now."""
        self._broker.publish(self, topic, payload, retain=retain)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are safe with us."""
        self._broker.acknowledge(self, messages)


def matches(pattern: str, topic: str) -> bool:
    """Tell whether a topic falls under a subscription with `+` and `#`."""
    wanted, levels = pattern.split("/"), topic.split("/")
    for index, part in enumerate(wanted):
        if part == "#":
            return True
        if index >= len(levels) or part not in ("+", levels[index]):
            return False
    return len(wanted) == len(levels)
