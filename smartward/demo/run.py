"""`smartward demo`: a living ward on this machine, every part a child process on loopback.

Broker, ingest, API, an edge agent with cameras on real footage and one with simulated sensors; what dies is started
again, Ctrl-C ends all.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import logging
import os
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import cast, get_args

import msgspec

from smartward.adapters.broker import Broker, Kind, find
from smartward.config import PREFIX
from smartward.demo import layout, secrets
from smartward.demo.plan import plan
from smartward.demo.secrets import DemoFile, Login, Mqtt, Secrets
from smartward.errors import ConfigError, SmartwardError
from smartward.supervisor import Service, Supervisor

HOST = "127.0.0.1"
FINE, FINDING, BAD_USAGE = 0, 1, 2
READY_S = 30.0
LAST_PORT = 65_535
LEAST_FREE_BYTES = 200 * 1024**2
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def main(argv: Sequence[str] | None = None, *, clips: Mapping[str, layout.Clip]) -> int:
    """Run the demo until Ctrl-C, or for a time; `clips` are what cameras can play.

    Exit code 0 then; 1 when a part cannot run; 2 for bad usage.
    """
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
        with owned(folder):
            demo = Demo(folder, port=options.port, seed=options.seed, clips=clips)
            demo.run(stopping=stopping, duration_s=duration_s, opens=options.open)
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


class Demo:
    """One demo in one folder."""

    def __init__(self, folder: Path, *, port: int, seed: int, clips: Mapping[str, layout.Clip]) -> None:
        """Plan the ward and draw the secrets; nothing runs yet."""
        self._folder, self._port, self._clips = folder, port, clips
        self._planned = plan(seed)
        gateways = tuple(device.id for device in self._planned.devices if device.is_gateway)
        self._kept = secrets.made_for(folder, gateways=gateways)
        users = {"server": self._kept.server, **self._kept.gateways}
        self._broker = Broker(find(broker_kind(os.environ)), folder=folder / "broker", users=users, host=HOST)

    def run(self, *, stopping: Event, duration_s: float | None, opens: bool) -> None:
        """Start everything, say where it is, watch over it until told to stop, and end it all."""
        began_s = time.monotonic()
        prepare_database(self._folder, seed=self._planned.seed, passwords=self._kept.users)
        self._broker.start()
        try:
            address = Mqtt(self._broker.host, self._broker.port, self._broker.port_v5, self._broker.describe())
            files = layout.write(
                self._folder,
                planned=self._planned,
                kept=self._kept,
                broker=address,
                port=self._port,
                clips=self._clips,
            )
            supervisor = Supervisor(services(files), logs=self._folder / "logs", env=own_files_alone(os.environ))
            try:
                supervisor.start()
                url = f"http://{HOST}:{self._port}"
                path = secrets.write(self._folder, self._file(url, address))
                wait_until_ready(url, supervisor=supervisor, stopping=stopping)
                say_where(url, self._kept, broker=address, files=files, path=path, took_s=time.monotonic() - began_s)
                if opens:
                    webbrowser.open(url)
                until_s = None if duration_s is None else began_s + duration_s
                watch(supervisor, self._broker, stopping=stopping, until_s=until_s)
            finally:
                supervisor.stop()
        finally:
            self._broker.stop()

    def _file(self, url: str, address: Mqtt) -> DemoFile:
        """Put together what an outside check needs."""
        gateways = {name: Login(name, password) for name, password in self._kept.gateways.items()}
        return DemoFile(url, address, self._planned.ward.id, self._kept.users, gateways)


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
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # our own machine: never through a proxy
    while not stopping.wait(0.1):
        supervisor.poll(now_s=time.monotonic())
        try:
            with direct.open(f"{url}/healthz", timeout=1):
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > give_up_s:
                said = " | ".join(supervisor.last_lines("api")[-3:])
                raise SmartwardError(
                    f"{url} did not answer in {READY_S:.0f} s: {error}. The API said: {said}"
                ) from error


def say_where(url: str, kept: Secrets, *, broker: Mqtt, files: layout.Files, path: Path, took_s: float) -> None:
    """Tell the person at the terminal what runs, where, and how to get in."""
    lines = [
        f"smartward runs: {url}",
        f"  log in as        operator / {kept.users['operator']}   (also admin, chief, viewer: {path})",
        f"  broker           {broker.broker}, {broker.host}:{broker.port}",
        f"  cameras play     {', '.join(files.footage.values()) or 'nothing: run `smartward footage install`'}",
        f"  ready in         {took_s:.1f} s; profile 'demo': intervals and holds are shorter than on the street",
        "  Ctrl-C ends everything",
    ]
    print("\n".join(lines), flush=True)


def own_files_alone(env: Mapping[str, str]) -> dict[str, str]:
    """Give the children's environment: what the demo wrote for each of them holds, not a variable meant for another."""
    return {name: value for name, value in env.items() if not name.startswith(PREFIX)}


def broker_kind(env: Mapping[str, str]) -> Kind:
    """Read which broker is wanted from SMARTWARD_BROKER__KIND; without it a Mosquitto is preferred, if there is one."""
    wanted = env.get("SMARTWARD_BROKER__KIND", "auto")
    for kind in get_args(Kind):
        if wanted == kind:
            return cast("Kind", kind)
    raise ConfigError(
        f"{wanted!r} is no broker that the demo can start",
        file="environment",
        key="SMARTWARD_BROKER__KIND",
        remedy=f"Choose one of {', '.join(get_args(Kind))}",
    )


def seconds_of(text: str) -> float | None:
    """Read a duration like 60s, 5m or 1h; empty is none. Raises ConfigError."""
    if not text:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if found is None:
        raise ConfigError(f"{text!r} is no duration", key="--for", remedy="Write 60s, 5m or 1h")
    return float(found[1]) * SECONDS[found[2]]


def refuse_taken_port(port: int) -> None:
    """Say early and plainly that the console's port cannot be had; raises ConfigError."""
    if not 1 <= port <= LAST_PORT:
        raise ConfigError(f"{port} is no port", key="--port", remedy=f"Choose one from 1024 to {LAST_PORT}")
    try:
        with socket.create_server((HOST, port)):
            return
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        why = "it is taken" if is_taken else os.strerror(error.errno or 0)
        other = port + 1 if is_taken and port < LAST_PORT else 8000
        remedy = f"Choose another: smartward demo --port {other}"
        raise ConfigError(
            f"port {port} cannot be used: {why}",
            key="--port",
            remedy=f"Stop the program that uses it. {remedy}" if is_taken else remedy,
        ) from error


def make_folder(folder: Path) -> None:
    """Make the data folder, for its owner only; raises ConfigError when it cannot be made, written or filled."""
    remedy = "Choose a folder that you may write"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise ConfigError(f"{folder} cannot be made: {error.strerror}", key="--data", remedy=remedy) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"{folder} may not be written by this user", key="--data", remedy=remedy)
    if free < LEAST_FREE_BYTES:
        raise ConfigError(
            f"{folder} has {free // 1024**2} MB free, at least {LEAST_FREE_BYTES // 1024**2} MB are needed",
            key="--data",
            remedy="Free some space, or choose a folder on another disk",
        )


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Keep a second demo out of the folder; raises ConfigError naming the first one's process."""
    lock = folder / ".lock"
    with lock.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise ConfigError(
                f"{folder} is in use by the demo of process {file.read().strip() or 'unknown'}",
                key="--data",
                remedy="Stop that demo, or choose another folder",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
