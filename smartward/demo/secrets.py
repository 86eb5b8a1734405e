"""The demo's secrets: made once for a data folder, kept in `demo.json`, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

USERS = ("admin", "chief", "operator", "viewer")
FILE = "demo.json"


class Login(msgspec.Struct, frozen=True):
    """How a gateway or the server logs in at the broker."""

    username: str
    password: str


class Mqtt(msgspec.Struct, frozen=True):
    """Where the broker listens; `port_v5` speaks MQTT 5, and `broker` says which one it is."""

    host: str
    port: int
    port_v5: int
    broker: str


class DemoFile(msgspec.Struct, frozen=True):
    """What an outside check needs to log in and to publish; the names are part of the contract."""

    url: str
    mqtt: Mqtt
    ward: str
    users: dict[str, str]
    gateways: dict[str, Login]
    device_tokens: dict[str, str] = {}


class Secrets(msgspec.Struct, frozen=True):
    """The passwords of people, of gateways by id, and of the server at the broker."""

    users: dict[str, str]
    gateways: dict[str, str]
    server: str


def made_for(folder: Path, *, gateways: tuple[str, ...]) -> Secrets:
    """Give the folder's secrets: those of its last run where it had one, new ones otherwise."""
    kept = _kept(folder)
    users = {name: (kept.users.get(name) if kept else None) or _password() for name in USERS}
    known = {name: login.password for name, login in kept.gateways.items()} if kept else {}
    return Secrets(users, {name: known.get(name) or _password() for name in gateways}, _password())


def write(folder: Path, demo: DemoFile) -> Path:
    """Write `demo.json` for its owner's eyes, whole or not at all."""
    path = folder / FILE
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(demo), indent=2) + b"\n")
    fresh.replace(path)
    return path


def _kept(folder: Path) -> DemoFile | None:
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=DemoFile)
    except (OSError, msgspec.DecodeError):
        return None


def _password() -> str:
    return secrets.token_urlsafe(9)
