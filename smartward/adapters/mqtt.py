"""The bus over MQTT, by paho: each connection is a fresh client, so nothing of a lost one can leak into the next."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from threading import Event as Flag
from threading import Lock, Thread
from typing import Literal, NamedTuple, cast

import msgspec
from paho.mqtt.client import (
    MQTT_ERR_SUCCESS,
    Client,
    ConnectFlags,
    DisconnectFlags,
    MQTTMessage,
    error_string,
)
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from smartward.errors import BusDisconnected
from smartward.ports import BusListener, Message

logger = logging.getLogger(__name__)

BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""How long to wait before the next attempt, in seconds; the last one repeats."""
CONNECT_TIMEOUT_S = 4.0
GREETING_TIMEOUT_S = 10.0
LOOP_S = 1.0

generations = count(1)


class Receipt(NamedTuple):
    """What acknowledges a message: its packet id, good only on the connection that brought it."""

    generation: int
    mid: int


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect, as whom, and for what; durations in seconds."""

    host: str
    port: int
    client_id: str
    username: str = ""
    password: str = ""
    subscriptions: tuple[str, ...] = ()
    will: tuple[str, bytes] | None = None
    clean_start: bool = True
    session_expiry_s: int = 0
    receive_maximum: int = 1_000
    keepalive_s: int = 20
    max_in_flight: int = 1_000
    version: Literal["5", "3.1.1"] = "5"

    @property
    def where(self) -> str:
        """Name the broker."""
        return f"broker {self.host}:{self.port}"


class MqttBus:
    """One connection to a broker, reconnecting by itself until it is stopped.

    Everything is QoS 1. With `clean_start=False` the broker keeps the session for `session_expiry_s` seconds and
    delivers again what was not acknowledged; a fixed `client_id` is what names the session. What was published and
    not yet confirmed when a connection breaks is not sent again: the other side's word decides what is repeated.
    `will` is (topic, payload), retained, published by the broker when we vanish without a goodbye.
    The listener is called on the bus's own thread; a listener that raises loses the connection, not the message.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        client_id: str,
        username: str = "",
        password: str = "",
        subscriptions: Sequence[str] = (),
        will: tuple[str, bytes] | None = None,
        clean_start: bool = True,
        session_expiry_s: int = 0,
        receive_maximum: int = 1_000,
        keepalive_s: int = 20,
        max_in_flight: int = 1_000,
        version: Literal["5", "3.1.1"] = "5",
    ) -> None:
        self._account = Account(
            host=host,
            port=port,
            client_id=client_id,
            username=username,
            password=password,
            subscriptions=tuple(subscriptions),
            will=will,
            clean_start=clean_start,
            session_expiry_s=session_expiry_s,
            receive_maximum=receive_maximum,
            keepalive_s=keepalive_s,
            max_in_flight=max_in_flight,
            version=version,
        )
        self._stop = Flag()
        self._plugged = Flag()
        self._plugged.set()
        self._lock = Lock()
        self._connection: Connection | None = None
        self._thread: Thread | None = None

    def start(self, listener: BusListener) -> None:
        """Begin to connect, in the background."""
        self._stop.clear()
        self._thread = Thread(target=self._run, args=(listener,), name=f"bus-{self._account.client_id}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send what was published, say goodbye, end the thread; not from the listener's own calls."""
        self._stop.set()
        with self._lock:
            if self._connection is not None:
                self._connection.say_goodbye()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def unplug(self) -> None:
        """Lose the connection as if the cable was pulled: no goodbye, and no new connection until `plug`."""
        self._plugged.clear()
        with self._lock:
            if self._connection is not None:
                self._connection.cut()

    def plug(self) -> None:
        """Connect again."""
        self._plugged.set()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Hand one message to the broker; raises BusDisconnected when there is no connection now."""
        connection = self._connection
        if connection is None:
            raise BusDisconnected(f"{self._account.where}: no connection now, {topic} was not sent")
        connection.publish(topic, payload, retain=retain)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are safe with us; those of an earlier connection will come again anyway."""
        connection = self._connection
        if connection is not None:
            connection.acknowledge(messages)

    def _run(self, listener: BusListener) -> None:
        """Connect, serve the connection until it breaks, wait, again; until stopped."""
        failed_in_a_row = 0
        while not self._stop.is_set():
            if not self._plugged.wait(LOOP_S):
                continue
            connection = Connection(self._account, listener)
            with self._lock:
                self._connection = connection
            reason = connection.serve(stop=self._stop)
            with self._lock:
                self._connection = None
            listener.disconnected(reason)
            if (
                connection.allowed_in_flight < self._account.max_in_flight
            ):  # paho takes the limit only before it connects
                self._account = msgspec.structs.replace(self._account, max_in_flight=connection.allowed_in_flight)
                continue
            failed_in_a_row = 0 if connection.was_ready else failed_in_a_row + 1
            self._stop.wait(BACK_OFF_S[min(failed_in_a_row, len(BACK_OFF_S) - 1)])


class Connection:
    """One connection from its greeting to its end, served by one thread.

    What arrives before the subscriptions are confirmed (a kept session delivers at once) waits until the listener
    knows that it is connected.
    """

    def __init__(self, account: Account, listener: BusListener) -> None:
        self.was_ready = False
        self.allowed_in_flight = account.max_in_flight
        self._account = account
        self._listener = listener
        self._generation = next(generations)
        self._client = fresh_client(account)
        self._is_greeted = False
        self._is_ready = False
        self._early: list[Message] = []
        self._ended_because = ""

    def serve(self, *, stop: Flag) -> str:
        """Connect, and serve until the connection ends; gives the reason in plain words."""
        client = self._client
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_socket_register_write = leave_writing_to_the_loop
        try:
            greet(client, self._account)
            self._loop(stop)
        except OSError as error:
            self._end(f"cannot be reached: {error.strerror or error}")
        except Exception:
            logger.exception("%s: the listener failed; what it did not acknowledge comes again", self._account.where)
            self._end("connection given up because the listener failed")
        finally:
            self._is_ready = False
            client.on_connect = client.on_subscribe = client.on_message = client.on_disconnect = None
        return f"{self._account.where} {self._ended_because or 'connection closed'}"

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Queue one message for the serving thread."""
        if not self._is_ready:
            raise BusDisconnected(f"{self._account.where}: no connection now, {topic} was not sent")
        answer = self._client.publish(topic, payload, qos=1, retain=retain)
        if answer.rc != MQTT_ERR_SUCCESS:
            raise BusDisconnected(f"{self._account.where}: {topic} was not sent, {error_string(answer.rc)}")

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Acknowledge those that this very connection brought."""
        for message in messages:
            receipt = message.receipt
            if isinstance(receipt, Receipt) and receipt.generation == self._generation:
                self._client.ack(receipt.mid, qos=1)

    def say_goodbye(self) -> None:
        """Send what is queued, then leave so that the broker keeps the last will to itself."""
        self._end("closed by us")
        self._client.disconnect()

    def cut(self) -> None:
        """Break the connection without a word."""
        self._end("connection cut by us")
        open_socket = self._client.socket()
        if open_socket is not None:
            with suppress(OSError):  # it broke by itself a moment ago
                cast("socket.socket", open_socket).shutdown(socket.SHUT_RDWR)

    def _loop(self, stop: Flag) -> None:
        """Move packets until the connection ends, or no greeting came in time."""
        deadline = time.monotonic() + GREETING_TIMEOUT_S
        if stop.is_set():
            self.say_goodbye()
        while self._client.loop(LOOP_S) == MQTT_ERR_SUCCESS:
            if not self._is_ready and time.monotonic() > deadline:
                self._end(f"did not answer within {GREETING_TIMEOUT_S:.0f} s")
                self._client.disconnect()

    def _end(self, because: str) -> None:
        """Remember the first reason: later ones only follow from it."""
        self._ended_because = self._ended_because or because

    def _on_connect(
        self, client: Client, _data: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._is_greeted = True
        if reason.is_failure:
            self._end(f"refused: {refusal(reason, username=self._account.username)}")
            return
        self.allowed_in_flight = getattr(properties, "ReceiveMaximum", self._account.max_in_flight)
        if self.allowed_in_flight < self._account.max_in_flight:
            self._end(f"allows {self.allowed_in_flight} messages in flight; connecting again with that limit")
            client.disconnect()
        elif not self._account.subscriptions:
            self._ready()
            return
        elif self._account.version == "5":
            options = SubscribeOptions(qos=1, retainAsPublished=True)
            client.subscribe([(topic, options) for topic in self._account.subscriptions])
        else:
            client.subscribe([(topic, 1) for topic in self._account.subscriptions])
        if flags.session_present and not self._ended_because:
            self._ready()

    def _on_subscribe(
        self, client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        for topic, reason in zip(self._account.subscriptions, reasons, strict=False):
            if reason.is_failure:
                self._end(f"refused: {self._account.username or 'we'} may not read {topic} ({reason})")
                client.disconnect()
                return
        if not self._is_ready:
            self._ready()

    def _ready(self) -> None:
        """Let the listener know, then give it what came too early.

        A kept session has its subscriptions and delivers at once. Waiting for the confirmation there would wait for
        ever on a broker that confirms nothing while as much as it allows is under way to us (iotcore: 100 messages).
        """
        self._is_ready = self.was_ready = True
        self._listener.connected()
        for message in self._early:
            self._listener.received(message)
        self._early.clear()

    def _on_message(self, _client: Client, _data: object, arrived: MQTTMessage) -> None:
        message = Message(
            topic=arrived.topic,
            payload=bytes(arrived.payload),
            retained=arrived.retain,
            redelivered=arrived.dup,
            receipt=Receipt(self._generation, arrived.mid) if arrived.qos else None,
        )
        if self._is_ready:
            self._listener.received(message)
        else:
            self._early.append(message)

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._is_ready = False
        if self._is_greeted:
            self._end(f"connection lost: {reason}")
        else:
            who = f"for {self._account.username!r}" if self._account.username else "(none was given)"
            self._end(
                f"refused: bad user name or password {who}, or the broker is going down (it closed without a word)"
            )


def fresh_client(account: Account) -> Client:
    """Make a client without any memory."""
    is_v5 = account.version == "5"
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=account.client_id,
        clean_session=None if is_v5 else account.clean_start,
        protocol=MQTTProtocolVersion.MQTTv5 if is_v5 else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    client.connect_timeout = CONNECT_TIMEOUT_S
    client.max_inflight_messages_set(account.max_in_flight)
    if account.username:
        client.username_pw_set(account.username, account.password)
    if account.will is not None:
        client.will_set(account.will[0], account.will[1], qos=1, retain=True)
    return client


def greet(client: Client, account: Account) -> None:
    """Open the socket and send the greeting; raises OSError."""
    if account.version != "5":
        client.connect(account.host, account.port, keepalive=account.keepalive_s)
        return
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho lacks it
    properties.ReceiveMaximum = account.receive_maximum
    properties.SessionExpiryInterval = account.session_expiry_s
    client.connect(
        account.host,
        account.port,
        keepalive=account.keepalive_s,
        clean_start=account.clean_start,
        properties=properties,
    )


def leave_writing_to_the_loop(_client: Client, _data: object, _socket: object) -> None:
    """Keep paho from writing to the socket on a publisher's thread: the serving thread alone does."""


def refusal(reason: ReasonCode, *, username: str) -> str:
    """Say why a broker refused, with the remedy where there is one."""
    match str(reason):
        case "Bad user name or password" | "Not authorized":
            who = f"for {username!r}" if username else "(none was given)"
            return f"bad user name or password {who}. Correct username and password in the configuration"
        case other:
            return other.lower()
