"""The broker as our child: a Mosquitto found on the machine, or iotcore out of its wheel, behind one small class.

choice = find("auto")
broker = Broker(choice, folder=data / "broker", users={"server": password, "gw-1": password})
broker.start()
print(broker.describe(), broker.port, broker.port_v5)
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import importlib.util
import ipaddress
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple

import psutil

from smartward import topics
from smartward.child import Child
from smartward.errors import BrokerFailed, ConfigError

Kind = Literal["auto", "embedded", "mosquitto"]

SERVER_USER = "server"
"""The only user who may write committed, twin/desired, cmd and alerts."""
MAX_MESSAGE_BYTES = 2 * 1024 * 1024
MAX_LOG_BYTES = 512 * 1024
READY_TIMEOUT_S = 10.0
READY_POLL_S = 0.02
HASH_ROUNDS = 1_000
MOSQUITTO_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Where distributions put it outside of an ordinary user's PATH."""


class Choice(NamedTuple):
    """Which broker is used: `program` is empty for the embedded one."""

    name: Literal["mosquitto", "iotcore"]
    version: str
    program: str = ""

    def __str__(self) -> str:
        """Name it for a person."""
        return f"{self.name} {self.version} " + (f"at {self.program}" if self.program else "(embedded)")


def find(kind: Kind) -> Choice:
    """Choose a broker: `auto` prefers a Mosquitto on this machine; raises ConfigError when there is none."""
    if kind != "embedded":
        program = shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), *MOSQUITTO_FOLDERS)))
        if program is not None:
            return Choice("mosquitto", mosquitto_version(program), program)
    if kind != "mosquitto" and importlib.util.find_spec("iotcore") is not None:
        return Choice("iotcore", version("iotcore"))
    remedies = {
        "mosquitto": 'apt-get install mosquitto, or choose kind = "embedded"',
        "embedded": "pip install 'smartward[server]', or choose kind = \"mosquitto\"",
        "auto": "apt-get install mosquitto, or pip install 'smartward[server]'",
    }
    raise ConfigError(f"no broker of kind {kind!r} on this machine", key="broker.kind", remedy=remedies[kind])


class Broker:
    """One broker as a child process, with its configuration, data and log in `folder`.

    `users` maps user names to passwords; a name other than `server` is a gateway's, which may write only what is
    its own. Port 0 picks a free one. The embedded broker speaks MQTT 3.1.1 on `port` and 5 on `port_v5`; Mosquitto
    speaks both on `port`, and `port_v5` is the same. Only Mosquitto may listen on anything but loopback.
    """

    def __init__(
        self,
        choice: Choice,
        *,
        folder: Path,
        users: Mapping[str, str],
        host: str = "127.0.0.1",
        port: int = 0,
        port_v5: int = 0,
    ) -> None:
        self.choice = choice
        self.host = host
        self.port = port
        self.port_v5 = port_v5
        self._folder = folder
        self._users = dict(users)
        self._child: Child | None = None

    def describe(self) -> str:
        """Name the choice in one line."""
        return str(self.choice)

    @property
    def pid(self) -> int | None:
        """Give the process id; None when it does not run."""
        return self._child.pid if self._child is not None and self._child.is_alive else None

    @property
    def is_alive(self) -> bool:
        """Tell whether the broker runs."""
        return self._child is not None and self._child.is_alive

    def last_lines(self) -> list[str]:
        """List the last lines of its log."""
        return self._child.last_lines() if self._child is not None else []

    def start(self) -> None:
        """Start it and wait until it listens; again after it died or was stopped, on the same ports.

        Raises ConfigError for an address or user name that may not be used, BrokerFailed with what to do otherwise.
        """
        self._refuse_unsafe()
        self.stop()
        self.port = self._free_port(self.port)
        is_mosquitto = self.choice.name == "mosquitto"
        self.port_v5 = self.port if is_mosquitto else self._free_port(self.port_v5)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        argv = self._prepare_mosquitto() if is_mosquitto else self._prepare_iotcore()
        self._child = Child(argv, name="broker", log_path=self._folder / "broker.log", max_log_bytes=MAX_LOG_BYTES)
        try:
            self._child.start()
        except OSError as error:
            raise BrokerFailed(f"{self.choice} cannot be run: {error.strerror}. Install it again") from error
        self._wait_until_ready(self._child)

    def stop(self) -> None:
        """End it; safe to call twice."""
        if self._child is not None:
            self._child.stop()

    def _refuse_unsafe(self) -> None:
        if not is_loopback(self.host) and self.choice.name == "iotcore":
            raise ConfigError(
                f"{self.host} is not loopback, and the embedded broker has no access rules: any device could pose as "
                "the server",
                key="broker.host",
                remedy='Install Mosquitto (apt-get install mosquitto) and choose kind = "mosquitto", or use 127.0.0.1',
            )
        for user in self._users:
            if user != SERVER_USER and not topics.is_id(user):
                raise ConfigError(
                    f"{user!r} cannot be a broker user: a gateway's user name is its id",
                    key="broker.users",
                    remedy="Use lower-case letters, digits and hyphens",
                )

    def _free_port(self, port: int) -> int:
        """Give the port if nothing listens there, or any free one for 0; raises BrokerFailed when it is taken."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, port))
            except OSError as error:
                raise BrokerFailed(
                    f"the broker cannot listen on {self.host}:{port}: {error.strerror}. Stop what uses that port, "
                    "or choose another: port in [broker], or SMARTWARD_BROKER__PORT in the environment"
                ) from error
            return int(probe.getsockname()[1])

    def _prepare_mosquitto(self) -> list[str]:
        passwords = self._folder / "passwords"
        access = self._folder / "access"
        config = self._folder / "mosquitto.conf"
        write_private(passwords, "".join(f"{user}:{mosquitto_hash(word)}\n" for user, word in self._users.items()))
        write_private(access, MOSQUITTO_ACCESS)
        write_private(
            config,
            MOSQUITTO_CONFIG.format(
                port=self.port,
                host=self.host,
                passwords=passwords.resolve(),
                access=access.resolve(),
                folder=self._folder.resolve(),
                user=getpass.getuser(),
                max_bytes=MAX_MESSAGE_BYTES,
            ),
        )
        return [self.choice.program, "-c", str(config)]

    def _prepare_iotcore(self) -> list[str]:
        config = self._folder / "iotcore.toml"
        accounts = "".join(f"{quoted(user)} = {quoted(word)}\n" for user, word in self._users.items())
        listeners = "".join(
            IOTCORE_LISTENER.format(
                protocol=protocol, host=self.host, port=port, accounts=accounts, max_bytes=MAX_MESSAGE_BYTES
            )
            for protocol, port in (("v4", self.port), ("v5", self.port_v5))
        )
        write_private(config, IOTCORE_CONFIG + listeners)
        options = json.dumps({"config_path": str(config)})
        return [sys.executable, "-P", "-m", "iotcore._serve", options]

    def _wait_until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        wanted = {self.port, self.port_v5}
        while not wanted <= listening_ports(child):
            if not child.is_alive:
                child.stop()
                raise BrokerFailed(f"{self.choice} ended with code {child.exit_code} at its start. {last_words(child)}")
            if time.monotonic() > deadline:
                child.stop()
                raise BrokerFailed(f"{self.choice} does not listen after {READY_TIMEOUT_S:.0f} s. {last_words(child)}")
            time.sleep(READY_POLL_S)


def is_loopback(host: str) -> bool:
    """Tell whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening_ports(child: Child) -> set[int]:
    """List the TCP ports that this very process listens on."""
    try:
        connections = psutil.Process(child.pid).net_connections(kind="tcp")
    except psutil.NoSuchProcess:
        return set()
    return {connection.laddr.port for connection in connections if connection.status == psutil.CONN_LISTEN}


