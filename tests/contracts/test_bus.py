"""Every bus keeps the same promises: in memory, through the embedded broker and through a real Mosquitto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Condition
from typing import Literal, Protocol

import pytest

from smartward.adapters.broker import Broker
from smartward.adapters.memory_bus import MemoryBroker, MemoryBus
from smartward.adapters.mqtt import MqttBus
from smartward.errors import BusDisconnected
from smartward.ports import Bus, Message
from tests.servers.cable import Cable, laid_to
from tests.servers.mosquitto import USERS, running

DEADLINE_S = 20.0
OBS = "ward/phuc-yen/gw-1/cam-1/obs"
ALL_OBS = "ward/phuc-yen/+/+/obs"


class Listener:
    """Remembers what a bus said, and waits for it."""

    def __init__(self) -> None:
        self.connections = 0
        self.reasons: list[str] = []
        self.messages: list[Message] = []
        self._changed = Condition()

    def connected(self) -> None:
        """Count a connection."""
        with self._changed:
            self.connections += 1
            self._changed.notify_all()

    def disconnected(self, reason: str) -> None:
        """Keep the reason."""
        with self._changed:
            self.reasons.append(reason)
            self._changed.notify_all()

    def received(self, message: Message) -> None:
        """Keep the message."""
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def wait(self, happened: Callable[[], object]) -> None:
        """Wait until something holds."""
        with self._changed:
            assert self._changed.wait_for(happened, DEADLINE_S), (self.connections, self.reasons, self.messages)

    def wait_for_messages(self, count: int) -> list[Message]:
        """Give the messages once there are so many."""
        self.wait(lambda: len(self.messages) >= count)
        return self.messages[:count]

    def payloads(self) -> list[bytes]:
        """List what came, in order."""
        return [message.payload for message in self.messages]


class Wire(Protocol):
    """A broker with clients that a test can break."""

    forgets: bool
    """Whether a restart loses sessions and retained messages."""
    marks_live_retained: bool
    """Whether a subscriber sees the retain mark on a message published while it listens."""

    def bus(
        self,
        client_id: str,
        *subscriptions: str,
        user: str = "server",
        password: str | None = None,
        keeps_session: bool = False,
        will: tuple[str, bytes] | None = None,
    ) -> Bus:
        """Make a bus."""

    def cut(self, client_id: str) -> None:
        """Break the client's connection so that it comes back."""

    def restart(self) -> None:
        """Stop the broker and start it again on its ports."""


class MemoryWire:
    """The broker in memory."""

    forgets = False
    marks_live_retained = True

    def __init__(self) -> None:
        self.broker = MemoryBroker(USERS)

    def bus(
        self,
        client_id: str,
        *subscriptions: str,
        user: str = "server",
        password: str | None = None,
        keeps_session: bool = False,
        will: tuple[str, bytes] | None = None,
    ) -> Bus:
        """Make a bus."""
        return MemoryBus(
            self.broker,
            client_id=client_id,
            username=user,
            password=USERS[user] if password is None else password,
            subscriptions=subscriptions,
            will=will,
            clean_start=not keeps_session,
        )

    def cut(self, client_id: str) -> None:
        """Break and mend."""
        self.broker.cut(client_id)
        self.broker.mend(client_id)

    def restart(self) -> None:
        """Go down and come up."""
        self.broker.go_down()
        self.broker.come_up()


class RealWire:
    """A real broker, each client on a cable of its own."""

    def __init__(self, broker: Broker, *, version: Literal["5", "3.1.1"], stack: ExitStack) -> None:
        self.forgets = broker.choice.name == "iotcore"
        self.marks_live_retained = broker.choice.name == "mosquitto" and version == "5"
        self._broker = broker
        self._version: Literal["5", "3.1.1"] = version
        self._cables: dict[str, Cable] = {}
        self._stack = stack

    def bus(
        self,
        client_id: str,
        *subscriptions: str,
        user: str = "server",
        password: str | None = None,
        keeps_session: bool = False,
        will: tuple[str, bytes] | None = None,
    ) -> Bus:
        """Make a bus on a cable."""
        port = self._broker.port_v5 if self._version == "5" else self._broker.port
        cable = self._cables[client_id] = self._stack.enter_context(laid_to(port))
        bus = MqttBus(
            host="127.0.0.1",
            port=cable.port,
            client_id=client_id,
            username=user,
            password=USERS[user] if password is None else password,
            subscriptions=subscriptions,
            will=will,
            clean_start=not keeps_session,
            session_expiry_s=600 if keeps_session else 0,
            version=self._version,
        )
        self._stack.callback(bus.stop)
        return bus

    def cut(self, client_id: str) -> None:
        """Reset the connection."""
        self._cables[client_id].cut()

    def restart(self) -> None:
        """End the process and start another."""
        self._broker.stop()
        self._broker.start()


