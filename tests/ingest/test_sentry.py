"""The sentry: a retained observation is found even where the broker hides the mark from live listeners."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from ingest.sentry import Sentry
from smartward import topics
from smartward.adapters.memory_bus import MemoryBroker, MemoryBus
from smartward.adapters.mqtt import MqttBus
from smartward.ports import Message
from tests.contracts.test_bus import Listener
from tests.e2e.outside import eventually
from tests.servers.mosquitto import USERS, running

TOPIC = topics.obs("songmay", "gw-1", "fld-1")


def test_a_retained_observation_is_handed_over_once_and_live_ones_never() -> None:
    """However often the sentry looks."""
    broker = MemoryBroker()
    refused: list[Message] = []
    publisher = MemoryBus(broker, client_id="gw-1", clean_start=True)
    sentry = Sentry(
        connect=lambda: MemoryBus(broker, client_id="sentry", subscriptions=("ward/+/+/+/obs",), clean_start=True),
        refuse=refused.append,
    )
    publisher.start(sentry)
    publisher.publish(TOPIC, b"kept", retain=True)
    for _ in range(3):
        sentry.step()
        publisher.publish(TOPIC, b"live")
        sentry.step()

    assert [(message.payload, message.retained) for message in refused] == [(b"kept", True)]
    sentry.stop()
    publisher.stop()


@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
def test_it_finds_them_on_a_real_broker(kind: Literal["embedded", "mosquitto"], tmp_path: Path) -> None:
    """The embedded one is what it was made for."""
    refused: list[Message] = []
    with running(kind, tmp_path) as broker:

        def connect(user: str = "server") -> MqttBus:
            return MqttBus(
                host=broker.host,
                port=broker.port_v5,
                client_id=f"test-{user}",
                username=user,
                password=USERS[user],
                subscriptions=("ward/+/+/+/obs",) if user == "server" else (),
            )

        sentry, device, ready = Sentry(connect=connect, refuse=refused.append), connect("gw-1"), Listener()
        device.start(ready)
        eventually(lambda: ready.connections)
        device.publish(TOPIC, b"kept", retain=True)
        eventually(lambda: sentry.step() or refused)
        device.stop()
        sentry.stop()

    assert [message.payload for message in refused] == [b"kept"]
