"""`smartward demo`: a living ward on this machine, every part a child process on loopback.

Broker, ingest, API, an edge agent with cameras on real footage and one with simulated sensors; what dies is started
again, Ctrl-C ends all.
"""

from __future__ import annotations

import argparse
import logging
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import msgspec

from smartward.adapters.broker import Broker, find
from smartward.demo import layout, secrets
from smartward.demo.plan import Plan, plan
from smartward.demo.secrets import DemoFile, Login, Mqtt, Secrets
from smartward.errors import ConfigError, SmartwardError
from smartward.supervisor import Service, Supervisor

HOST = "127.0.0.1"
FINE, FINDING, BAD_USAGE = 0, 1, 2
READY_S = 30.0
LEAST_FREE_BYTES = 200 * 1024**2
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo until Ctrl-C, or for a time. Exit code 0 then; 1 when a part cannot run; 2 for bad usage."""
    parser = argparse.ArgumentParser(prog="smartward demo", description="A living ward on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="the port of the console (default: 8000)")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep the data there (default: a folder that is removed)"
    )
    parser.add_argument("--seed", type=int, default=7, help="the seed of the simulated ward (default: 7)")
    parser.add_argument("--for", dest="duration", default="", metavar="60s", help="end by itself after that time")
    parser.add_argument("--open", action="store_true", help="open the console in the browser")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    folder = options.data or Path(tempfile.mkdtemp(prefix="smartward-demo-"))
    try:
        duration_s = seconds_of(options.duration)
        refuse_taken_port(options.port)
        make_folder(folder)
        run(folder, port=options.port, seed=options.seed, stopping=stopping, duration_s=duration_s, opens=options.open)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    except SmartwardError as error:
        print(error, file=sys.stderr)
        return FINDING
    finally:
        if options.data is None:
            shutil.rmtree(folder, ignore_errors=True)
    return FINE


def run(folder: Path, *, port: int, seed: int, stopping: Event, duration_s: float | None, opens: bool) -> None:
    """Start everything, say where it is, watch over it until told to stop, and end it all."""
    began_s = time.monotonic()
    planned = plan(seed)
    gateways = tuple(device.id for device in planned.devices if device.is_gateway)
    kept = secrets.made_for(folder, gateways=gateways)
    prepare_database(folder, seed=seed, passwords=kept.users)
    broker = Broker(find("auto"), folder=folder / "broker", users={"server": kept.server, **kept.gateways}, host=HOST)
    broker.start()
    try:
        files = layout.write(folder, planned=planned, kept=kept, broker=broker_of(broker), port=port, seed=seed)
        supervisor = Supervisor(services(files), logs=folder / "logs")
        try:
            supervisor.start()
            url = f"http://{HOST}:{port}"
            wait_until_ready(url, supervisor=supervisor, stopping=stopping)
            path = secrets.write(folder, demo_file(url, planned, kept, broker))
            say_where(url, kept, broker=broker, files=files, path=path, took_s=time.monotonic() - began_s)
            if opens:
                webbrowser.open(url)
            watch(supervisor, broker, stopping=stopping, until_s=None if duration_s is None else began_s + duration_s)
        finally:
            supervisor.stop()
    finally:
        broker.stop()


def services(files: layout.Files) -> list[Service]:
    """List the children, in the order in which they are started."""
    python = sys.executable
    return [
        Service("ingest", (python, "-m", "ingest", "--config", str(files.server))),
        Service("api", (python, "-m", "api", "--config", str(files.server))),
        *(Service(path.stem, (python, "-m", "edge", "--config", str(path))) for path in files.edges),
    ]


def prepare_database(folder: Path, *, seed: int, passwords: dict[str, str]) -> None:
    """Make the database in a process of its own; raises SmartwardError with that process's words."""
    command = [sys.executable, "-m", "smartward.demo.prepare", layout.database_url(folder), "--seed", str(seed)]
    done = subprocess.run(command, input=msgspec.json.encode(passwords), capture_output=True, check=False)
    if done.returncode != 0:
        raise SmartwardError(f"the demo's database could not be made: {done.stderr.decode(errors='replace').strip()}")


def watch(supervisor: Supervisor, broker: Broker, *, stopping: Event, until_s: float | None) -> None:
    """Start again what dies, until told to stop or the time is over."""
    while not stopping.wait(0.25):
        now_s = time.monotonic()
        if until_s is not None and now_s >= until_s:
            return
        supervisor.poll(now_s=now_s)
        if not broker.is_alive:
            print("the broker ended; it is started again", flush=True)
            broker.start()


def wait_until_ready(url: str, *, supervisor: Supervisor, stopping: Event) -> None:
    """Wait until the API answers; raises SmartwardError when it does not in time, ChildFailed when a part refuses."""
    give_up_s = time.monotonic() + READY_S
    while not stopping.wait(0.1):
        supervisor.poll(now_s=time.monotonic())
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=1):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > give_up_s:
                raise SmartwardError(
                    f"{url} did not answer in {READY_S:.0f} s: {error}. See the logs folder"
                ) from error


def say_where(url: str, kept: Secrets, *, broker: Broker, files: layout.Files, path: Path, took_s: float) -> None:
    """Tell the person at the terminal what runs, where, and how to get in."""
    lines = [
        f"smartward runs: {url}",
        f"  log in as        operator / {kept.users['operator']}   (also admin, chief, viewer: {path})",
        f"  broker           {broker.describe()}, {broker.host}:{broker.port}",
        f"  cameras play     {', '.join(files.footage.values()) or 'nothing: run `smartward footage install`'}",
        f"  ready in         {took_s:.1f} s; profile 'demo': intervals and holds are shorter than on the street",
        "  Ctrl-C ends everything",
    ]
    print("\n".join(lines), flush=True)


def demo_file(url: str, planned: Plan, kept: Secrets, broker: Broker) -> DemoFile:
    """Put together what an outside check needs."""
    mqtt = Mqtt(broker.host, broker.port, broker.port_v5, broker.describe())
    gateways = {name: Login(name, password) for name, password in kept.gateways.items()}
    return DemoFile(url, mqtt, planned.ward.id, kept.users, gateways)


def broker_of(broker: Broker) -> Mqtt:
    """Give the address that the children connect to."""
    return Mqtt(broker.host, broker.port, broker.port_v5, broker.describe())


def seconds_of(text: str) -> float | None:
    """Read a duration like 60s, 5m or 1h; empty is none. Raises ConfigError."""
    if not text:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if found is None:
        raise ConfigError(f"{text!r} is no duration", key="--for", remedy="Write 60s, 5m or 1h")
    return float(found[1]) * SECONDS[found[2]]


def refuse_taken_port(port: int) -> None:
    """Say early and plainly that the console's port is taken; raises ConfigError."""
    try:
        with socket.create_server((HOST, port)):
            return
    except OSError as error:
        remedy = f"Stop the program that uses it, or choose another: smartward demo --port {port + 1}"
        raise ConfigError(f"port {port} cannot be used: {error.strerror}", key="--port", remedy=remedy) from error


def make_folder(folder: Path) -> None:
    """Make the data folder, for its owner only; raises ConfigError when it cannot be made or its disk is full."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be made: {error.strerror}", key="--data", remedy="Choose a folder that you may write"
        ) from error
    if free < LEAST_FREE_BYTES:
        raise ConfigError(
            f"{folder} has {free // 1024**2} MB free, at least {LEAST_FREE_BYTES // 1024**2} MB are needed",
            key="--data",
            remedy="Free some space, or choose a folder on another disk",
        )


if __name__ == "__main__":
    sys.exit(main())
