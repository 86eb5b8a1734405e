"""What only the real MQTT bus promises: back-off, limits of the broker, a cable that can be pulled, a quick end."""

from __future__ import annotations

import socket
from pathlib import Path
from threading import Event

import pytest

from smartward.adapters.broker import find
from smartward.adapters.mqtt import MqttBus
from smartward.child import Child
from smartward.ports import Message
from tests.contracts.test_bus import Listener
from tests.servers.mosquitto import USERS, running


def free_port() -> int:
    """Find a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_a_broker_that_is_not_there_is_named_and_tried_again() -> None:
    """The installer reads host and port, and need not restart anything when the broker comes."""
    port = free_port()
    bus = MqttBus(host="127.0.0.1", port=port, client_id="gw-1")
    listener = Listener()

    bus.start(listener)
    listener.wait(lambda: len(listener.reasons) >= 2)
    bus.stop()

    assert listener.reasons[0] == f"broker 127.0.0.1:{port} cannot be reached: Connection refused"


@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
def test_a_pulled_cable_stays_pulled_and_the_last_will_speaks(tmp_path: Path, kind: str) -> None:
    """The demo's outage must look like a real one from its first second to its last."""
    topic = "ward/phuc-yen/gw-1/presence"
    with running("embedded" if kind == "embedded" else "mosquitto", tmp_path / "broker") as broker:
        server = MqttBus(
            host="127.0.0.1",
            port=broker.port_v5,
            client_id="ingest",
            username="server",
            password=USERS["server"],
            subscriptions=[topic],
        )
        gateway = MqttBus(
            host="127.0.0.1",
            port=broker.port_v5,
            client_id="gw-1",
            username="gw-1",
            password=USERS["gw-1"],
            will=(topic, b"gone"),
        )
        heard, spoken = Listener(), Listener()
        server.start(heard)
        gateway.start(spoken)
        heard.wait(lambda: heard.connections)
        spoken.wait(lambda: spoken.connections)

        gateway.unplug()
        gateway.unplug()
        heard.wait_for_messages(1)
        spoken.wait(lambda: spoken.reasons)
        gateway.plug()
        spoken.wait(lambda: spoken.connections == 2)
        gateway.unplug()
        gateway.stop()
        server.stop()

    assert heard.payloads()[0] == b"gone"
    assert spoken.reasons[0].endswith("connection cut by us")


def test_a_brokers_limit_on_messages_in_flight_is_kept(tmp_path: Path) -> None:
    """An external Mosquitto with its defaults allows 20 and ends the connection of whoever sends more."""
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 5\nuser root\n")
    broker = Child([find("mosquitto").program, "-c", str(config)], name="mosquitto", log_path=tmp_path / "log")
    broker.start()
    server = MqttBus(host="127.0.0.1", port=port, client_id="server", subscriptions=["a"])
    gateway = MqttBus(host="127.0.0.1", port=port, client_id="gateway")
    heard, spoken = Listener(), Listener()
    server.start(heard)
    gateway.start(spoken)
    heard.wait(lambda: heard.connections)
    spoken.wait(lambda: spoken.connections)

    for number in range(400):
        gateway.publish("a", b"%d" % number)
    heard.wait(lambda: acknowledged(server, heard) >= 400)
    gateway.stop()
    server.stop()
    broker.stop()

    assert heard.payloads() == [b"%d" % number for number in range(400)]
    assert spoken.connections == 1
    assert any("allows 5 messages in flight" in reason for reason in spoken.reasons)


def acknowledged(bus: MqttBus, listener: Listener) -> int:
    """Acknowledge all so far, as a receiver with a slow disk does."""
    bus.acknowledge(listener.messages)
    return len(listener.messages)


class Failing(Listener):
    """A listener whose first message is too much for it."""

    def __init__(self) -> None:
        super().__init__()
        self.has_failed = Event()

    def received(self, message: Message) -> None:
        """Fail once."""
        if not self.has_failed.is_set():
            self.has_failed.set()
            raise ZeroDivisionError
        super().received(message)


def test_a_listener_that_fails_gets_the_message_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A mistake of ours is logged; it may not end the only thread that hears the ward."""
    with running("mosquitto", tmp_path / "broker") as broker:
        bus = MqttBus(
            host="127.0.0.1",
            port=broker.port_v5,
            client_id="ingest",
            username="server",
            password=USERS["server"],
            subscriptions=["a"],
            clean_start=False,
            session_expiry_s=60,
        )
        listener = Failing()
        bus.start(listener)
        listener.wait(lambda: listener.connections)

        bus.publish("a", b"1")

        assert listener.wait_for_messages(1)[0].payload == b"1"
        bus.stop()
    assert "the listener failed" in caplog.text
