"""The documents say what the code holds: quantities, ranges and words, and what our own programs really send."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from edge.presence import last_will, offline, online
from ingest.schema.documents import schemas
from smartward import pack, topics
from smartward.catalogue import load
from smartward.event import Event, Phase, Snapshot
from smartward.observation import Observation
from smartward.pack import Pack
from tests.ingest.schema.messages import SCHEMAS, accepts
from tests.ingest.world import NOON, TestWard

CATALOGUE = load()
BOOT = "b1"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_each_document_is_a_json_schema_that_needs_no_other(name: str) -> None:
    """A vendor opens one file, offline."""
    Draft202012Validator.check_schema(SCHEMAS[name])

    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert all(part.startswith("#/$defs/") for part in references(SCHEMAS[name]))


def references(schema: object) -> list[str]:
    """List what a schema refers to."""
    if isinstance(schema, list):
        return [found for part in schema for found in references(part)]
    if not isinstance(schema, dict):
        return []
    own = [str(schema["$ref"])] if "$ref" in schema else []
    return own + [found for part in schema.values() for found in references(part)]


def test_there_is_a_document_for_every_payload_and_every_device_type() -> None:
    """Nothing that travels is left out."""
    wire = {"observation", "observations", "event", "pack", "presence", "committed", "alert"}
    typed = {f"{kind.type}.observation" for kind in CATALOGUE.types.values()}
    facts = {f"{kind.type}.event" for kind in CATALOGUE.types.values() if kind.events}

    assert set(schemas(CATALOGUE)) == wire | typed | facts


@pytest.mark.parametrize("kind", CATALOGUE.types.values(), ids=sorted(CATALOGUE.types))
def test_a_types_quantities_stand_with_their_limits_and_what_the_server_derives_does_not(kind: object) -> None:
    """Range, words and unit are the catalogue's own."""
    type_ = CATALOGUE.types[getattr(kind, "type", "")]
    values = SCHEMAS[f"{type_.type}.observation"]["$defs"][f"{type_.type}_observation"]["properties"]["values"]

    assert set(values["properties"]) == {q.name for q in type_.quantities if q.derived != "server"}
    for quantity in (quantity for quantity in type_.quantities if quantity.derived != "server"):
        said = values["properties"][quantity.name]
        assert (said["type"], said["x-unit"]) == (quantity.type, quantity.unit)
        assert (said.get("minimum"), said.get("maximum")) == (quantity.min, quantity.max)
        assert said.get("enum", []) == list(quantity.enum)


def test_what_our_own_edge_says_is_accepted() -> None:
    """The documents describe the wire as it is, not as it was meant."""
    observation = Observation("fld-1", {"depth": 0.12, "measured_distance": 2.5}, NOON)
    snapshot = Snapshot("ab" * 32, 20_000)
    event_id = "7b1e8a52-54a0-4ea8-9c0e-0d6bb7f7a111"
    event = Event("cam-1", event_id, "crowd", NOON, 0.7, {"n": 3}, "yard", Phase.UPDATE, 12.5, snapshot)
    packs = (
        Pack(BOOT, 1, (observation, Observation("fld-1", {"depth": 0}))),
        Pack(BOOT, 2, (observation,), (event,)),
        Pack(BOOT, 3, thinned={"fld-1": 20}),
    )

    assert all(accepts("pack", msgspec.json.decode(pack.encode(said))) for said in packs)
    for word in (
        online(session="s", agent="smartward 0.1.0", boot=BOOT, oldest=1, at_ms=NOON),
        offline(session="s", at_ms=NOON),
        last_will("songmay", "gw-1", session="s")[1],
    ):
        assert accepts("presence", msgspec.json.decode(word))


def test_what_the_server_says_is_accepted_field_by_field(tmp_path: Path) -> None:
    """Committed values and alerts are taken from the bus; a field that they gained or lost would show here."""
    ward = TestWard(tmp_path)
    ward.say(topics.pack("songmay", "gw-1"), {"boot": BOOT, "seq": 1, "obs": [], "events": []})
    for _ in range(30):
        ward.say_depth(0.9)
        ward.clock.advance(ms=60_000)
        ward.settle()
    heard = ward.listener.heard
    ward.kill()

    committed = [msgspec.json.decode(said.payload) for said in heard if "/committed/" in said.topic]
    alerts = [msgspec.json.decode(said.payload) for said in heard if "/alerts/" in said.topic and said.payload]

    assert committed
    assert alerts
    for name, said in (("committed", committed), ("alert", alerts)):
        assert all(accepts(name, word) for word in said), said
        assert all(set(word) == set(SCHEMAS[name]["properties"]) for word in said)
