"""InfluxQL: the few shapes of questions that the store asks, with every name and word quoted."""

from __future__ import annotations

from collections.abc import Iterable

from smartward.adapters.influx.line import FIRST_NS, LAST_NS, NS_PER_MS

MOST = 2**31
"""The largest number that a LIMIT may be."""
FIRST_MS, END_MS = -(-FIRST_NS // NS_PER_MS), LAST_NS // NS_PER_MS
"""Whole milliseconds that InfluxDB can hold, the first and the one after the last."""


def identifier(name: str) -> str:
    """Write a name of a measurement, field or tag."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def text(value: str) -> str:
    """Write a word to compare with."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def select(columns: str, measurement: str, condition: str, *, more: str = "") -> str:
    """Write a question; `columns` and `condition` are written by the functions here, never by a device."""
    return f"SELECT {columns} FROM {identifier(measurement)} WHERE {condition} {more}".rstrip()  # noqa: S608 - quoted here


def names(fields: Iterable[str]) -> str:
    """Write the columns of a question."""
    return ", ".join(map(identifier, fields))


def at_most(limit: int) -> str:
    """Write a limit."""
    return f"LIMIT {min(limit, MOST)}"


def where(*conditions: str, ward: str | None = None, device: str | None = None) -> str:
    """Put conditions together, those that were asked for."""
    asked = [f"{tag} = {text(value)}" for tag, value in (("ward", ward), ("device", device)) if value is not None]
    return " AND ".join([*asked, *conditions])


def between(from_ms: int, to_ms: int) -> str:
    """Write from_ms <= time < to_ms; both ends always, because InfluxDB's own defaults end at its present."""
    from_ms, to_ms = min(max(from_ms, FIRST_MS), END_MS), max(min(to_ms, END_MS), FIRST_MS)
    return f"time >= {from_ms * NS_PER_MS} AND time < {to_ms * NS_PER_MS}"


EVER = between(FIRST_MS, END_MS)
