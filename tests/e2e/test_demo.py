"""The demo as a newcomer meets it: it lives, it counts right, it survives a kill, and it leaves nothing behind."""

from __future__ import annotations

import json
import random
import socket
import stat
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psutil
import pytest

from smartward.cli import main
from tests.e2e.outside import Publisher, RunningDemo, eventually
from tests.servers.postgresql import free_port

pytestmark = pytest.mark.e2e

GATEWAY = "songmay-gw-01"
_numbers = count(1)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """Run one demo for this module."""
    demo = RunningDemo(tmp_path_factory.mktemp("demo") / "data")
    with demo.running():
        yield demo


@pytest.fixture
def device(demo: RunningDemo) -> str:
    """Register a street-water sensor that only this test speaks for."""
    name = f"songmay-out-{next(_numbers):03d}"
    body = {"id": name, "ward": "songmay", "gateway": GATEWAY, "type": "flood_road", "name": "Người ngoài"}
    answer = demo.call("PUT", f"/api/v1/devices/{name}", body, headers={"If-Match": '"0"'})
    assert answer.status in (200, 201), answer.body
    known = f"SELECT count(*) FROM known WHERE instr(body, '{name}') > 0"
    eventually(lambda: demo.rows("ingest.db", known) == [(1,)])
    return name


@pytest.fixture
def publisher(demo: RunningDemo) -> Iterator[Publisher]:
    """Speak as a gateway of the demo."""
    publisher = Publisher(demo, GATEWAY)
    yield publisher
    publisher.stop()


def now_ms() -> int:
    """Give the present instant."""
    return time.time_ns() // 1_000_000


def account(demo: RunningDemo, device: str) -> dict[str, int]:
    """Read a device's account, checking on the way that the whole ledger balances."""
    ledger = demo.get("/ledger")
    for figures in (ledger["total"], *ledger["devices"].values()):
        parts = figures["stored"] + figures["duplicates"] + figures["dead_lettered"] + figures["waiting"]
        assert figures["received"] == parts, ledger
    figures = ledger["devices"].get(device, {})
    return {name: figures.get(name, 0) for name in ledger["total"]}


def test_every_device_is_heard_and_shown(demo: RunningDemo) -> None:
    """Two hundred simulated devices and the cameras: none stays unknown."""
    registered = {device["id"] for device in demo.get("/devices?limit=5000")["items"]}
    assert len(registered) >= 200

    def heard() -> set[str]:
        return {item["id"] for item in demo.get("/latest?limit=5000")["items"] if item["presence"] != "unknown"}

    eventually(lambda: len(heard() & registered) >= 0.97 * len(registered))
    cameras = {item["id"]: item for item in demo.get("/latest?type=camera")["items"]}
    eventually(lambda: "fps" in demo.get("/devices/songmay-cam-001/latest")["values"])
    assert cameras


def test_the_street_floods_and_the_alert_is_told(demo: RunningDemo) -> None:
    """The story's flood opens one alert at the named place; its notifications are in the file."""

    def flood() -> list[dict[str, str]]:
        alerts = demo.get("/alerts")["items"]
        return [
            alert for alert in alerts if alert["rule"].startswith("flood_road.flood_") and "Bến Đò" in alert["place"]
        ]

    eventually(flood)
    assert {alert["device"] for alert in flood()} == {flood()[0]["device"]}
    eventually((demo.folder / "notifications.jsonl").exists)
    told = [json.loads(line) for line in (demo.folder / "notifications.jsonl").read_text("utf-8").splitlines()]
    assert any("Bến Đò" in notification["text"] for notification in told)


def test_a_silent_gateway_is_one_alert_and_clears_when_it_returns(demo: RunningDemo) -> None:
    """No alert for any of the devices behind it."""

    def outages() -> list[dict[str, str]]:
        return [alert for alert in demo.get("/alerts?limit=5000")["items"] if alert["rule"] == "common.gateway_outage"]

    eventually(outages)
    eventually(lambda: {alert["condition"] for alert in outages()} == {"cleared"})
    assert [alert["device"] for alert in outages()] == ["songmay-gw-04"]
    offline = [alert for alert in demo.get("/alerts?limit=5000")["items"] if alert["rule"] == "common.offline"]
    assert offline == []


