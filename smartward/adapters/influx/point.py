"""How an observation lies in a point: a field a quantity, `received_at`, and `notes` for what fields cannot say.

Numbers are floats, whole ones too. `notes` is JSON, empty where there is nothing to note: `later` holds the arrival
of values that came after the point's own `received_at`, `exact` the integers from 2^53 on, which a float would round.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from smartward.adapters.influx.line import Field
from smartward.catalogue.model import ValueType
from smartward.observation import Value

RECEIVED, NOTES = "received_at", "notes"
OWN_FIELDS = frozenset({RECEIVED, NOTES, "time", "ward", "device"})
"""Names that no quantity may have."""

FLOAT_IS_EXACT_BELOW = 2**53


class Notes(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands in the field `notes`."""

    later: dict[str, int] = {}
    exact: dict[str, int] = {}


class Held(msgspec.Struct, frozen=True):
    """What the server has of one device at one instant; `received_ms` is None when it has nothing."""

    values: dict[str, Value] = {}
    received_ms: int | None = None
    notes: Notes = Notes()

    def arrival(self, quantity: str) -> int:
        """Say when a value arrived."""
        return self.notes.later.get(quantity, self.received_ms or 0)


NOTHING = Held()


def held_of(row: Mapping[str, Any], kinds: Mapping[str, ValueType]) -> Held:
    """Read a point back; fields of another kind than the catalogue's are somebody else's and not seen."""
    notes = decode_notes(row.get(NOTES))
    values: dict[str, Value] = {}
    for quantity, kind in kinds.items():
        value = value_of(row.get(quantity), kind, exact=notes.exact.get(quantity))
        if value is not None:
            values[quantity] = value
    received = row.get(RECEIVED)
    return Held(values, int(received) if isinstance(received, int | float) else None, notes)


def value_of(field: Any, kind: ValueType, *, exact: int | None = None) -> Value | None:
    """Give a field as its quantity's own Python type; None when it is empty or of another kind."""
    match kind:
        case "boolean":
            return field if isinstance(field, bool) else None
        case "string":
            return field if isinstance(field, str) else None
    if isinstance(field, bool) or not isinstance(field, int | float):
        return None
    if kind == "number":
        return float(field)
    return exact if exact is not None and float(exact) == float(field) else int(field)


def fields_of(
    values: Mapping[str, Value], *, received_ms: int, arrivals: Mapping[str, int], held: Held
) -> dict[str, Field]:
    """Lay changed values over what is held, and give the fields to write; InfluxDB keeps those that are not written.

    They arrived at `received_ms`, or as `arrivals` says; there is one value at least.
    """
    fields: dict[str, Field] = {} if held.received_ms is not None else {RECEIVED: received_ms}
    later, exact = dict(held.notes.later), dict(held.notes.exact)
    for quantity, value in values.items():
        if type(value) is int:
            fields[quantity] = float(value)
            exact.pop(quantity, None)
            if abs(value) >= FLOAT_IS_EXACT_BELOW:
                exact[quantity] = value
        else:
            fields[quantity] = value
    first_ms = received_ms if held.received_ms is None else held.received_ms
    if arrivals or held is not NOTHING:
        for quantity in values:
            arrived_ms = arrivals.get(quantity, received_ms)
            later.pop(quantity, None)
            if arrived_ms != first_ms:
                later[quantity] = arrived_ms
    if later != held.notes.later or exact != held.notes.exact:
        fields[NOTES] = encode_notes(Notes(later, exact))
    return fields


def encode_notes(notes: Notes) -> str:
    """Write notes; nothing to note is an empty word."""
    return msgspec.json.encode(notes, order="deterministic").decode() if notes != Notes() else ""


def decode_notes(field: Any) -> Notes:
    """Read notes; what is not ours says nothing."""
    if not isinstance(field, str) or not field:
        return Notes()
    try:
        return msgspec.json.decode(field, type=Notes)
    except msgspec.MsgspecError:
        return Notes()
