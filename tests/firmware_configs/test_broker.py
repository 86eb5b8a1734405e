"""What the ward's Mosquitto configuration promises, on a real Mosquitto started with that very file."""

from __future__ import annotations

import getpass
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue

import paho.mqtt.client as paho
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tests.firmware_configs.profiles import ROOT

INSTALL = "apt-get install -y --no-install-recommends mosquitto openssl"
PASSWORDS = {"server": "s-word", "py-fl-001": "f-word", "py-gw-01": "g-word"}
OWN = "ward/phuc-yen/py-fl-001"
WAIT_S = 10


class Ports:
    """Where the broker listens: in the clear on loopback, and encrypted."""

    def __init__(self, *, clear: int, encrypted: int, authority: Path) -> None:
        self.clear, self.encrypted, self.authority = clear, encrypted, authority


class Client:
    """One connection: what it heard, and how the broker answered what it said and asked for."""

    def __init__(self, user: str, *, port: int, password: str | None = None, authority: Path | None = None) -> None:
        self.heard: Queue[tuple[str, bytes]] = Queue()
        self._answers: Queue[ReasonCode] = Queue()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"t-{user}", protocol=paho.MQTTv5)
        if user:
            self._client.username_pw_set(user, password or PASSWORDS[user])
        if authority is not None:
            self._client.tls_set(ca_certs=str(authority), tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self._client.on_connect = self._answered_connect
        self._client.on_publish = self._answered_publish
        self._client.on_subscribe = self._answered_subscribe
        self._client.on_disconnect = self._answered_disconnect
        self._client.on_message = lambda _client, _data, message: self.heard.put(
            (message.topic, bytes(message.payload))
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.welcome = self._answer()

    def say(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> str:
        """Publish, and give the broker's answer in its own words."""
        self._client.publish(topic, payload, qos=1, retain=retain)
        return self._answer()

    def listen(self, topic: str) -> str:
        """Subscribe, and give the broker's answer."""
        self._client.subscribe(topic, qos=1)
        return self._answer()

    def next(self) -> tuple[str, bytes]:
        """Wait for the next message."""
        return self.heard.get(timeout=WAIT_S)

    def close(self) -> None:
        """Disconnect and end its thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def _answer(self) -> str:
        return str(self._answers.get(timeout=WAIT_S))

    def _answered_connect(
        self, _client: paho.Client, _data: object, _flags: paho.ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        self._answers.put(code)

    def _answered_publish(
        self, _client: paho.Client, _data: object, _number: int, code: ReasonCode, _more: Properties
    ) -> None:
        self._answers.put(code)

    def _answered_subscribe(
        self, _client: paho.Client, _data: object, _number: int, codes: list[ReasonCode], _more: Properties | None
    ) -> None:
        self._answers.put(codes[0])

    def _answered_disconnect(
        self,
        _client: paho.Client,
        _data: object,
        _flags: paho.DisconnectFlags,
        code: ReasonCode,
        _more: Properties | None,
    ) -> None:
        self._answers.put(code)


@contextmanager
def connected(user: str, port: int, *, authority: Path | None = None, password: str | None = None) -> Iterator[Client]:
    """Hold a connection for the time of a block."""
    client = Client(user, port=port, authority=authority, password=password)
    try:
        yield client
    finally:
        client.close()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """Run Mosquitto with the ward's own file; only paths, ports and the user it runs as are put in."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    maker = shutil.which("mosquitto_passwd")
    if program is None or maker is None or shutil.which("openssl") is None:
        pytest.fail(f"mosquitto or openssl is not installed: {INSTALL}")
    folder = tmp_path_factory.mktemp("broker")
    for part in ("ward", "run", "lib"):
        (folder / part).mkdir()
    shutil.copy(ROOT / "broker" / "acl", folder / "ward" / "acl")
    (folder / "ward" / "acl").chmod(0o600)
    for user, password in PASSWORDS.items():
        flag = [] if (folder / "ward" / "passwords").exists() else ["-c"]
        subprocess.run([maker, *flag, "-b", str(folder / "ward" / "passwords"), user, password], check=True, timeout=20)
    certify(folder / "ward")
    clear, encrypted = free_ports(2)
    text = (ROOT / "broker" / "mosquitto.conf").read_text(encoding="utf-8")
    for old, new in {
        "/etc/mosquitto/": f"{folder}/",
        "/run/mosquitto/": f"{folder}/run/",
        "/var/lib/mosquitto/": f"{folder}/lib/",
        "listener 1883 127.0.0.1": f"listener {clear} 127.0.0.1",
        "listener 8883": f"listener {encrypted} 127.0.0.1",
    }.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "mosquitto.conf").write_text(f"{text}\nuser {getpass.getuser()}\n", encoding="utf-8")
    log = folder / "log"
    with log.open("wb") as output:
        child = subprocess.Popen([program, "-c", str(folder / "mosquitto.conf")], stdout=output, stderr=output)
    try:
        wait_until_it_listens(child, {clear, encrypted}, log)
        yield Ports(clear=clear, encrypted=encrypted, authority=folder / "ward" / "ca.crt")
    finally:
        child.terminate()
        child.wait(timeout=WAIT_S)


def certify(folder: Path) -> None:
    """Make the ward's authority and the broker's certificate as the README does, with a small key."""
    (folder / "san.ext").write_text("subjectAltName=IP:127.0.0.1", encoding="utf-8")
    for line in (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out ca.crt",
        "req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san.ext -out server.crt",
    ):
        subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True, timeout=60)


def free_ports(count: int) -> list[int]:
    """Find ports on loopback that nobody uses."""
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in taken]
    for each in taken:
        each.close()
    return ports


