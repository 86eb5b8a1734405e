"""A real InfluxDB 1.x as a child process on free loopback ports, gone with its data at the end."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

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
[http]
bind-address = "127.0.0.1:{http}"
log-enabled = false
[monitor]
store-enabled = false
"""


class InfluxDB:
    """One running server with one database, `ward`."""

    def __init__(self, port: int) -> None:
        self.port = port

    def write(self, lines: str) -> None:
        """Write line protocol with times in nanoseconds."""
        with urlopen(f"http://127.0.0.1:{self.port}/write?db=ward", data=lines.encode(), timeout=10) as answer:
            assert answer.status == 204

    def query(self, text: str) -> list[dict[str, Any]]:
        """Run one InfluxQL statement; give its series. A statement with an error fails the test."""
        parameters = urlencode({"db": "ward", "q": text, "epoch": "ms"})
        with urlopen(f"http://127.0.0.1:{self.port}/query?{parameters}", timeout=10) as answer:
            result = json.load(answer)["results"][0]
        assert "error" not in result, f"{text}: {result['error']}"
        series: list[dict[str, Any]] = result.get("series", [])
        return series


@contextmanager
def running(folder: Path) -> Iterator[InfluxDB]:
    """Run InfluxDB for the time of a block; a machine without it fails the test with the line that installs it."""
    program = shutil.which("influxd") or shutil.which("influxd", path="/usr/sbin:/usr/local/bin")
    if program is None:
        pytest.fail(f"influxd is not installed: {INSTALL}")
    rpc, http = _free_ports(2)
    config = folder / "influxdb.conf"
    config.write_text(CONFIG.format(folder=folder, rpc=rpc, http=http), encoding="utf-8")
    log = folder / "influxd.log"
    with log.open("wb") as output:
        child = subprocess.Popen([program, "-config", str(config)], stdout=output, stderr=output)
    try:
        _wait_until_it_answers(child, http, log)
        with urlopen(f"http://127.0.0.1:{http}/query", data=b"q=CREATE+DATABASE+ward", timeout=10):
            pass
        yield InfluxDB(http)
    finally:
        child.terminate()
        child.wait(timeout=20)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(taken.getsockname()[1]) for taken in sockets]
    for taken in sockets:
        taken.close()
    return ports


def _wait_until_it_answers(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            ended = child.wait(timeout=0.02)
            pytest.fail(f"influxd ended with {ended}: {log.read_text(errors='replace')[-2000:]}")
        if _owns(child, port) and _answers(port):
            return
    pytest.fail(f"influxd did not answer on port {port}: {log.read_text(errors='replace')[-2000:]}")


def _owns(child: subprocess.Popen[bytes], port: int) -> bool:
    """Tell whether the port is this child's: a server that was there before must not answer for it."""
    return any(connection.laddr[1:] == (port,) for connection in psutil.Process(child.pid).net_connections())


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/ping", timeout=2):
            return True
    except URLError:
        return False
