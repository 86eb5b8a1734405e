"""Names of the catalogue that InfluxDB could not carry, told before the first value comes."""

from __future__ import annotations

from collections.abc import Mapping

from smartward.adapters.influx.line import check_name
from smartward.adapters.influx.plan import EVENT
from smartward.adapters.influx.point import OWN_FIELDS
from smartward.errors import CatalogueError

OWN_MEASUREMENTS = frozenset({EVENT})


def check_names(device_type: str, quantities: Mapping[str, object]) -> None:
    """Refuse a type or a quantity that cannot be a measurement or a field; raises CatalogueError."""
    if device_type in OWN_MEASUREMENTS:
        raise CatalogueError(f"type {device_type} cannot be stored in InfluxDB beside our own; rename it")
    for name in (device_type, *quantities):
        try:
            check_name(name)
        except ValueError as error:
            raise CatalogueError(f"{device_type}: {error}") from error
    for quantity in OWN_FIELDS.intersection(quantities):
        raise CatalogueError(f"{device_type}: quantity {quantity} cannot be stored beside our own; rename it")
