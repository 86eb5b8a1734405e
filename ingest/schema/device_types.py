"""What each kind of device may say, from the catalogue: its quantities with types, ranges and words; its events."""

from __future__ import annotations

from ingest.schema.wire import Schema, array_of, ref
from ingest.validate import MAX_TEXT
from smartward.catalogue.model import DeviceType, EventType, Quantity


def observation_of(kind: DeviceType, *, among: dict[str, Schema]) -> Schema:
    """Give the schema of a device's one observation; what only the server computes is absent, and so refused."""
    said = [quantity for quantity in kind.quantities if not quantity.is_refused_from_devices]
    values: Schema = {
        "type": "object",
        "minProperties": 1,
        "properties": {quantity.name: _quantity(quantity) for quantity in said},
        "additionalProperties": False,
    }
    generic = among["Observation"]
    titles = {"title": kind.vi, "description": f"{kind.en}: the values of one device at one instant."}
    return generic | titles | {"properties": generic["properties"] | {"values": values}}


def observations_of(kind: DeviceType) -> Schema:
    """Give the schema of what such a device sends on its `obs` topic: one observation or an array of them."""
    one = ref(name_of_one(kind))
    return {"title": kind.vi, "description": f"{kind.en}: what it says.", "anyOf": [one, array_of(one)]}


def name_of_one(kind: DeviceType) -> str:
    """Name the definition of a device's one observation."""
    return f"{kind.type}_observation"


def event_of(kind: DeviceType, *, among: dict[str, Schema]) -> Schema:
    """Give the schema of what such a device sends on its `event` topic: only facts that it may assert."""
    generic = among["Event"]
    words = "; ".join(f"{event.type}: {event.en}{_carried(event)}" for event in kind.events)
    type_ = {"type": "string", "enum": sorted(event.type for event in kind.events), "description": words}
    titles = {"title": kind.vi, "description": f"{kind.en}: a fact that it asserts."}
    return generic | titles | {"properties": generic["properties"] | {"type": type_}}


def _quantity(quantity: Quantity) -> Schema:
    schema: Schema = {"title": quantity.vi, "description": quantity.en, "type": quantity.type}
    if quantity.enum:
        schema["enum"] = list(quantity.enum)
    elif quantity.type == "string":
        schema["maxLength"] = MAX_TEXT
    bounds = {"minimum": quantity.min, "maximum": quantity.max} if quantity.is_numeric else {}
    schema |= {keyword: _whole(bound) for keyword, bound in bounds.items() if bound is not None}
    return schema | {"x-unit": quantity.unit, "x-every-s": quantity.every_s, "x-optional": quantity.optional}


def _whole(bound: float) -> float:
    """Write 5.0 as 5."""
    return int(bound) if bound == int(bound) else bound


def _carried(event: EventType) -> str:
    return f" ({', '.join(event.values)})" if event.values else ""
