"""The wire's payloads as JSON Schema: the types that decode reads, narrowed by the limits that ingest holds.

A schema of ours uses only keywords that mean the same in JSON Schema 2020-12 and in AsyncAPI 3 (draft 07), and
patterns that every engine knows (no look-ahead), so that a vendor's tools take them as they are.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import msgspec

from ingest.decode import LARGEST, LARGEST_THINNED, MAX_OBSERVATIONS, PresenceClaim, _Event, _Observation, _Pack
from ingest.schema.spoken import Committed, OpenAlert
from ingest.validate import MAX_TEXT
from smartward import pack, topics
from smartward.observation import Value

Schema = dict[str, Any]
"""A JSON Schema: by its nature a mapping of keywords to anything JSON can hold."""

REF = "#/$defs/"
TYPES = {
    "Observation": _Observation,
    "Event": _Event,
    "Pack": _Pack,
    "Presence": PresenceClaim,
    "Committed": Committed,
    "Alert": OpenAlert,
}
"""The type that each payload is read into, or written from."""
SAID = {
    "Observation": "The values of one device at one instant. Readers ignore fields they do not know.",
    "Event": "An immutable fact that the edge asserts, known for ever by its event_id.",
    "Pack": "One numbered message of an edge agent: what many devices said. seq is contiguous within a boot, from 1.",
}
"""What those are that decode keeps to itself."""

FIRST_MS, LAST_MS = 10**11, 10**14 - 1
"""What `ingest.decode` takes for milliseconds; a smaller number would be seconds, a larger one microseconds."""
_INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}
_WITHIN = {"minimum": -LARGEST, "maximum": LARGEST}
_DATE = (
    "[12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))"
)
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

INSTANT: Schema = {
    "description": "When it was true: RFC 3339 with an offset, or whole milliseconds since 1970; null or missing is the"
    " arrival. At most 5 minutes ahead and 30 days old (in a pack: 400 days).",
    "anyOf": [
        {"type": "null"},
        {"type": "string", "format": "date-time", "pattern": f"^{_DATE}T{_TIME}$"},
        {"type": "integer", "minimum": FIRST_MS, "maximum": LAST_MS},
    ],
}
ID: Schema = {
    "description": "The id of a ward, gateway, device or outbox.",
    "type": "string",
    "pattern": f"^{topics.ID.pattern}$",
    "not": {"enum": sorted(topics.RESERVED)},
}


def ref(name: str) -> Schema:
    """Point to a definition."""
    return {"$ref": REF + name}


def definitions() -> dict[str, Schema]:
    """Give the schema of every payload and of its parts, by name."""
    _, components = msgspec.json.schema_components(TYPES.values(), ref_template=REF + "{name}")
    named = {type_.__name__: name for name, type_ in TYPES.items()}
    found = {named.get(name, name): _tidied(schema, name=named.get(name, name)) for name, schema in components.items()}
    found |= {"Instant": INSTANT, "Id": ID, "Value": _value()}
    for name, fields in _narrower().items():
        found[name]["properties"] |= fields
    found["PackObservation"] = _in_a_pack(found["Observation"], "PackObservation")
    found["PackEvent"] = _in_a_pack(found["Event"], "PackEvent")
    return dict(sorted(found.items()))


def array_of(schema: Schema) -> Schema:
    """Give the schema of as many as one message may hold."""
    return {"type": "array", "maxItems": MAX_OBSERVATIONS, "items": schema}


def parts_of(schema: Schema, *, among: Mapping[str, Schema]) -> dict[str, Schema]:
    """Find every definition that a schema needs, directly or through others."""
    needed: dict[str, Schema] = {}
    waiting = [schema]
    while waiting:
        for name in _names_in(waiting.pop()):
            if name not in needed:
                needed[name] = among[name]
                waiting.append(among[name])
    return dict(sorted(needed.items()))


def _narrower() -> dict[str, dict[str, Schema]]:
    """List what decode and validate hold beyond the types, field by field."""
    values: Schema = {"type": "object", "additionalProperties": ref("Value")}
    facts = {
        "at": ref("Instant"),
        "device": {"type": "string", "description": "Passed over: the topic names the device."},
    }
    return {
        "Observation": {"values": values | {"minProperties": 1}, **facts},
        "Event": {
            "event_id": {"type": "string", "format": "uuid", "pattern": f"^{_UUID}$"},
            "values": values,
            "confidence": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "null"}]},
            **facts,
        },
        "Pack": {
            "boot": ref("Id"),
            "seq": {"type": "integer", "minimum": 1, "maximum": LARGEST},
            "obs": {"type": "array", "maxItems": pack.MAX_OBSERVATIONS, "items": ref("PackObservation")},
            "events": {
                "type": "array",
                "maxItems": MAX_OBSERVATIONS - pack.MAX_OBSERVATIONS,
                "items": ref("PackEvent"),
            },
            "thinned": {
                "type": "object",
                "description": "Observations that the edge had to give up, by device: it explains a gap.",
                "additionalProperties": {"type": "integer", "minimum": 0, "maximum": LARGEST_THINNED},
            },
        },
        "Snapshot": {"bytes": {"type": "integer", "minimum": 0, "maximum": LARGEST}},
        "Presence": {
            "boot": {"anyOf": [ref("Id"), {"type": "string", "enum": [""]}], "default": ""},
            "at": ref("Instant"),
            "oldest": {"type": "integer", "minimum": 0, "maximum": LARGEST, "default": 0},
        },
    }


def _value() -> Schema:
    """Give the schema of any one value: a truth, a number or a short text."""
    schema = msgspec.json.schema(Value)
    limits: dict[str, Schema] = {"string": {"maxLength": MAX_TEXT}, "integer": _WITHIN, "number": _WITHIN}
    return {"anyOf": [kind | limits.get(kind["type"], {}) for kind in schema["anyOf"]]}


def _in_a_pack(schema: Schema, name: str) -> Schema:
    """Give what a pack holds of this: the same, and its device has to be named."""
    properties = schema["properties"] | {"device": ref("Id")}
    return schema | {"title": name, "properties": properties, "required": ["device", *schema["required"]]}


def _tidied(schema: Any, *, name: str = "") -> Any:
    """Write msgspec's schema as we publish it: whole numbers within 64 bits, plain words, no keyword beside a $ref."""
    if isinstance(schema, list):
        return [_tidied(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    tidied = {keyword: _tidied(part) for keyword, part in schema.items()}
    if name:
        tidied["title"] = name
        described = SAID.get(name) or schema.get("description", "")
        tidied["description"] = " ".join(inspect.cleandoc(described).split())
    if schema.get("type") == "integer":
        tidied |= _INT64
    return tidied


def _names_in(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for part in schema for name in _names_in(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].removeprefix(REF)] if isinstance(schema.get("$ref"), str) else []
    return own + [name for part in schema.values() for name in _names_in(part)]
