"""Line protocol: one point as InfluxDB takes it, always with its time in nanoseconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite

import msgspec

Field = bool | int | float | str
"""What a field may be. An `int` becomes an InfluxDB integer: quantities are given as floats."""

NS_PER_MS = 1_000_000
FIRST_NS, LAST_NS = -(2**63) + 2, 2**63 - 2
"""The instants that InfluxDB can hold: September 1677 to April 2262."""

UNWRITABLE = re.compile(r"[\\\n\r\0]|^$|^[_#]")
"""Names that line protocol cannot carry unambiguously, or that InfluxDB keeps for itself."""


class Entry(msgspec.Struct, frozen=True):
    """One point: its series (`measurement`, `ward`, `device`), its fields, its time."""

    measurement: str
    ward: str
    device: str
    fields: Mapping[str, Field]
    at_ns: int

    def line(self) -> str:
        """Write the point down; raises ValueError for what cannot be read back as it is."""
        if not FIRST_NS <= self.at_ns <= LAST_NS:
            raise ValueError(f"{self.measurement}: time {self.at_ns} ns lies outside the years 1677 to 2262")
        if not self.fields:
            raise ValueError(f"{self.measurement}: a point has at least one field")
        fields = ",".join(
            [
                f"{_key(name)}={value!r}"
                if type(value) is float and isfinite(value)
                else f"{_key(name)}={field_value(value)}"
                for name, value in self.fields.items()
            ]
        )
        return f"{_series(self.measurement, self.ward, self.device)} {fields} {self.at_ns}"


def field_value(value: Field) -> str:
    """Write a field's value; raises ValueError for a number that is none, or an integer beyond 64 bits."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            if not isfinite(value):
                raise ValueError(f"{value} cannot be kept; numbers are finite")
            return repr(value)
        case int():
            if not -(2**63) <= value < 2**63:
                raise ValueError(f"{value} cannot be kept; integers fit 64 bits")
            return f"{value}i"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


def check_name(name: str) -> str:
    """Give a measurement's, field's or device's name back; raises ValueError when line protocol cannot carry it."""
    if UNWRITABLE.search(name):
        raise ValueError(f"{name!r} cannot be a name in InfluxDB; use letters, digits, - and _")
    return name


@lru_cache(maxsize=65_536)
def _series(measurement: str, ward: str, device: str) -> str:
    """Write the series; tags are sorted by key, as InfluxDB likes them, and an empty ward or device is left out."""
    tags = "".join(f",{key}={_key(value)}" for key, value in (("device", device), ("ward", ward)) if value)
    return re.sub(r"([, ])", r"\\\1", check_name(measurement)) + tags


@lru_cache(maxsize=65_536)
def _key(name: str) -> str:
    return re.sub(r"([,= ])", r"\\\1", check_name(name))