def last_words(child: Child) -> str:
    """Quote the end of a broker's log."""
    lines = child.last_lines()[-5:]
    return "It said: " + " | ".join(lines) if lines else "It said nothing"


def mosquitto_version(program: str) -> str:
    """Ask a Mosquitto which one it is."""
    answer = subprocess.run([program, "-h"], capture_output=True, text=True, timeout=5, check=False)
    words = answer.stdout.split()
    return words[2] if words[:2] == ["mosquitto", "version"] else "(unknown version)"


def mosquitto_hash(password: str) -> str:
    """Hash a password as mosquitto_passwd does: PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, HASH_ROUNDS)
    return f"$7${HASH_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def quoted(text: str) -> str:
    """Quote a text as TOML and JSON both understand it."""
    return json.dumps(text, ensure_ascii=False)


MOSQUITTO_CONFIG = """\
# Written by smartward at every start: changes here do not last.
listener {port} {host}
allow_anonymous false
password_file {passwords}
acl_file {access}
user {user}
persistence true
persistence_location {folder}/
autosave_interval 30
max_inflight_messages 1000
max_queued_messages 100000
max_queued_bytes 67108864
max_packet_size {max_bytes}
set_tcp_nodelay true
sys_interval 0
log_dest stderr
log_type error
log_type warning
connection_messages false
"""

MOSQUITTO_ACCESS = """\
# Written by smartward at every start: changes here do not last.
# A gateway writes what is its own and reads what the server says to it; only the server writes the rest.
pattern write ward/+/%u/+/obs
pattern write ward/+/%u/+/event
pattern write ward/+/%u/pack
pattern write ward/+/%u/presence
pattern write ward/+/%u/+/snapshot/+
pattern write ward/+/%u/twin/reported
pattern write ward/+/%u/reply/+
pattern read ward/+/%u/committed/+
pattern read ward/+/%u/twin/desired
pattern read ward/+/%u/cmd/+
pattern read ward/+/%u/+/snapshot/+/stored

user server
topic readwrite #
"""

IOTCORE_CONFIG = """\
# Written by smartward at every start: changes here do not last.
id = 0
[router]
id = 0
max_connections = 2100
max_outgoing_packet_count = 1000
max_segment_size = 16777216
max_segment_count = 8
"""

IOTCORE_LISTENER = """\
[{protocol}.1]
name = "{protocol}"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[{protocol}.1.connections]
connection_timeout_ms = 10000
max_payload_size = {max_bytes}
max_inflight_count = 1000
dynamic_filters = true
[{protocol}.1.connections.auth]
{accounts}
"""
