"""A change that would break a device or a reader is found and named; one that would not is passed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.schema.asyncapi import asyncapi
from ingest.schema.compatible import Kind, Schema, channels_compatible, compatible, readable
from ingest.schema.documents import SPOKEN_BY_THE_SERVER
from smartward.catalogue import load
from tests.ingest.schema.messages import SCHEMAS

BASELINE = Path(__file__).parents[3] / "docs" / "contract" / "baseline"
PUBLISHED = sorted(path.stem for path in (BASELINE / "schemas").glob("*.json"))
REMEDY = (
    "This breaks who speaks or reads by the published contract: keep the old form, or publish it under a new root of"
    " topics and then: smartward schema export docs/contract/baseline"
)

DEPTH = {"type": "number", "minimum": 0, "maximum": 5, "x-unit": "m"}
OLD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "depth": DEPTH,
        "status": {"enum": ["ok", "bad"]},
        "zone": {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]},
        "id": {"$ref": "#/$defs/Id"},
        "list": {"type": "array", "maxItems": 9, "items": {"type": "integer"}},
    },
    "required": ["depth"],
    "$defs": {"Id": {"type": "string", "pattern": "^a$"}},
}


def changed(**fields: Schema) -> dict[str, Any]:
    """Give the old schema with other fields."""
    return OLD | {"properties": OLD["properties"] | fields}


@pytest.mark.parametrize(
    ("new", "kind", "where"),
    [
        (OLD | {"properties": {"depth": DEPTH}}, Kind.REMOVED, "payload.status"),
        (OLD | {"required": ["depth", "zone"]}, Kind.REQUIRED, "payload.zone"),
        (OLD | {"additionalProperties": False}, Kind.NARROWED, "payload"),
        (OLD | {"additionalProperties": {"type": "string"}}, Kind.RETYPED, "payload.*"),
        (OLD | {"$defs": {"Id": {"type": "string", "pattern": "^b$"}}}, Kind.NARROWED, "payload.id"),
        (changed(depth=DEPTH | {"maximum": 4}), Kind.NARROWED, "payload.depth"),
        (changed(depth=DEPTH | {"minimum": 0.1}), Kind.NARROWED, "payload.depth"),
        (changed(depth=DEPTH | {"type": "integer"}), Kind.RETYPED, "payload.depth"),
        (changed(depth=DEPTH | {"x-unit": "cm"}), Kind.MEANING, "payload.depth"),
        (changed(depth=DEPTH | {"multipleOf": 2}), Kind.NARROWED, "payload.depth"),
        (changed(status={"enum": ["ok"]}), Kind.NARROWED, "payload.status"),
        (changed(zone={"type": "string", "maxLength": 9}), Kind.RETYPED, "payload.zone"),
        (
            changed(zone={"anyOf": [{"type": "string", "maxLength": 8}, {"type": "null"}]}),
            Kind.NARROWED,
            "payload.zone",
        ),
        (changed(list={"type": "array", "maxItems": 8, "items": {"type": "integer"}}), Kind.NARROWED, "payload.list"),
        (changed(list={"type": "array", "maxItems": 9, "items": {"type": "string"}}), Kind.RETYPED, "payload.list[]"),
    ],
)
def test_a_change_that_would_refuse_what_was_taken_is_found(new: Schema, kind: Kind, where: str) -> None:
    """By where it is and what it is."""
    assert (kind, where) in {(finding.kind, finding.where) for finding in compatible(OLD, new)}


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        changed(battery={"type": "number"}),
        OLD | {"required": []},
        changed(depth=DEPTH | {"maximum": 6}),
        changed(depth={"type": "number", "x-unit": "m"}),
        changed(depth={"anyOf": [DEPTH, {"type": "null"}], "x-unit": "m"}),
        changed(status={"enum": ["ok", "bad", "worse"]}),
        changed(zone={"type": ["string", "null"]}),
        changed(id={"type": "string"}),
        changed(list={"type": "array", "items": {"type": "number"}}),
        OLD | {"title": "Another word", "description": "for the same"},
    ],
)
def test_a_change_that_takes_all_that_was_taken_is_passed_over(new: Schema) -> None:
    """Adding and widening is safe for who speaks."""
    assert compatible(OLD, new) == []


@pytest.mark.parametrize(
    ("new", "found"),
    [
        (changed(battery={"type": "number"}), set()),
        (OLD | {"required": ["depth", "zone"]}, set()),
        (changed(depth=DEPTH | {"maximum": 4}), set()),
        (OLD | {"required": []}, {(Kind.REQUIRED, "payload.depth")}),
        (changed(depth=DEPTH | {"maximum": 6}), {(Kind.NARROWED, "payload.depth")}),
        (changed(status={"enum": ["ok", "bad", "worse"]}), {(Kind.NARROWED, "payload.status")}),
        (changed(depth=DEPTH | {"x-unit": "cm"}), {(Kind.MEANING, "payload.depth")}),
    ],
)
def test_a_reader_breaks_on_what_it_never_met(new: Schema, found: set[tuple[Kind, str]]) -> None:
    """For what the server says it is the other way round: promising more is safe, keeping less is not."""
    assert {(finding.kind, finding.where) for finding in readable(OLD, new)} == found


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_contract_still_holds_what_was_published(name: str) -> None:
    """A breaking change fails here by its name, before a vendor finds it."""
    published = json.loads((BASELINE / "schemas" / f"{name}.json").read_text(encoding="utf-8"))

    assert name in SCHEMAS, f"the schema {name} is gone. {REMEDY}"
    compare = readable if name in SPOKEN_BY_THE_SERVER else compatible
    assert [str(finding) for finding in compare(published, SCHEMAS[name])] == [], REMEDY


def test_the_topics_still_hold_what_was_published() -> None:
    """Channels, messages, who speaks, QoS and retain."""
    published = json.loads((BASELINE / "asyncapi.json").read_text(encoding="utf-8"))

    assert [str(finding) for finding in channels_compatible(published, asyncapi(load()))] == [], REMEDY


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("channels", "packs", "address"), "ward/{ward}/packs", "channel packs"),
        (("channels", "observations", "messages"), {}, "channel observations"),
        (("channels",), {}, "channel alerts"),
        (("operations", "send_alerts", "action"), "receive", "operation send_alerts"),
        (("operations", "receive_presence", "bindings"), {"mqtt": {"qos": 0}}, "operation receive_presence"),
        (("operations",), {}, "operation send_committed"),
    ],
)
def test_a_changed_topic_is_found(path: tuple[str, ...], value: object, where: str) -> None:
    """By its name."""
    old = asyncapi(load())
    new: dict[str, Any] = json.loads(json.dumps(old))
    holder = new
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value

    assert where in {finding.where for finding in channels_compatible(old, new)}
    assert channels_compatible(old, old) == []
