"""Values as the telemetry stores keep them: each of its quantity's own type, or refused in plain words."""

from __future__ import annotations

import math
import sys

from smartward.catalogue.model import Catalogue, ValueType
from smartward.observation import Value
from smartward.ports import StoredEvent, StoredObservation

Kinds = dict[str, dict[str, ValueType]]
"""Of each device type, the type of each quantity's values."""

PYTHON_TYPE: dict[ValueType, type[Value]] = {"number": float, "integer": int, "boolean": bool, "string": str}
INTEGER_LIMIT = 2**63
FIRST_MS, END_MS = -62_000_000_000_000, 253_000_000_000_000
"""Instants kept lie in the years 5 to 9987: every local day around them has a date."""


def kinds_of(catalogue: Catalogue) -> Kinds:
    """List the value types of a catalogue."""
    return {name: {q.name: q.type for q in kind.quantities} for name, kind in catalogue.types.items()}


def kept_values(observation: StoredObservation, kinds: Kinds) -> dict[str, Value]:
    """Bring an observation's values to their quantities' types; raises ValueError for what validation lets not pass."""
    known = kinds.get(observation.type)
    if known is None:
        raise ValueError(
            f"device {observation.device}: no type {observation.type} in the catalogue; add it there first"
        )
    check_instant(observation.observed_ms, device=observation.device)
    values: dict[str, Value] = {}
    for quantity, value in observation.values.items():
        kind = known.get(quantity)
        if kind is None:
            raise ValueError(
                f"device {observation.device}: type {observation.type} has no quantity {quantity}; "
                "add it to the catalogue first"
            )
        kept = kept_value(value, kind)
        if kept is None:
            raise ValueError(
                f"device {observation.device}: {quantity} = {value!r:.80} is not a {kind} that can be kept"
            )
        values[quantity] = kept
    return values


def kept_value(value: Value, kind: ValueType) -> Value | None:
    """Give a value as its kind's own Python type; None when it is of another kind or cannot be kept exactly.

    A whole number passes as `number`; nothing else changes kind, so `True` is never 1. Numbers are finite,
    integers fit 64 bits, words are UTF-8.
    """
    if kind == "number" and type(value) is int and abs(value) <= sys.float_info.max:
        value = float(value)
    if type(value) is not PYTHON_TYPE[kind]:
        return None
    match value:
        case float():
            return value if math.isfinite(value) else None
        case bool() | int():
            return value if -INTEGER_LIMIT <= value < INTEGER_LIMIT else None
        case str():
            return value if _is_utf8(value) else None


def check_event(stored: StoredEvent) -> None:
    """Refuse an event that could not be given back as it is; raises ValueError."""
    event = stored.event
    check_instant(stored.received_ms if event.observed_ms is None else event.observed_ms, device=event.device)
    for name, value in {**event.values, "confidence": event.confidence, "dwell_s": event.dwell_s}.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"device {event.device}: event {event.event_id} has {name} = {value}; numbers are finite")


def check_instant(at_ms: int, *, device: str) -> None:
    """Refuse an instant that no calendar reaches; raises ValueError."""
    if not FIRST_MS <= at_ms < END_MS:
        raise ValueError(f"device {device}: observed_ms = {at_ms} lies outside the years 5 to 9987; send milliseconds")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
