"""How a rollup lies in a point: `{type}_1h` and `{type}_1d`, six fields a quantity, at the beginning of its stretch.

`{q}_n`, `{q}_sum`, `{q}_min`, `{q}_max`, `{q}_last` and `{q}_energy` (10·log10(Σ 10^(x/10))); words and yes-or-no
values have `n` and `last`. `dirty` says that it does not hold (yet); `notes` keeps integers that floats would round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from smartward.adapters.influx.line import NS_PER_MS, Entry, Field
from smartward.adapters.influx.point import FLOAT_IS_EXACT_BELOW, NOTES, value_of
from smartward.adapters.influx.stretch import Span, Stretch
from smartward.adapters.sqlite.rollup import Rollup
from smartward.adapters.telemetry_question import NUMERIC
from smartward.catalogue.model import ValueType

DIRTY = "dirty"
OF_NUMBERS = ("n", "sum", "min", "max", "last", "energy")
OF_WORDS = ("n", "last")


def measurement(device_type: str, span: Span) -> str:
    """Name where rollups of a type are."""
    return f"{device_type}_{span}"


def columns(quantities: Mapping[str, ValueType]) -> list[str]:
    """Name the fields of some quantities' rollups."""
    return [
        f"{quantity}_{part}"
        for quantity, kind in quantities.items()
        for part in (OF_NUMBERS if kind in NUMERIC else OF_WORDS)
    ]


def mark_entry(stretch: Stretch) -> Entry:
    """Give the point that says: something is in here, and no rollup holds."""
    return _entry(stretch, {DIRTY: True})


def rollup_entry(stretch: Stretch, rollups: Iterable[tuple[str, Rollup]]) -> Entry:
    """Give the point of a stretch that holds now."""
    fields: dict[str, Field] = {DIRTY: False, NOTES: ""}
    notes: dict[str, Rollup] = {}
    for quantity, rollup in rollups:
        fields[f"{quantity}_n"] = rollup.n
        fields[f"{quantity}_last"] = float(rollup.last) if type(rollup.last) is int else rollup.last
        if rollup.total is None or rollup.low is None or rollup.high is None or rollup.energy is None:
            continue
        fields[f"{quantity}_sum"] = float(rollup.total)
        fields[f"{quantity}_min"] = float(rollup.low)
        fields[f"{quantity}_max"] = float(rollup.high)
        fields[f"{quantity}_energy"] = rollup.energy
        whole = [part for part in (rollup.total, rollup.low, rollup.high, rollup.last) if type(part) is int]
        if any(abs(part) >= FLOAT_IS_EXACT_BELOW for part in whole):
            notes[quantity] = rollup
    if notes:
        fields[NOTES] = msgspec.json.encode(notes).decode()
    return _entry(stretch, fields)


def rollup_of(row: Mapping[str, Any], quantity: str, kind: ValueType) -> Rollup | None:
    """Read a quantity's rollup back; None when nothing was said of it."""
    at_ms, count = row["time"] // NS_PER_MS, row.get(f"{quantity}_n")
    if not count:
        return None
    if kind == "integer" and (noted := row.get(NOTES)):
        exact = msgspec.json.decode(noted).get(quantity)
        if exact is not None:
            return Rollup(at_ms, *exact[1:])
    last = value_of(row[f"{quantity}_last"], kind)
    if last is None:
        return None
    if kind not in NUMERIC:
        return Rollup(at_ms, int(count), None, None, None, last, None)
    total, low, high, energy = (row[f"{quantity}_{part}"] for part in ("sum", "min", "max", "energy"))
    whole = int if kind == "integer" else float
    return Rollup(at_ms, int(count), whole(total), whole(low), whole(high), last, float(energy))


def _entry(stretch: Stretch, fields: Mapping[str, Field]) -> Entry:
    speaker = stretch.speaker
    name = measurement(speaker.type, stretch.span)
    return Entry(name, speaker.ward, speaker.device, fields, stretch.at_ms * NS_PER_MS)
