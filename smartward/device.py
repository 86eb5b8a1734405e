"""Wards, sites and devices: what is registered, and where it stands."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from smartward.observation import Value


class Ward(msgspec.Struct, frozen=True):
    """The administrative unit that every row belongs to; `timezone` is an IANA name."""

    id: str
    name: str
    timezone: str = "Asia/Ho_Chi_Minh"


class Site(msgspec.Struct, frozen=True):
    """A named place on the ground; `neighbourhood` is its khu phố."""

    id: str
    ward: str
    name: str
    neighbourhood: str = ""
    lat: float | None = None
    lon: float | None = None


class Device(msgspec.Struct, frozen=True):
    """A registered thing. A device whose `gateway` is its own id speaks for itself.

    `params` are the site parameters that rules refer to (`{site: alertLevel}`); `version` counts edits.
    """

    id: str
    ward: str
    gateway: str
    type: str
    name: str = ""
    site: str = ""
    lat: float | None = None
    lon: float | None = None
    params: dict[str, Value] = {}
    owner: str = ""
    funding: str = ""
    version: int = 0

    @property
    def is_gateway(self) -> bool:
        """Tell whether this device holds an MQTT connection of its own."""
        return self.gateway == self.id


class PresenceState(StrEnum):
    """Whether a device is heard; UNKNOWN until it has spoken once."""

    ONLINE = "online"
    STALE = "stale"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class Presence(msgspec.Struct, frozen=True):
    """The presence of one device, since when and why.

    `reason` is `heard`, `silent`, `last_will`, `gateway_outage` or `never_heard`. `skew_ms` is how far the device's
    clock is ahead of ours (negative: behind), from what it says live; None while that is not known.
    """

    device: str
    ward: str
    state: PresenceState
    since_ms: int
    reason: str
    heard_ms: int | None = None
    skew_ms: int | None = None
