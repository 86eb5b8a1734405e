"""An outsider to the running demo: HTTP by the standard library, MQTT by paho, SQL by sqlite3; none of our own code."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from typing import Any

import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

PATIENCE_S = 90.0


class Answer:
    """What the API answered: status and JSON body."""

    def __init__(self, status: int, body: Any) -> None:
        """Keep both."""
        self.status, self.body = status, body


class RunningDemo:
    """`smartward demo` as a child process, and what `demo.json` tells an outsider."""

    def __init__(self, folder: Path) -> None:
        """Name the data folder; nothing runs yet."""
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.output = folder.with_name(folder.name + ".out")
        self._token = ""

    def start(self, *arguments: str) -> None:
        """Start it on a free port, and wait until it answers."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "smartward.cli", "demo", "--data", str(self.folder), "--port", str(port)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen([*command, *arguments], stdout=output, stderr=subprocess.STDOUT)
        eventually(lambda: "smartward runs" in self.said(), because=self.said)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run it for the time of a block; it must end well, whatever the block did."""
        try:
            self.start()
            yield
        finally:
            exit_code = self.stop()
        assert exit_code == 0, self.output.read_text(encoding="utf-8")

    def stop(self) -> int:
        """Press Ctrl-C and give the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)

    def said(self) -> str:
        """Give what it wrote so far."""
        assert self.process is not None
        text = self.output.read_text(encoding="utf-8", errors="replace") if self.output.exists() else ""
        assert self.process.poll() in (None, 0), text
        return text

    @property
    def file(self) -> dict[str, Any]:
        """Read demo.json."""
        content: dict[str, Any] = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
        return content

    @property
    def url(self) -> str:
        """Give the console's address."""
        return str(self.file["url"])

    def children(self) -> list[psutil.Process]:
        """List every process that the demo started."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, module: str) -> psutil.Process:
        """Find the child that runs a package."""
        return next(child for child in self.children() if module in child.cmdline())

    def kill(self, module: str) -> int:
        """Kill one child as a crash does, and give its process id."""
        pid = self.child(module).pid
        os.kill(pid, signal.SIGKILL)
        return pid

    def call(
        self,
        method: str,
        path: str,
        body: object | None = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Call the API as admin, or with another token ("" for none)."""
        token = self.token() if token is None else token
        headers = (headers or {}) | {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # our own address
                raw, status = response.read(), response.status
        except urllib.error.HTTPError as error:
            raw, status = error.read(), error.code
        return Answer(status, json.loads(raw) if raw else None)

    def get(self, path: str) -> Any:
        """Read from the API as admin."""
        answer = self.call("GET", f"/api/v1{path}")
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.body

    def token(self, user: str = "admin") -> str:
        """Log in once."""
        if not self._token:
            login = {"username": user, "password": self.file["users"][user]}
            answer = self.call("POST", "/api/v1/session", login, token="")
            assert answer.status in (200, 201), answer.body
            self._token = answer.body["token"]
        return self._token

    def rows(self, database: str, sql: str) -> list[tuple[Any, ...]]:
        """Read a database file as an outside reader."""
        connection = sqlite3.connect(f"file:{self.folder / database}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


class Publisher:
    """A gateway of the demo that an outsider speaks for, by paho itself; it knows what the broker confirmed."""

    def __init__(self, demo: RunningDemo, gateway: str) -> None:
        """Connect with the gateway's own password."""
        login, address = demo.file["gateways"][gateway], demo.file["mqtt"]
        self.refusal = ""
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"outside-{gateway}", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.username_pw_set(login["username"], login["password"])
        self._client.connect(address["host"], address["port_v5"])
        self._client.loop_start()
        eventually(self._client.is_connected)

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish, and wait for the broker's confirmation."""
        information = self._client.publish(topic, payload, qos=1, retain=retain)
        information.wait_for_publish(PATIENCE_S)
        assert information.is_published()

    def stop(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()


def eventually(condition: Callable[[], object], *, because: Callable[[], object] = lambda: "") -> None:
    """Wait for something to become true, patiently: how long it takes is the bench's business."""
    give_up = time.monotonic() + PATIENCE_S
    pause = Flag()
    while not condition():
        assert time.monotonic() < give_up, because() or "it never came true"
        pause.wait(0.1)
