"""The API as a process of its own, over real SQLite files, on a free port of the loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import httpx2
import psutil

from api.services import Services
from smartward.adapters.clock import SystemClock
from smartward.adapters.sql import (
    SqlAudit,
    SqlPeople,
    SqlProjections,
    SqlRegistry,
    SqlRequests,
    SqlWorkLog,
    migrate,
    open_database,
)
from smartward.adapters.sqlite import SqliteTelemetry
from smartward.catalogue.load import load
from tests.api.house import PASSWORD, House, furnish

PATIENCE_S = 20.0


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running API, and the house whose files it serves: writing there is what ingest would do."""

    url: str
    house: House
    process: subprocess.Popen[str]

    @contextmanager
    def client(self, username: str) -> Iterator[httpx2.Client]:
        """Give a client that is logged in."""
        with httpx2.Client(base_url=self.url, timeout=PATIENCE_S) as client:
            answer = client.post("/api/v1/session", json={"username": username, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            client.cookies.clear()
            client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            yield client


def free_port() -> int:
    """Find a port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(holds: Callable[[], bool], *, what: str) -> None:
    """Wait until something holds; fails in plain words after a while."""
    give_up_s, pause = time.monotonic() + PATIENCE_S, Event()
    while not holds():
        assert time.monotonic() < give_up_s, f"waited {PATIENCE_S:.0f} s in vain: {what}"
        pause.wait(0.02)


def configured(folder: Path, *, port: int) -> Path:
    """Write the configuration of a server whose files are in a folder."""
    path = folder / "smartward.toml"
    path.write_text(f'[ward]\nids = ["song-may"]\n[api]\nport = {port}\n', encoding="utf-8")
    return path


def start(config: Path, *options: str) -> subprocess.Popen[str]:
    """Start the API as a person would."""
    command = [sys.executable, "-W", "error", "-m", "api", "--config", str(config), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Run the API over a furnished database and an empty store."""
    port = free_port()
    url = f"sqlite:///{folder / 'ward.db'}"
    migrate(url)
    database = open_database(url)
    catalogue = load()
    store = SqliteTelemetry(folder / "telemetry.db", catalogue=catalogue)
    store.open()
    services = Services(
        store=store,
        registry=SqlRegistry(database),
        people=SqlPeople(database),
        work_log=SqlWorkLog(database),
        audit=SqlAudit(database),
        projections=SqlProjections(database),
        requests=SqlRequests(database),
        catalogue=catalogue,
        clock=SystemClock(),
    )
    furnish(services)
    process = start(configured(folder, port=port))
    try:
        until(lambda: _owns(process, port), what=f"the API listens on {port}")
        yield Served(url=f"http://127.0.0.1:{port}", house=House(services=services), process=process)
    finally:
        process.kill()
        process.communicate()
        store.close()
        database.close()


def _owns(process: subprocess.Popen[str], port: int) -> bool:
    """Tell whether this very process listens there and answers; fails when it has died."""
    assert process.poll() is None, process.communicate()[1]
    listens = any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for connection in psutil.Process(process.pid).net_connections()
    )
    return listens and _answers(port)


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_S).status_code == 200
    except httpx2.TransportError:
        return False
