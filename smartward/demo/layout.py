"""The demo's data folder: which files its processes read, written from the plan and the secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.resources import files as package_files
from pathlib import Path
from typing import NamedTuple

import msgspec

from smartward.catalogue import load
from smartward.demo.plan import CAMERA_GATEWAY, Plan
from smartward.demo.secrets import Mqtt, Secrets

PROFILE = "demo"
STORY = "demo"
STREET_CAMERA, SQUARE_CAMERA = "songmay-cam-001", "songmay-cam-002"


class Clip(NamedTuple):
    """An installed clip: its name, the line that names it to people, and its true rate (0: as the file says)."""

    name: str
    line: str
    fps: float


class Files(NamedTuple):
    """What was written: the server's configuration, one file an edge process, and what each camera plays."""

    server: Path
    edges: tuple[Path, ...]
    footage: dict[str, str]


def database_url(folder: Path) -> str:
    """Name the demo's relational database."""
    return f"sqlite:///{folder.resolve() / 'ward.db'}"


def write(folder: Path, *, planned: Plan, kept: Secrets, broker: Mqtt, port: int, clips: Mapping[str, Clip]) -> Files:
    """Write every file; those that hold a password are for their owner's eyes only."""
    plays = _plays(clips)
    footage = {camera: clip.line for camera, clip in plays.items()}
    (folder / "footage.json").write_text(json.dumps(footage, ensure_ascii=False), encoding="utf-8")
    (folder / "ward.geojson").write_bytes((package_files("smartward.demo") / "ward.geojson").read_bytes())
    simulation = planned.simulation(profile=PROFILE, story=STORY)
    (folder / "simulation.json").write_bytes(msgspec.json.format(msgspec.json.encode(simulation), indent=1))
    server = _private(folder / "smartward.toml", _server(planned, kept, broker=broker, port=port))
    sensors = _private(folder / "edge-sensors.toml", _sensors(planned, kept, broker=broker))
    cameras = _private(folder / "edge-cameras.toml", _cameras(planned, kept, broker=broker, plays=plays))
    return Files(server, (sensors, cameras), footage)


def _plays(clips: Mapping[str, Clip]) -> dict[str, Clip]:
    """Choose what each camera plays: the square has people where that clip is installed, and the street otherwise."""
    street = clips.get("bikes")
    square = clips.get("vtest") or street
    return {camera: clip for camera, clip in ((STREET_CAMERA, street), (SQUARE_CAMERA, square)) if clip}


def _server(planned: Plan, kept: Secrets, *, broker: Mqtt, port: int) -> str:
    return f"""# Written by `smartward demo`.
[ward]
ids = ["{planned.ward.id}"]
profile = "{PROFILE}"
map_file = "ward.geojson"

[broker]
kind = "external"
host = "{broker.host}"
port = {broker.port}
port_v5 = {broker.port_v5}
username = "server"
password = {json.dumps(kept.server)}
marks_retained = {json.dumps(not broker.broker.startswith("iotcore"))}

[api]
port = {port}
footage_file = "footage.json"
"""


def _sensors(planned: Plan, kept: Secrets, *, broker: Mqtt) -> str:
    gateways = "".join(_gateway(planned, kept, gateway, vitals_s=0) for gateway in planned.gateways)
    return f'{_mqtt(broker)}\n[simulated]\nfile = "simulation.json"\n{gateways}'


def _cameras(planned: Plan, kept: Secrets, *, broker: Mqtt, plays: Mapping[str, Clip]) -> str:
    interval_s = load(PROFILE).reporting_interval_s("camera")
    cameras = "".join(
        f"""
[[camera]]
device = "{camera}"
source = "footage:{clip.name}"
fps = {clip.fps}
analyse_fps = 8
interval_s = {interval_s}
health_interval_s = {interval_s}
{_counts(camera, clip)}"""
        for camera, clip in plays.items()
    )
    return f"{_mqtt(broker)}{_gateway(planned, kept, CAMERA_GATEWAY, vitals_s=interval_s)}{cameras}"


def _counts(camera: str, clip: Clip) -> str:
    """Draw the lines of a clip's scene, and say which device counts there."""
    if clip.name == "vtest":
        lines = {"path-west": ((0.3906, 0.25), (0.3906, 0.65)), "path-east": ((0.651, 0.25), (0.651, 0.8))}
        label = "person"
    else:
        lines, label = {"middle": ((0.5, 0.1), (0.5, 1.0))}, "object"
    drawn = "".join(
        f'[[camera.line]]\nname = "{name}"\nfrom = {list(start)}\nto = {list(end)}\nlabel = "{label}"\n'
        for name, (start, end) in lines.items()
    )
    kind, device = ("traffic_flow", "songmay-trf-001") if camera == STREET_CAMERA else ("crowd_flow", "songmay-crd-001")
    return f'{drawn}[[camera.{kind}]]\ndevice = "{device}"\nlines = {json.dumps(list(lines))}\n'


def _mqtt(broker: Mqtt) -> str:
    return f'# Written by `smartward demo`.\n[mqtt]\nhost = "{broker.host}"\nport = {broker.port_v5}\n'


def _gateway(planned: Plan, kept: Secrets, gateway: str, *, vitals_s: int) -> str:
    return f"""
[[gateway]]
ward = "{planned.ward.id}"
id = "{gateway}"
password = {json.dumps(kept.gateways[gateway])}
heartbeat_s = {load(PROFILE).heartbeat_s}
data_dir = "outbox"
max_outbox_bytes = {32 * 1024**2}
vitals_s = {vitals_s}
"""


def _private(path: Path, text: str) -> Path:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path
