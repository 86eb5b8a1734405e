"""Example payloads: one for each kind of device, from its quantities' ranges, such as its maker would send."""

from __future__ import annotations

import math
from typing import Any

from smartward.catalogue.model import Catalogue, DeviceType, Quantity
from smartward.observation import Value

AT = "2026-11-23T14:00:00+07:00"
"""When the examples were true."""
AT_MS = 1_795_417_200_000
_SHARE = 0.3
"""How far into its range an example lies: neither end, nor the middle that some sensors show when they are broken."""
_DIGITS = 3


def examples(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """Give an example by the name of its schema: an observation of every type, an event where it asserts any."""
    found = {}
    for kind in catalogue.types.values():
        found[f"{kind.type}.observation"] = observation(kind)
        if kind.events:
            found[f"{kind.type}.event"] = event(kind)
    return dict(sorted(found.items()))


def observation(kind: DeviceType) -> dict[str, Any]:
    """Give one observation with every quantity that the device itself may say."""
    said = [quantity for quantity in kind.quantities if not quantity.is_refused_from_devices]
    return {"at": AT, "values": {quantity.name: _value(quantity) for quantity in said}}


def event(kind: DeviceType) -> dict[str, Any]:
    """Give the first fact that the device may assert."""
    first = kind.events[0]
    return {
        "event_id": "7b1e8a52-54a0-4ea8-9c0e-0d6bb7f7a111",
        "type": first.type,
        "at": AT,
        "confidence": 0.9,
        "values": dict.fromkeys(first.values, "example"),
    }


def _value(quantity: Quantity) -> Value:
    if quantity.type == "boolean":
        return False
    if quantity.type == "string":
        return quantity.enum[0] if quantity.enum else "example"
    low = 0.0 if quantity.min is None else quantity.min
    high = max(low, 0.0) + 1 if quantity.max is None else quantity.max
    value = _rounded(low + _SHARE * (high - low))
    return math.floor(value) if quantity.type == "integer" else value


def _rounded(value: float) -> float:
    """Keep three significant digits, downwards: still inside the range."""
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - _DIGITS + 1)
    return round(math.floor(value / step) * step, 12)