BAD = [
    (b'{"values": {"depth": 0.1', "bad_json", 1),
    (b'{"values": {"depth": 99}}', "out_of_range", 1),
    (b'{"at": 1795417199, "values": {"depth": 0.1}}', "bad_time", 1),
    (json.dumps({"at": (time.time_ns() // 10**6) + 3_600_000, "values": {"depth": 0.1}}).encode(), "bad_time", 1),
    (b'{"values": {"depth": 0.1}, "pad": "' + b"x" * 300_000 + b'"}', "too_large", 1),
]


@pytest.mark.parametrize(("payload", "reason", "items"), BAD, ids=["broken", "range", "seconds", "future", "large"])
def test_bad_input_is_visible_by_its_reason_and_disturbs_nothing(
    demo: RunningDemo, device: str, publisher: Publisher, payload: bytes, reason: str, items: int
) -> None:
    """A good value before and after it is stored all the same."""
    topic = f"ward/songmay/{GATEWAY}/{device}/obs"
    at = now_ms()
    for step, body in enumerate((None, payload, None)):
        publisher.say(topic, body or json.dumps({"at": at + step, "values": {"depth": 0.05}}).encode())

    eventually(lambda: account(demo, device)["stored"] == 2, because=lambda: account(demo, device))
    assert account(demo, device)["dead_lettered"] == items
    letters = [item for item in demo.get("/dead-letters?limit=5000")["items"] if item["device"] == device]
    assert [(letter["reason"], letter["count"]) for letter in letters] == [(reason, items)]


def test_an_unknown_device_and_a_retained_value_are_visible(
    demo: RunningDemo, device: str, publisher: Publisher
) -> None:
    """Both would otherwise be silent losses, or look alive for ever."""
    publisher.say(f"ward/songmay/{GATEWAY}/songmay-nobody/obs", b'{"values": {"depth": 0.1}}')
    publisher.say(f"ward/songmay/{GATEWAY}/{device}/obs", b'{"values": {"depth": 0.1}}', retain=True)

    def reasons() -> set[tuple[str, str]]:
        return {(item["device"], item["reason"]) for item in demo.get("/dead-letters?limit=5000")["items"]}

    eventually(lambda: {("songmay-nobody", "unknown_device"), (device, "retained")} <= reasons())


@pytest.mark.parametrize("seed", range(3))
def test_the_publisher_s_own_count_survives_kill_9_of_ingest(
    demo: RunningDemo, device: str, publisher: Publisher, seed: int
) -> None:
    """Distinct items by the outsider's reckoning = received − duplicates; the rows on disk are the same values."""
    chance, start_ms = random.Random(seed), now_ms() - 20_000
    sent: dict[int, float] = {}
    killed_at = chance.randrange(50, 250)
    for index in range(300):
        at_ms = start_ms + index * 10
        sent[at_ms] = round(chance.uniform(0, 0.1), 4)
        payload = json.dumps({"at": at_ms, "values": {"depth": sent[at_ms]}}).encode()
        for _ in range(1 + (chance.random() < 0.1)):
            publisher.say(f"ward/songmay/{GATEWAY}/{device}/obs", payload)
        if index == killed_at:
            demo.kill("ingest")
        if index % 50 == 0:
            account(demo, device)

    def is_settled() -> bool:
        figures = account(demo, device)
        return figures["waiting"] == 0 and figures["received"] - figures["duplicates"] == len(sent)

    eventually(is_settled, because=lambda: account(demo, device))
    rows = demo.rows(
        "telemetry.db",
        f"SELECT at, depth FROM obs_flood_road JOIN series ON series.id = series WHERE device = '{device}' ORDER BY at",
    )
    assert dict(rows) == sent


def test_a_wrong_password_is_named_by_the_client_and_the_file_is_private(demo: RunningDemo) -> None:
    """The demo's secrets are for its owner only."""
    mode = stat.S_IMODE((demo.folder / "demo.json").stat().st_mode)
    answer = demo.call("POST", "/api/v1/session", {"username": "admin", "password": "wrong"}, token="")

    assert mode == 0o600
    assert answer.status == 401
    assert "password" in json.dumps(answer.body)


def test_the_log_of_the_broker_is_capped_and_no_log_holds_a_secret(demo: RunningDemo) -> None:
    """Every password of demo.json is looked for in every log."""
    secrets = [*demo.file["users"].values(), *(login["password"] for login in demo.file["gateways"].values())]
    logs = [*demo.folder.rglob("*.log"), *demo.folder.rglob("*.log.1")]
    assert logs
    for log in logs:
        text = log.read_text(encoding="utf-8", errors="replace")
        assert len(text) <= 1024 * 1024
        assert not [secret for secret in secrets if secret in text]


def test_ctrl_c_stops_everything_and_the_data_is_there_at_the_next_start(tmp_path: Path) -> None:
    """No process is left, and history and passwords survive."""
    demo = RunningDemo(tmp_path / "data")
    with demo.running():
        eventually(lambda: demo.get("/ledger")["total"]["stored"] > 500)
        users, children = demo.file["users"], demo.children()
        assert len(children) >= 5
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]

    stored = demo.rows("ingest.db", "SELECT sum(stored) FROM account")[0][0]
    with demo.running():
        assert demo.file["users"] == users
        eventually(lambda: demo.get("/ledger")["total"]["stored"] > stored)


def test_what_cannot_work_is_said_in_plain_words_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A taken port, no port, a wrong duration, a folder that is a file: what happened, what to do, exit code 2."""
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for options, words in (
            (["--port", str(port)], (f"port {port} cannot be used: it is taken", f"--port {port + 1}")),
            (["--port", "99999"], ("99999 is no port",)),
            (["--for", "soon"], ("'soon' is no duration", "60s")),
            (["--data", str(tmp_path / "file"), "--port", str(free_port())], ("cannot be made", "Choose a folder")),
        ):
            assert main(["demo", "--data", str(tmp_path / "d"), *options]) == 2
            said = capsys.readouterr().err
            assert all(word in said for word in words), said


def test_a_second_demo_in_the_same_folder_is_refused_and_the_first_goes_on(
    demo: RunningDemo, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would write over what the first one reads."""
    assert demo.process is not None
    before = (demo.folder / "smartward.toml").read_text(encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    assert main(["demo", "--data", str(demo.folder), "--port", str(port)]) == 2
    assert f"in use by the demo of process {demo.process.pid}" in capsys.readouterr().err
    assert (demo.folder / "smartward.toml").read_text(encoding="utf-8") == before