@pytest.fixture(params=["memory", "embedded", "embedded 3.1.1", "mosquitto", "mosquitto 3.1.1"])
def wire(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wire]:
    """Give each broker in turn."""
    kind, _, version = str(request.param).partition(" ")
    if kind == "memory":
        yield MemoryWire()
        return
    with ExitStack() as stack:
        broker = stack.enter_context(running("embedded" if kind == "embedded" else "mosquitto", tmp_path / "broker"))
        yield RealWire(broker, version="3.1.1" if version else "5", stack=stack)


def started(bus: Bus) -> Listener:
    """Start a bus and wait for its connection."""
    listener = Listener()
    bus.start(listener)
    listener.wait(lambda: listener.connections)
    return listener


def test_messages_arrive_whole_and_in_order(wire: Wire) -> None:
    """Journal order decides which of two values wins: it must be the order in which they were sent."""
    server = wire.bus("ingest", ALL_OBS)
    gateway = wire.bus("gw-1", user="gw-1")
    heard = started(server)
    started(gateway)

    sent = [b"%d" % number for number in range(90)]
    for payload in sent:
        gateway.publish(OBS, payload)

    messages = heard.wait_for_messages(90)
    assert [message.payload for message in messages] == sent
    assert {message.topic for message in messages} == {OBS}
    assert not any(message.retained or message.redelivered for message in messages)
    gateway.stop()
    server.stop()


def test_what_was_not_acknowledged_comes_again_and_what_was_does_not(wire: Wire) -> None:
    """Ingest acknowledges what is on its disk; the rest may exist nowhere else."""
    server = wire.bus("ingest", ALL_OBS, keeps_session=True)
    gateway = wire.bus("gw-1", user="gw-1")
    heard = started(server)
    started(gateway)
    for payload in (b"1", b"2", b"3"):
        gateway.publish(OBS, payload)

    server.acknowledge(heard.wait_for_messages(3)[:2])
    server.publish(OBS, b"4")  # on the same connection: when it comes back, the broker has the acknowledgements
    heard.wait_for_messages(4)
    wire.cut("ingest")
    heard.wait(lambda: heard.connections == 2)
    heard.wait_for_messages(6)

    assert heard.payloads() == [b"1", b"2", b"3", b"4", b"3", b"4"]
    gateway.stop()
    server.stop()


def test_receipts_of_an_earlier_connection_are_passed_over(wire: Wire) -> None:
    """A packet id means another message after a reconnection: acknowledging it would lose that one."""
    server = wire.bus("ingest", ALL_OBS, keeps_session=True)
    gateway = wire.bus("gw-1", user="gw-1")
    heard = started(server)
    started(gateway)
    gateway.publish(OBS, b"1")
    old = heard.wait_for_messages(1)

    wire.cut("ingest")
    heard.wait_for_messages(2)
    server.acknowledge(old)
    server.publish(OBS, b"echo")  # when it comes back, the broker has read what was sent before it
    heard.wait_for_messages(3)
    wire.cut("ingest")
    heard.wait_for_messages(4)

    assert heard.payloads()[:4] == [b"1", b"1", b"echo", b"1"]
    gateway.stop()
    server.stop()


def test_a_kept_session_holds_what_came_while_its_owner_was_away(wire: Wire) -> None:
    """Ingest restarts for an update; plain devices go on talking."""
    server = wire.bus("ingest", ALL_OBS, keeps_session=True)
    gateway = wire.bus("gw-1", user="gw-1")
    started(server)
    started(gateway)
    server.stop()

    gateway.publish(OBS, b"meanwhile")
    heard = started(server)

    assert heard.wait_for_messages(1)[0].payload == b"meanwhile"
    gateway.stop()
    server.stop()


def test_a_long_absence_is_made_up_for_as_fast_as_we_acknowledge(wire: Wire) -> None:
    """More waits than a broker lets be under way: the owner is let in all the same, and gets everything."""
    server = wire.bus("ingest", ALL_OBS, keeps_session=True)
    gateway = wire.bus("gw-1", user="gw-1")
    started(server)
    started(gateway)
    server.stop()

    wanted = [b"%d" % number for number in range(350)]
    for payload in wanted:
        gateway.publish(OBS, payload)
    heard = started(server)
    for number in range(len(wanted)):
        server.acknowledge([heard.wait_for_messages(number + 1)[number]])

    assert heard.payloads() == wanted
    gateway.stop()
    server.stop()


