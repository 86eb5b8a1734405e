"""The registry as it stands at its newest revision, held in memory so that a request costs one small query."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Annotated, cast

import msgspec
from fastapi import Depends, Request

from smartward.device import Device, Site, Ward
from smartward.ports import Registry


class Register(msgspec.Struct, frozen=True):
    """All wards, sites and devices by id, at one revision."""

    revision: int
    wards: dict[str, Ward]
    sites: dict[tuple[str, str], Site]
    devices: dict[str, Device]

    def site_of(self, device: Device) -> Site | None:
        """Find where a device stands; None when nobody wrote it down."""
        return self.sites.get((device.ward, device.site))

    def devices_in(self, wards: Collection[str]) -> list[Device]:
        """List the devices of these wards by id."""
        return [device for device in self.devices.values() if device.ward in wards]


class RegisterReader:
    """Reads the registry again only when its revision has changed; for any number of threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = threading.Lock()
        self._newest: Register | None = None

    def read(self) -> Register:
        """Give the registry as it stands now."""
        with self._lock:
            revision = self._registry.revision()
            if self._newest is None or self._newest.revision != revision:
                wards = {ward.id: ward for ward in self._registry.wards()}
                sites = {(ward, site.id): site for ward in wards for site in self._registry.sites(ward)}
                devices = {device.id: device for device in self._registry.devices()}
                self._newest = Register(revision, wards, sites, devices)
            return self._newest


def register_of(request: Request) -> Register:
    """Give a route the registry as it stands now."""
    return cast("RegisterReader", request.app.state.register).read()


RegisterOf = Annotated[Register, Depends(register_of)]
