"""A real InfluxDB for the tests: Debian's influxd in a folder of its own, or the server that INFLUX_URL names."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psutil
import pytest

INSTALL = "apt-get install -y --no-install-recommends influxdb"
CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:{http}"
log-enabled = false
auth-enabled = {has_users}
[monitor]
store-enabled = false
[logging]
level = "error"
"""
WAIT_S = 20.0


class InfluxDB:
    """Where a server is, how to log in, and a plain client of the tests' own."""

    def __init__(self, url: str, *, token: str = "", org: str = "", username: str = "", password: str = "") -> None:
        self.url, self.token, self.org, self.username, self.password = url, token, org, username, password
        self._made: list[str] = []

    def new_database(self) -> str:
        """Give a name that nobody has; whoever writes makes the database, and `forget` drops it and its second one."""
        name = f"smartward_test_{secrets.token_hex(6)}"
        self._made += [name, f"{name}_kept"]
        return name

    def forget(self) -> None:
        """Drop the databases of these names, and none that somebody else has made."""
        made, self._made = self._made, []
        for name in made:
            with suppress(HTTPError):
                self._drop(name)

    def _drop(self, name: str) -> None:
        """Drop a database as the server's version does it; 1.x and its InfluxQL unless the server says more."""
        headers = {"Authorization": f"Token {self.token}"}
        with urlopen(Request(f"{self.url}/ping", headers=headers), timeout=10) as answer:
            major = answer.headers["X-Influxdb-Version"].lstrip("v")[:1]
        if major == "3":
            urlopen(
                Request(f"{self.url}/api/v3/configure/database?db={name}", headers=headers, method="DELETE"), timeout=10
            ).close()
        elif major == "2":
            with urlopen(Request(f"{self.url}/api/v2/buckets?name={name}", headers=headers), timeout=10) as answer:
                buckets = json.load(answer)["buckets"]
            for bucket in buckets:
                path = f"{self.url}/api/v2/buckets/{bucket['id']}"
                urlopen(Request(path, headers=headers, method="DELETE"), timeout=10).close()
        else:
            self.query(f'DROP DATABASE "{name}"')

    def write(self, database: str, lines: str) -> None:
        """Write line protocol, as another program would."""
        self._ask("/write", query={"db": database, "precision": "ns"}, body=lines.encode())

    def query(self, statement: str, *, database: str = "") -> list[dict[str, Any]]:
        """Run one InfluxQL statement; give its rows with their tags. An error fails the test."""
        body = urlencode({"q": statement}).encode()
        result = json.loads(self._ask("/query", query={"db": database, "epoch": "ns"}, body=body))["results"][0]
        assert "error" not in result, f"{statement}: {result['error']}"
        return [
            series.get("tags", {}) | dict(zip(series["columns"], values, strict=True))
            for series in result.get("series", [])
            for values in series.get("values", [])
        ]

    def _ask(self, path: str, *, query: dict[str, str], body: bytes) -> bytes:
        if self.username:
            query = query | {"u": self.username, "p": self.password}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        with urlopen(Request(f"{self.url}{path}?{urlencode(query)}", data=body, headers=headers), timeout=10) as answer:
            text: bytes = answer.read()
            return text


class Influxd(InfluxDB):
    """One server process of our own, on free loopback ports."""

    def __init__(self, folder: Path, *, has_users: bool = False) -> None:
        program = shutil.which("influxd") or shutil.which("influxd", path="/usr/sbin:/usr/local/bin")
        if program is None:
            pytest.fail(f"InfluxDB is not installed; {INSTALL}", pytrace=False)
        rpc, self.port = _free_ports(2)
        super().__init__(f"http://127.0.0.1:{self.port}")
        self._program, self._folder = program, folder
        self._child: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        config = CONFIG.format(folder=folder, rpc=rpc, http=self.port, has_users=str(has_users).lower())
        (folder / "influxdb.conf").write_text(config, encoding="utf-8")

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start, with the data that is there, and wait until it answers: it must live and own its port."""
        log = self._folder / "influxd.log"
        with log.open("wb") as output:
            self._child = subprocess.Popen(
                [self._program, "-config", str(self._folder / "influxdb.conf")], stdout=output, stderr=output
            )
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            with suppress(subprocess.TimeoutExpired):
                ended = self._child.wait(timeout=0.02)
                pytest.fail(f"influxd ended with {ended}: {log.read_text(errors='replace')[-2000:]}")
            if self._owns_its_port() and self._answers():
                return
        pytest.fail(f"influxd did not answer on port {self.port}: {log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """End the process and wait until it is gone; safe to call twice."""
        if self._child is not None:
            self._child.terminate()
            self._child.wait(timeout=WAIT_S)
            self._child = None

    def kill(self) -> None:
        """End the process with kill -9."""
        if self._child is not None:
            self._child.kill()
            self._child.wait(timeout=WAIT_S)
            self._child = None

    def _owns_its_port(self) -> bool:
        connections = psutil.Process(self.pid).net_connections("tcp")
        return any(one.laddr.port == self.port and one.status == psutil.CONN_LISTEN for one in connections)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/ping", timeout=2):
                return True
        except (URLError, OSError):
            return False


@contextmanager
def running(folder: Path, *, has_users: bool = False) -> Iterator[Influxd]:
    """Run a server of our own for the time of a block."""
    server = Influxd(folder, has_users=has_users)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def influxd() -> Iterator[Influxd]:
    """Run one server of our own for the whole session."""
    folder = Path(tempfile.mkdtemp(prefix="smartward-influxdb-"))
    try:
        with running(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def influxdb(request: pytest.FixtureRequest) -> InfluxDB:
    """Use the server that INFLUX_URL names (with INFLUX_TOKEN and INFLUX_ORG), or else our own."""
    if url := os.environ.get("INFLUX_URL"):
        return InfluxDB(url, token=os.environ.get("INFLUX_TOKEN", ""), org=os.environ.get("INFLUX_ORG", ""))
    server: InfluxDB = request.getfixturevalue("influxd")
    return server


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(taken.getsockname()[1]) for taken in sockets]
    for taken in sockets:
        taken.close()
    return ports
