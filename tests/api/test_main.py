"""Tests of the API as a process: it serves real files, streams live, says what is wrong, and ends at once."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from smartward.device import Presence, PresenceState
from smartward.instants import parse_rfc3339
from smartward.ledger import Account, Ledger
from smartward.ports import Projection
from tests.api.house import WARD
from tests.api.serving import Served, configured, free_port, serving, start, until

GRACE_S = 3.0


class Events:
    """An open stream, read event by event."""

    def __init__(self, response: httpx2.Response) -> None:
        self._lines = response.iter_lines()
        self.last_id = ""

    def next(self, kind: str) -> Any:
        """Wait for the next event of a kind and give its data; other kinds are passed over."""
        event = ""
        for line in self._lines:
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("id: "):
                self.last_id = line.removeprefix("id: ")
            elif line.startswith("data: ") and event == kind:
                return msgspec.json.decode(line.removeprefix("data: "))
        pytest.fail(f"the stream ended without {kind}")

    def rest(self) -> list[str]:
        """Read on until the stream ends."""
        return list(self._lines)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Give a running API."""
    with serving(tmp_path) as running:
        yield running


def test_a_stream_tells_of_alerts_values_and_presence_as_they_change(served: Served) -> None:
    """From ingest's tables to an open screen, over a real server and real files."""
    house, now_ms = served.house, served.house.services.clock.now_ms()
    with served.client("operator") as client, client.stream("GET", "/api/v1/stream") as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        events = Events(response)
        alert = house.breach(started_ms=now_ms)
        raised = events.next("alert")
        acknowledged = client.post(f"/api/v1/alerts/{alert}/acknowledge").json()
        changed = events.next("alert")
        house.say({"depth": 0.61}, at_ms=now_ms)
        devices = events.next("devices")["items"]
        presence = Presence("fld-1", WARD, PresenceState.ONLINE, now_ms, "heard", now_ms)
        house.services.projections.project(Projection(presences=(presence,)))
        (moved,) = events.next("devices")["items"]

    assert (raised["id"], raised["condition"], raised["work"]) == (alert, "firing", "new")
    assert changed["acknowledged_by"] == acknowledged["acknowledged_by"] == "operator"
    assert [device["id"] for device in devices] == ["fld-1"]
    value = devices[0]["values"]["depth"]
    assert (value["value"], parse_rfc3339(value["observed_at"])) == (0.61, now_ms)
    assert moved["presence"] == "online"


def test_who_lost_the_link_goes_on_where_it_broke(served: Served) -> None:
    """The browser sends the last id it saw: nothing twice, nothing missed."""
    house, now_ms = served.house, served.house.services.clock.now_ms()
    with served.client("operator") as client:
        with client.stream("GET", "/api/v1/stream") as response:
            events = Events(response)
            first = house.breach(started_ms=now_ms)
            assert events.next("alert")["id"] == first
        with client.stream("GET", "/api/v1/stream") as response:
            keeper = Events(response)
            second = house.breach("nse-1", rule="noise.day", quantity="laeq", started_ms=now_ms)
            assert keeper.next("alert")["id"] == second
            with client.stream("GET", "/api/v1/stream", headers={"Last-Event-ID": events.last_id}) as again:
                assert Events(again).next("alert")["id"] == second
            with client.stream("GET", "/api/v1/stream", headers={"Last-Event-ID": "another-1"}) as stranger:
                assert Events(stranger).next("resync") == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_although_streams_are_open(served: Served, number: signal.Signals) -> None:
    """Ctrl-C of the whole demo must not wait for somebody's open browser."""
    with served.client("operator") as client, client.stream("GET", "/api/v1/stream") as response:
        events = Events(response)
        served.house.breach(started_ms=served.house.services.clock.now_ms())
        events.next("alert")
        served.process.send_signal(number)

        assert events.rest()[-1:] in ([], [""])
        assert served.process.wait(GRACE_S) == 0


def test_a_closed_session_opens_nothing_in_another_request(served: Served) -> None:
    """What is written in the database holds for every request from then on."""
    with served.client("viewer") as client:
        assert client.delete("/api/v1/session").status_code == 204
        assert client.get("/api/v1/latest").status_code == 401


def test_it_serves_what_ingest_writes(served: Served) -> None:
    """The same files, two processes: what one commits the other shows."""
    house, now_ms = served.house, served.house.services.clock.now_ms()
    account = Account(received=1, stored=1)
    house.services.projections.project(Projection(ledger=Ledger(now_ms, account, {"fld-1": account})))
    house.say({"depth": 0.25, "measured_distance": 2.5}, at_ms=now_ms)
    with served.client("admin") as client:
        latest = client.get("/api/v1/devices/fld-1/latest").json()
        series = client.get("/api/v1/devices/fld-1/observations?quantity=depth&every=1h").json()
        ledger = client.get("/api/v1/ledger").json()
        ready = client.get("/readyz")

    assert {name: value["value"] for name, value in latest["values"].items()} == {
        "depth": 0.25,
        "measured_distance": 2.5,
    }
    assert [item["value"] for item in series["items"]] == [0.25]
    assert ledger["total"]["received"] == 1
    assert ready.status_code == 200, ready.text


def test_a_taken_port_is_said_in_plain_words(tmp_path: Path) -> None:
    """What happened and what to do, not a traceback; exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = _ended(configured(tmp_path, port=port))

    assert ended.returncode == 2
    assert f"port {port} on 127.0.0.1 is taken" in ended.stderr
    assert "another port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_configuration_names_file_line_and_key(tmp_path: Path) -> None:
    """Exit code 2, and the line to correct."""
    config = tmp_path / "smartward.toml"
    config.write_text("[api]\nprot = 8000\n", encoding="utf-8")

    ended = _ended(config)

    assert ended.returncode == 2
    assert f"{config}:2: api.prot: no such key" in ended.stderr


def test_without_its_files_it_lives_and_says_what_is_missing(tmp_path: Path) -> None:
    """Started before ingest it waits; a supervisor sees 503, a person sees why."""
    port = free_port()
    process = start(configured(tmp_path, port=port), "--migrate")
    try:
        until(lambda: _status(port) == 503, what="the API answers")
        missing = httpx2.get(f"http://127.0.0.1:{port}/readyz").json()["missing"]
    finally:
        process.terminate()
        process.communicate()

    assert set(missing) == {"store", "ingest"}
    assert "Start ingest" in missing["store"]


def _ended(config: Path) -> subprocess.CompletedProcess[str]:
    process = start(config)
    out, err = process.communicate(timeout=30)
    return subprocess.CompletedProcess([], process.returncode, out, err)


def _status(port: int) -> int:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/readyz").status_code
    except httpx2.TransportError:
        return 0
