"""What InfluxDB answers: the rows of a question, and which points of a write it refused and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

NUMBER_OF_DROPPED = re.compile(r"dropped=(\d+)\s*$")
FIELD_CONFLICT = re.compile(r'field type conflict: input field "(.*)" on measurement "(.*)" is type')
COLUMN_CONFLICT = re.compile(r"invalid column type for column '(.*)', expected")


class Series(msgspec.Struct, frozen=True):
    """Rows of one measurement, and of one ward and device where they were asked for apart."""

    columns: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...] = ()
    name: str = ""
    tags: dict[str, str] = {}
    partial: bool = False

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give each row by column, tags among them."""
        for value in self.values:
            yield self.tags | dict(zip(self.columns, value, strict=True))


class Result(msgspec.Struct, frozen=True):
    """What one statement answered."""

    series: tuple[Series, ...] = ()
    error: str = ""


class Results(msgspec.Struct, frozen=True):
    """What one request answered."""

    results: tuple[Result, ...] = ()
    error: str = ""


class RefusedLine(msgspec.Struct, frozen=True):
    """One line that InfluxDB 3 names."""

    error_message: str = ""
    line_number: int = 0


class Complaint(msgspec.Struct, frozen=True):
    """The body of a refused write: 1.x says `error`, 2.x `message`, 3.x `error` with the lines."""

    error: str = ""
    message: str = ""
    data: tuple[RefusedLine, ...] | RefusedLine | None = None


class Refused(msgspec.Struct, frozen=True):
    """A write that was not taken whole.

    `dropped` is how many points are known to be missing; `lines` those that are named, by their place; `field` and
    `measurement` the ones that have another type in the server (`measurement` may stay unknown).
    """

    reason: str
    dropped: int = 0
    field: str = ""
    measurement: str = ""
    lines: dict[int, str] = {}


def decode_results(body: bytes) -> Results:
    """Read an answer; raises ValueError when it is none."""
    return msgspec.json.decode(body, type=Results)


def decode_refused(body: bytes) -> Refused:
    """Read why a write was refused, whatever the version."""
    try:
        complaint = msgspec.json.decode(body, type=Complaint, strict=False)
    except msgspec.DecodeError:
        complaint = Complaint(error=body.decode(errors="replace"))
    reason = (complaint.error or complaint.message or "no reason given").strip()
    named = (complaint.data,) if isinstance(complaint.data, RefusedLine) else complaint.data or ()
    return _read(reason, lines={line.line_number - 1: line.error_message for line in named if line.line_number > 0})


def conflict(message: str) -> tuple[str, str]:
    """Give the field and the measurement that a message says have another type; empty where it says nothing."""
    if found := FIELD_CONFLICT.search(message):
        return found[1], found[2]
    if found := COLUMN_CONFLICT.search(message):
        return found[1], ""
    return "", ""


def _read(reason: str, *, lines: dict[int, str]) -> Refused:
    dropped = NUMBER_OF_DROPPED.search(reason)
    field, measurement = conflict(reason)
    return Refused(
        NUMBER_OF_DROPPED.sub("", reason).strip(),
        dropped=int(dropped[1]) if dropped else len(lines),
        field=field,
        measurement=measurement,
        lines=lines,
    )
