"""The topics of the wire: built and parsed in one place. The root `ward/` is version 1 for ever."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

ROOT = "ward"
ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
RESERVED = frozenset({"alerts", "twin", "cmd", "reply", "pack", "committed", "presence", "snapshot", "obs", "event"})


class Kind(StrEnum):
    """What a message from a gateway or device carries."""

    OBS = "obs"
    EVENT = "event"
    PACK = "pack"
    PRESENCE = "presence"


class Address(NamedTuple):
    """Where a message says it comes from; `device` is empty for packs and presence."""

    kind: Kind
    ward: str
    gateway: str
    device: str


def is_id(text: str) -> bool:
    """Tell whether a text may name a ward, gateway or device."""
    return ID.fullmatch(text) is not None and text not in RESERVED


def parse(topic: str) -> Address | None:
    """Read the address of an incoming topic; None when it is not one of ours."""
    parts = topic.split("/")
    if parts[0] != ROOT or not all(is_id(part) for part in parts[1:3]):
        return None
    match parts[1:]:
        case [ward, gateway, Kind.PACK]:
            return Address(Kind.PACK, ward, gateway, "")
        case [ward, gateway, Kind.PRESENCE]:
            return Address(Kind.PRESENCE, ward, gateway, "")
        case [ward, gateway, device, Kind.OBS] if is_id(device):
            return Address(Kind.OBS, ward, gateway, device)
        case [ward, gateway, device, Kind.EVENT] if is_id(device):
            return Address(Kind.EVENT, ward, gateway, device)
        case _:
            return None


def obs(ward: str, gateway: str, device: str) -> str:
    """Name the topic of a plain device's observations."""
    return f"{ROOT}/{ward}/{gateway}/{device}/{Kind.OBS}"


def event(ward: str, gateway: str, device: str) -> str:
    """Name the topic of a plain device's events."""
    return f"{ROOT}/{ward}/{gateway}/{device}/{Kind.EVENT}"


def pack(ward: str, gateway: str) -> str:
    """Name the topic of an edge agent's packs."""
    return f"{ROOT}/{ward}/{gateway}/{Kind.PACK}"


def presence(ward: str, gateway: str) -> str:
    """Name the retained topic where a gateway says that it is there, and its last will."""
    return f"{ROOT}/{ward}/{gateway}/{Kind.PRESENCE}"


def committed(ward: str, gateway: str, boot: str) -> str:
    """Name the retained topic where the server says how far it has a boot's packs on disk."""
    return f"{ROOT}/{ward}/{gateway}/committed/{boot}"


def alert(ward: str, alert_id: str) -> str:
    """Name the retained topic of an open alert."""
    return f"{ROOT}/{ward}/alerts/{alert_id}"


def subscriptions(wards: tuple[str, ...]) -> tuple[str, ...]:
    """List the filters that together bring all that devices of these wards may say."""
    return tuple(f"{ROOT}/{ward}/{tail}" for ward in wards for tail in ("+/+/obs", "+/+/event", "+/pack", "+/presence"))
