"""The broker is chosen, started safely, and says in plain words why it cannot be."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from smartward.adapters.broker import Broker, Choice, find, mosquitto_hash
from smartward.adapters.mqtt import MqttBus
from smartward.errors import BrokerFailed, ConfigError
from tests.contracts.test_bus import Listener
from tests.servers.mosquitto import USERS, running

IOTCORE = Choice("iotcore", "0.4.0")
MOSQUITTO = Choice("mosquitto", "2.0.11", "/usr/sbin/mosquitto")


def test_auto_prefers_a_mosquitto_even_outside_of_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian puts it into /usr/sbin, which an ordinary user's PATH does not name."""
    monkeypatch.setenv("PATH", "/nowhere")

    choice = find("auto")

    assert choice.name == "mosquitto"
    assert str(choice) == f"mosquitto {choice.version} at {choice.program}"
    assert choice.version[0].isdigit()


def test_the_embedded_broker_is_named_with_its_version() -> None:
    """The choice is printed at the start: people must be able to report it."""
    assert str(find("embedded")).startswith("iotcore 0.")
    assert str(find("embedded")).endswith(" (embedded)")


def test_a_missing_mosquitto_is_refused_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked for it by name gets no other broker behind his back."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("smartward.adapters.broker.MOSQUITTO_FOLDERS", ())

    with pytest.raises(ConfigError, match="apt-get install mosquitto"):
        find("mosquitto")
    assert find("auto").name == "iotcore"


def test_the_embedded_broker_is_refused_on_anything_but_loopback(tmp_path: Path) -> None:
    """It has no access rules: on a network any device could write `committed` or `cmd`."""
    for host in ("0.0.0.0", "192.168.1.5", "broker.example"):  # noqa: S104 - the address that must be refused
        broker = Broker(IOTCORE, folder=tmp_path, users=USERS, host=host)
        with pytest.raises(ConfigError, match="is not loopback, and the embedded broker has no access rules"):
            broker.start()


def test_a_user_name_that_is_no_id_is_refused(tmp_path: Path) -> None:
    """A `+` or `#` in a name would be a wildcard in the access rules."""
    for user in ("a+b", "#", "Gateway", "alerts"):
        with pytest.raises(ConfigError, match="cannot be a broker user"):
            Broker(MOSQUITTO, folder=tmp_path, users={user: "x"}).start()


@pytest.mark.parametrize("choice", [IOTCORE, MOSQUITTO], ids=["iotcore", "mosquitto"])
def test_a_taken_port_is_named_with_the_way_to_choose_another(tmp_path: Path, choice: Choice) -> None:
    """It is the first thing that goes wrong on a machine that already runs a broker."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(BrokerFailed, match=rf"cannot listen on 127\.0\.0\.1:{port}.*SMARTWARD_BROKER__PORT"):
            Broker(choice, folder=tmp_path, users=USERS, port=port).start()


def test_an_early_death_is_told_with_the_brokers_last_words(tmp_path: Path) -> None:
    """`It did not start` helps nobody."""
    script = tmp_path / "mosquitto"
    script.write_text("#!/bin/sh\necho 'Error: no such thing'\nexit 3\n")
    script.chmod(0o755)

    with pytest.raises(BrokerFailed, match=r"ended with code 3 at its start\. It said: Error: no such thing"):
        Broker(Choice("mosquitto", "9", str(script)), folder=tmp_path, users=USERS).start()


@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
def test_only_the_owner_can_read_what_holds_a_secret(tmp_path: Path, kind: str) -> None:
    """Other people have accounts on the ward's server too."""
    with running("embedded" if kind == "embedded" else "mosquitto", tmp_path / "broker"):
        readable = [
            path.name
            for path in (tmp_path / "broker").iterdir()
            if path.name != "broker.log" and stat.S_IMODE(path.stat().st_mode) & 0o077
        ]

    assert stat.S_IMODE((tmp_path / "broker").stat().st_mode) == 0o700
    assert readable == []


