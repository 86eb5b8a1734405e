"""The registry as ingest last saw it: followed by its revision, and kept on ingest's own disk for when it is away."""

from __future__ import annotations

import logging

import msgspec

from ingest.home import Home
from ingest.validate import Registered
from smartward.device import Device, Site
from smartward.ports import Registry

log = logging.getLogger(__name__)


class _Copy(msgspec.Struct, array_like=True):
    devices: list[Device]
    sites: list[Site]


class Known:
    """Follows the registry; `registered` is replaced whole, so that readers on other threads see one state."""

    def __init__(self, home: Home, *, registry: Registry, wards: tuple[str, ...]) -> None:
        """Own these wards; an empty tuple owns all that are registered."""
        self._home, self._registry, self._wards = home, registry, wards
        self._revision = -1
        self.registered = Registered()
        self.is_known = False

    def load(self) -> None:
        """Begin with the copy on our own disk, if there is one."""
        with self._home.database.reading() as connection:
            found = connection.execute("SELECT body FROM known").fetchone()
        if found:
            self.registered, self.is_known = _index(msgspec.msgpack.decode(found[0], type=_Copy)), True

    def step(self) -> bool:
        """Look whether the registry has changed, and follow it; False: look again later. Raises StoreUnavailable."""
        revision = self._registry.revision()
        if revision == self._revision:
            return False
        wards = self._wards or tuple(ward.id for ward in self._registry.wards())
        copy = _Copy(
            [device for ward in wards for device in self._registry.devices(ward=ward)],
            [site for ward in wards for site in self._registry.sites(ward)],
        )
        with self._home.database.transaction() as connection:
            connection.execute(
                "INSERT INTO known (id, revision, body) VALUES (1, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, body = excluded.body",
                (revision, msgspec.msgpack.encode(copy)),
            )
        self.registered, self._revision, self.is_known = _index(copy), revision, True
        log.info("registry revision %d: %d devices", revision, len(copy.devices))
        return False


def _index(copy: _Copy) -> Registered:
    places = {
        site.id: f"{site.name} · {site.neighbourhood}" if site.neighbourhood else site.name for site in copy.sites
    }
    return Registered({device.id: device for device in copy.devices}, places)
