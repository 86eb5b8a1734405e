"""The registry of wards, sites and devices in the relational database; the API writes it."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, Table, delete, func, select

from smartward.adapters.sql import tables
from smartward.adapters.sql.database import Database
from smartward.adapters.sql.feeds import Feed, newest_number, take_number
from smartward.adapters.sql.rows import as_row, as_struct
from smartward.device import Device, Site, Ward
from smartward.errors import Conflict, NotFound


class SqlRegistry:
    """The Registry port over SQLite or PostgreSQL; writers take turns by the feed's row, readers never wait."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def revision(self) -> int:
        """Give the number of the newest change; a reader that saw it has seen all before it."""
        with self._database.reading() as connection:
            return newest_number(connection, Feed.REGISTRY)

    def wards(self) -> list[Ward]:
        """List all wards by id."""
        with self._database.reading() as connection:
            found = [as_struct(row, Ward) for row in connection.execute(select(tables.ward))]
        return sorted(found, key=_id)

    def sites(self, ward: str) -> list[Site]:
        """List a ward's sites by id."""
        query = select(tables.site).where(tables.site.c.ward == ward)
        with self._database.reading() as connection:
            found = [as_struct(row, Site) for row in connection.execute(query)]
        return sorted(found, key=_id)

    def devices(self, *, ward: str | None = None) -> list[Device]:
        """List devices by id."""
        query = select(tables.device)
        if ward is not None:
            query = query.where(tables.device.c.ward == ward)
        with self._database.reading() as connection:
            found = [as_struct(row, Device) for row in connection.execute(query)]
        return sorted(found, key=_id)

    def put_ward(self, ward: Ward) -> None:
        """Create or replace a ward."""
        with self._database.writing() as connection:
            take_number(connection, Feed.REGISTRY)
            connection.execute(self._database.upsert(tables.ward), as_row(ward))

    def put_site(self, site: Site) -> None:
        """Create or replace a site; raises NotFound when its ward is not registered."""
        with self._database.writing() as connection:
            take_number(connection, Feed.REGISTRY)
            _need(connection, tables.ward, "ward", site.ward)
            connection.execute(self._database.upsert(tables.site), as_row(site))

    def put_device(self, device: Device, *, expected_version: int | None = None) -> Device:
        """Create or replace a device and give it back with its new version.

        Raises Conflict when `expected_version` is given and is not the present one (0: must not exist),
        NotFound when its ward or (other) gateway is not registered.
        """
        with self._database.writing() as connection:
            take_number(connection, Feed.REGISTRY)
            _need(connection, tables.ward, "ward", device.ward)
            if not device.is_gateway:
                _need(connection, tables.device, "gateway", device.gateway)
            present = _version(connection, device.id)
            if expected_version not in (None, present):
                raise Conflict(
                    f"device {device.id} is at version {present}, not {expected_version}; "
                    "read it again and repeat the change"
                )
            stored = msgspec.structs.replace(device, version=present + 1)
            connection.execute(self._database.upsert(tables.device), as_row(stored))
        return stored

    def remove_device(self, device: str) -> None:
        """Take a device out of the registry; its history stays.

        Raises NotFound, and Conflict for a gateway that still speaks for others.
        """
        with self._database.writing() as connection:
            take_number(connection, Feed.REGISTRY)
            _need(connection, tables.device, "device", device)
            behind = tables.device.c.gateway == device
            others = connection.execute(
                select(func.count()).select_from(tables.device).where(behind, tables.device.c.id != device)
            ).scalar_one()
            if others:
                raise Conflict(f"gateway {device} still speaks for {others} devices; move or remove them first")
            connection.execute(delete(tables.device).where(tables.device.c.id == device))


def _id(thing: Ward | Site | Device) -> str:
    """Sort by id here: PostgreSQL sorts as its locale says."""
    return thing.id


def _need(connection: Connection, table: Table, kind: str, id_: str) -> None:
    """Raise NotFound unless there is a row of that id."""
    if connection.execute(select(table.c.id).where(table.c.id == id_)).first() is None:
        raise NotFound(f"{kind} {id_} is not registered; register it first")


def _version(connection: Connection, device: str) -> int:
    """Give the present version; 0 for a device that is not there."""
    return connection.execute(select(tables.device.c.version).where(tables.device.c.id == device)).scalar() or 0