def test_a_retained_message_waits_for_whoever_comes_later_and_says_that_it_waited(wire: Wire) -> None:
    """Presence and committed are retained; an observation that is must be told from a live one."""
    gateway = wire.bus("gw-1", "ward/phuc-yen/gw-1/committed/+", user="gw-1")
    server = wire.bus("ingest", "ward/phuc-yen/+/committed/+")
    echo = started(server)
    server.publish("ward/phuc-yen/gw-1/committed/b1", b'{"seq": 7}', retain=True)
    echo.wait_for_messages(1)

    heard = started(gateway)

    (message,) = heard.wait_for_messages(1)
    assert message.payload == b'{"seq": 7}'
    assert message.retained
    gateway.stop()
    server.stop()


def test_a_live_message_keeps_its_retain_mark_where_the_broker_can(wire: Wire) -> None:
    """A device that retains its observations would look alive for ever: it is refused from its first message."""
    server = wire.bus("ingest", ALL_OBS)
    gateway = wire.bus("gw-1", user="gw-1")
    heard = started(server)
    started(gateway)

    gateway.publish(OBS, b"1", retain=True)

    assert heard.wait_for_messages(1)[0].retained == wire.marks_live_retained
    gateway.stop()
    server.stop()


def test_the_last_will_speaks_when_a_connection_breaks_and_not_after_a_goodbye(wire: Wire) -> None:
    """A silent gateway is noticed at once, and a gateway that was switched off is not an outage."""
    presence = "ward/phuc-yen/gw-1/presence"
    server = wire.bus("ingest", "ward/phuc-yen/+/presence")
    gateway = wire.bus("gw-1", user="gw-1", will=(presence, b"gone"))
    heard = started(server)
    spoken = started(gateway)

    wire.cut("gw-1")
    heard.wait_for_messages(1)
    spoken.wait(lambda: spoken.connections == 2)
    gateway.publish(presence, b"goodbye")
    heard.wait_for_messages(2)
    gateway.stop()
    server.publish("ward/phuc-yen/gw-2/presence", b"the end")
    heard.wait_for_messages(3)

    assert heard.payloads() == [b"gone", b"goodbye", b"the end"]
    server.stop()


def test_a_wrong_password_is_named(wire: Wire) -> None:
    """The installer must not look for a broken cable when the password is wrong."""
    gateway = wire.bus("gw-1", user="gw-1", password="wrong")
    listener = Listener()
    gateway.start(listener)

    listener.wait(lambda: listener.reasons)
    gateway.stop()

    assert "refused: bad user name or password for 'gw-1'" in listener.reasons[0]
    assert "wrong" not in listener.reasons[0]
    assert listener.connections == 0


def test_a_large_message_passes(wire: Wire) -> None:
    """300 KB is refused by ingest with a reason, not dropped by the broker without a word."""
    server = wire.bus("ingest", ALL_OBS)
    gateway = wire.bus("gw-1", user="gw-1")
    heard = started(server)
    started(gateway)

    gateway.publish(OBS, b"x" * 300_000)

    assert len(heard.wait_for_messages(1)[0].payload) == 300_000
    gateway.stop()
    server.stop()


def test_wildcards_bring_what_they_should_and_nothing_else(wire: Wire) -> None:
    """One ward's ingest must not take another ward's messages for its own."""
    server = wire.bus("ingest", ALL_OBS, "ward/phuc-yen/+/pack")
    gateway = wire.bus("gw-1", user="gw-1")
    heard = started(server)
    started(gateway)

    for topic in (
        "ward/phuc-yen/gw-1/cam-1/event",
        "ward/other/gw-1/cam-1/obs",
        "ward/phuc-yen/gw-1/pack",
        OBS,
    ):
        gateway.publish(topic, topic.encode())

    assert [message.topic for message in heard.wait_for_messages(2)] == ["ward/phuc-yen/gw-1/pack", OBS]
    gateway.stop()
    server.stop()


def test_publishing_without_a_connection_raises(wire: Wire) -> None:
    """The outbox must know that a pack is still its own."""
    gateway = wire.bus("gw-1", user="gw-1")

    with pytest.raises(BusDisconnected, match=f"{OBS} was not sent"):
        gateway.publish(OBS, b"1")
    started(gateway)
    gateway.stop()
    with pytest.raises(BusDisconnected):
        gateway.publish(OBS, b"1")
    gateway.stop()


def test_a_restarted_broker_is_found_again_with_all_subscriptions(wire: Wire) -> None:
    """Nobody drives to a gateway because the server was updated."""
    server = wire.bus("ingest", ALL_OBS, keeps_session=True)
    gateway = wire.bus("gw-1", user="gw-1")
    heard = started(server)
    spoken = started(gateway)

    wire.restart()
    heard.wait(lambda: heard.connections == 2)
    spoken.wait(lambda: spoken.connections == 2)
    gateway.publish(OBS, b"after")

    assert heard.wait_for_messages(1)[0].payload == b"after"
    assert heard.reasons
    gateway.stop()
    server.stop()