def wait_until_it_listens(child: subprocess.Popen[bytes], ports: set[int], log: Path) -> None:
    """Wait until this very child owns the ports."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            ended = child.wait(timeout=0.02)
            pytest.fail(f"mosquitto ended with {ended}: {log.read_text(errors='replace')}")
        listening = {connection.laddr[1] for connection in psutil.Process(child.pid).net_connections()}
        if ports <= listening:
            return
    pytest.fail(f"mosquitto does not listen on {ports}: {log.read_text(errors='replace')}")


def test_a_device_is_heard_by_the_server(broker: Ports) -> None:
    """Encrypted on its way in, in the clear only inside the machine."""
    with (
        connected("server", broker.clear) as server,
        connected("py-fl-001", broker.encrypted, authority=broker.authority) as device,
    ):
        assert server.listen("ward/phuc-yen/#") == "Granted QoS 1"
        assert device.say(f"{OWN}/py-fl-001/obs", b'{"values": {"depth": 0.2}}') == "Success"
        assert server.next() == (f"{OWN}/py-fl-001/obs", b'{"values": {"depth": 0.2}}')


@pytest.mark.parametrize(
    "tail", ["pack", "presence", "dev-7/event", "dev-7/snapshot/e1", "twin/reported", "reply/ping"]
)
def test_a_gateway_may_say_all_that_is_its_own(broker: Ports, tail: str) -> None:
    """Packs, presence, the devices behind it, its twin's report and its replies."""
    with connected("server", broker.clear) as server, connected("py-gw-01", broker.clear) as gateway:
        server.listen("ward/phuc-yen/py-gw-01/#")

        assert gateway.say(f"ward/phuc-yen/py-gw-01/{tail}", b"mine") == "Success"
        assert server.next() == (f"ward/phuc-yen/py-gw-01/{tail}", b"mine")


@pytest.mark.parametrize(
    "topic",
    [
        "ward/phuc-yen/py-gw-01/py-gw-01/obs",
        "ward/phuc-yen/py-gw-01/pack",
        "ward/phuc-yen/py-gw-01/presence",
        "ward/other/py-fl-001/py-fl-001/obs",
        f"{OWN}/committed/b1",
        f"{OWN}/twin/desired",
        f"{OWN}/cmd/restart",
        "ward/phuc-yen/alerts/a1",
        "ward/phuc-yen/sirens/s1",
        "zigbee2mqtt/door",
    ],
)
def test_a_device_may_not_speak_for_others_nor_as_the_server(broker: Ports, topic: str) -> None:
    """It is told so, and nobody hears it: what the server hears next is a word that was allowed."""
    with connected("server", broker.clear) as server, connected("py-fl-001", broker.clear) as device:
        server.listen("ward/phuc-yen/#")

        assert device.say(topic, b"forged") == "Not authorized"
        assert device.say(f"{OWN}/py-fl-001/obs", b"honest") == "Success"
        assert server.next() == (f"{OWN}/py-fl-001/obs", b"honest")


