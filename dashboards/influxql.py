"""InfluxQL: the query type that the Grafana SDK lacks, and the few shapes of query that panels ask for.

A measurement is a device type, its fields are the quantities, and its only tags are `ward` and `device`.
"""

from __future__ import annotations

from typing import Literal, Self

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from dashboards.variables import DATASOURCE, IN_WARD

Format = Literal["time_series", "table"]


class InfluxQL(Dataquery):
    """One InfluxQL query as Grafana's InfluxDB data source reads it."""

    def __init__(self) -> None:
        self.ref_id = "A"
        self.query = ""
        self.alias = ""
        self.result_format: Format = "time_series"
        self.datasource: DataSourceRef = DATASOURCE

    def to_json(self) -> dict[str, object]:
        """Give the target's JSON."""
        return {
            "refId": self.ref_id,
            "datasource": self.datasource,
            "rawQuery": True,
            "query": self.query,
            "alias": self.alias,
            "resultFormat": self.result_format,
        }


class Query(Builder[InfluxQL]):
    """Builds one target of a panel."""

    def __init__(self, query: str) -> None:
        self._internal = InfluxQL()
        self._internal.query = query

    def build(self) -> InfluxQL:
        """Give the finished target."""
        return self._internal

    def ref_id(self, ref_id: str) -> Self:
        """Name the target where a panel has several."""
        self._internal.ref_id = ref_id
        return self

    def alias(self, alias: str) -> Self:
        """Name the series; `$tag_device` is the device it is grouped by."""
        self._internal.alias = alias
        return self

    def as_table(self) -> Self:
        """Ask for rows instead of series."""
        self._internal.result_format = "table"
        return self


def over_time(device_type: str, quantity: str, *, fn: str = "mean") -> str:
    """Ask for one line per device over the time that the dashboard shows; a gap stays a gap."""
    lines = 'GROUP BY time($__interval), "device" fill(null)'
    return _select(f'{fn}("{quantity}")', f'"{device_type}"', f"WHERE {IN_WARD} AND $timeFilter", lines)


def latest(device_type: str, quantity: str, *, within_s: int) -> str:
    """Ask for each device's last value; one that was silent for longer is left out, never shown as if it were now."""
    return _per_device(f'last("{quantity}")', device_type, within_s=within_s)


def worst(device_type: str, quantity: str, *, within_s: int) -> str:
    """Ask for the highest of the last values of all devices that spoke within that time."""
    return _select('max("last")', f"({latest(device_type, quantity, within_s=within_s)})")


def highest_sum(device_type: str, quantity: str, *, within_s: int) -> str:
    """Ask for the device with the highest sum over that time, as rain is told by its wettest gauge."""
    each = _per_device(f'sum("{quantity}")', device_type, within_s=within_s)
    return _select('max("sum")', f"({each})")


def heard(device_type: str, quantity: str, *, within_s: int) -> str:
    """Ask how many devices spoke within that time."""
    return _select('count("last")', f"({latest(device_type, quantity, within_s=within_s)})")


def _per_device(what: str, device_type: str, *, within_s: int) -> str:
    where = f"WHERE {IN_WARD} AND time > now() - {within_s}s"
    return _select(what, f'"{device_type}"', where, 'GROUP BY "device"')


def _select(what: str, source: str, *rest: str) -> str:
    return " ".join(("SELECT", what, "FROM", source, *rest))