def test_mosquitto_keeps_no_password_in_plain_text(tmp_path: Path) -> None:
    """A backup of the folder must not hand out the gateways' passwords."""
    with running("mosquitto", tmp_path / "broker"):
        text = (tmp_path / "broker" / "passwords").read_text()

    assert set(USERS.values()).isdisjoint(text)
    assert not any(password in text for password in USERS.values())
    assert mosquitto_hash("x") != mosquitto_hash("x")


@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
def test_a_stopped_broker_leaves_no_process_and_can_start_again_on_its_port(tmp_path: Path, kind: str) -> None:
    """Ctrl-C leaves nothing, and the next start finds its port free."""
    with running("embedded" if kind == "embedded" else "mosquitto", tmp_path / "broker") as broker:
        first, port = broker.pid, broker.port
        broker.stop()
        broker.stop()
        assert not broker.is_alive
        broker.start()
        second = broker.pid
        assert broker.port == port

    assert first is not None
    assert second is not None
    assert not psutil.pid_exists(first)
    assert not psutil.pid_exists(second)


PARENT = """
import sys
from pathlib import Path
from smartward.adapters.broker import Broker, find

broker = Broker(find(sys.argv[1]), folder=Path(sys.argv[2]), users={"server": "x"})
broker.start()
print(broker.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
def test_a_broker_ends_with_a_parent_that_is_killed(tmp_path: Path, kind: str) -> None:
    """A forgotten broker holds the port, and the next start fails."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, kind, str(tmp_path / "broker")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        broker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()

    gone, alive = psutil.wait_procs([broker], timeout=20)
    assert (len(gone), alive) == (1, [])


def test_a_gateway_may_write_only_what_is_its_own(tmp_path: Path) -> None:
    """Only the server may say what is committed, desired or commanded; a gateway may not speak for another."""
    forbidden = (
        "ward/phuc-yen/gw-2/cam/obs",
        "ward/phuc-yen/gw-2/pack",
        "ward/phuc-yen/gw-1/committed/b1",
        "ward/phuc-yen/gw-1/twin/desired",
        "ward/phuc-yen/gw-1/cmd/reboot",
        "ward/phuc-yen/alerts/a1",
    )
    allowed = (
        "ward/phuc-yen/gw-1/cam/obs",
        "ward/phuc-yen/gw-1/cam/event",
        "ward/phuc-yen/gw-1/pack",
        "ward/phuc-yen/gw-1/presence",
        "ward/phuc-yen/gw-1/twin/reported",
        "ward/phuc-yen/gw-1/reply/reboot",
    )
    with running("mosquitto", tmp_path / "broker") as broker:
        server, heard = connected(broker, "server", "ward/#")
        gateway, _ = connected(broker, "gw-1")
        for topic in (*forbidden, *allowed):
            gateway.publish(topic, b"{}")
        topics = [message.topic for message in heard.wait_for_messages(len(allowed))]
        gateway.stop()
        server.stop()

    assert topics == list(allowed)


def test_a_gateway_hears_what_the_server_says_to_it_and_nothing_else(tmp_path: Path) -> None:
    """What other devices see is no business of a device that somebody carried away."""
    with running("mosquitto", tmp_path / "broker") as broker:
        gateway, heard = connected(broker, "gw-1", "ward/#")
        server, _ = connected(broker, "server")
        for topic in (
            "ward/phuc-yen/gw-2/committed/b1",
            "ward/phuc-yen/gw-1/cam/obs",
            "ward/phuc-yen/gw-1/committed/b1",
            "ward/phuc-yen/gw-1/cmd/reboot",
        ):
            server.publish(topic, b"{}")
        topics = [message.topic for message in heard.wait_for_messages(2)]
        gateway.stop()
        server.stop()

    assert topics == ["ward/phuc-yen/gw-1/committed/b1", "ward/phuc-yen/gw-1/cmd/reboot"]


def connected(broker: Broker, user: str, *subscriptions: str) -> tuple[MqttBus, Listener]:
    """Connect as a user."""
    bus = MqttBus(
        host="127.0.0.1",
        port=broker.port_v5,
        client_id=user,
        username=user,
        password=USERS[user],
        subscriptions=subscriptions,
    )
    listener = Listener()
    bus.start(listener)
    listener.wait(lambda: listener.connections)
    return bus, listener