@pytest.mark.parametrize("tail", ["committed/b1", "twin/desired", "cmd/restart"])
def test_the_server_is_heard_by_whom_it_speaks_to_only(broker: Ports, tail: str) -> None:
    """Its commands and confirmations are nobody else's business."""
    with (
        connected("server", broker.clear) as server,
        connected("py-fl-001", broker.clear) as device,
        connected("py-gw-01", broker.clear) as other,
    ):
        for listener in (device, other):
            listener.listen("ward/phuc-yen/#")
        assert server.say(f"{OWN}/{tail}", b"for one") == "Success"
        assert server.say("ward/phuc-yen/py-gw-01/committed/b9", b"for the other") == "Success"

        assert device.next() == (f"{OWN}/{tail}", b"for one")
        assert other.next() == ("ward/phuc-yen/py-gw-01/committed/b9", b"for the other")


def test_devices_do_not_hear_each_other(broker: Ports) -> None:
    """One stolen device tells nothing of the ward."""
    with (
        connected("server", broker.clear) as server,
        connected("py-fl-001", broker.clear) as device,
        connected("py-gw-01", broker.clear) as spy,
    ):
        spy.listen("#")
        assert device.say(f"{OWN}/py-fl-001/obs", b"secret") == "Success"
        assert server.say("ward/phuc-yen/py-gw-01/cmd/ping", b"hello") == "Success"

        assert spy.next() == ("ward/phuc-yen/py-gw-01/cmd/ping", b"hello")


def test_confirmations_wait_for_a_gateway_that_is_away(broker: Ports) -> None:
    """They are retained: a gateway that connects later learns at once how far the server has come."""
    with connected("server", broker.clear) as server:
        answer = server.say("ward/phuc-yen/py-gw-01/committed/b7", b'{"seq": 41}', retain=True)
        assert answer == "No matching subscribers"
    with connected("py-gw-01", broker.clear) as gateway:
        gateway.listen("ward/phuc-yen/py-gw-01/committed/b7")

        assert gateway.next() == ("ward/phuc-yen/py-gw-01/committed/b7", b'{"seq": 41}')


@pytest.mark.parametrize(("user", "password"), [("", None), ("py-fl-001", "guess"), ("nobody", "x")])
def test_nobody_comes_in_without_the_right_password(broker: Ports, user: str, password: str | None) -> None:
    """Neither a stranger nor a device with a wrong word."""
    with connected(user, broker.clear, password=password) as client:
        assert client.welcome == "Not authorized"


def test_a_device_that_does_not_know_the_authority_stays_out(broker: Ports) -> None:
    """It would not know whether it speaks to the ward."""
    context = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", broker.encrypted), timeout=WAIT_S) as bare,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(bare, server_hostname="127.0.0.1")


def test_a_message_of_a_whole_pack_of_pictures_fits_and_a_film_does_not(broker: Ports) -> None:
    """Two mebibytes are the broker's limit: what is larger ends the connection, and nobody hears it."""
    with connected("server", broker.clear) as server, connected("py-gw-01", broker.clear) as gateway:
        server.listen("ward/phuc-yen/py-gw-01/pack")
        assert gateway.say("ward/phuc-yen/py-gw-01/pack", b"x" * 2_000_000) == "Success"
        assert len(server.next()[1]) == 2_000_000
        assert gateway.say("ward/phuc-yen/py-gw-01/pack", b"x" * 2_200_000) != "Success"
        assert server.say("ward/phuc-yen/py-gw-01/pack", b"next") == "Success"
        assert server.next()[1] == b"next"
