"""Each payload as a JSON Schema document that stands alone."""

from __future__ import annotations

from ingest.schema.device_types import event_of, name_of_one, observation_of, observations_of
from ingest.schema.wire import Schema, array_of, definitions, parts_of, ref
from smartward.catalogue.model import Catalogue

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PAYLOADS = {
    "observation": "Observation",
    "event": "Event",
    "pack": "Pack",
    "presence": "Presence",
    "committed": "Committed",
    "alert": "Alert",
}
"""The definition that each payload's document holds."""
SPOKEN_BY_THE_SERVER = frozenset({"committed", "alert"})
"""What others read: it may never say less than before."""


def parts(catalogue: Catalogue) -> dict[str, Schema]:
    """Give every definition that payloads are made of, by its name."""
    known = definitions()
    ones = {name_of_one(kind): observation_of(kind, among=known) for kind in catalogue.types.values()}
    return dict(sorted((known | ones).items()))


def payloads(catalogue: Catalogue, *, among: dict[str, Schema]) -> dict[str, Schema]:
    """Give every payload by its name: those of the wire, then `{type}.observation` and `{type}.event`."""
    found = {name: among[definition] for name, definition in PAYLOADS.items()}
    found["observations"] = {
        "title": "Observations",
        "description": "As many observations of one device as one message may hold.",
        **array_of(ref("Observation")),
    }
    for kind in catalogue.types.values():
        found[f"{kind.type}.observation"] = observations_of(kind)
        if kind.events:
            found[f"{kind.type}.event"] = event_of(kind, among=among)
    return dict(sorted(found.items()))


def schemas(catalogue: Catalogue) -> dict[str, Schema]:
    """Give every payload as a JSON Schema document that needs no other, by its name."""
    known = parts(catalogue)
    return {name: _standing_alone(name, schema, known) for name, schema in payloads(catalogue, among=known).items()}


def _standing_alone(name: str, schema: Schema, known: dict[str, Schema]) -> Schema:
    heading = {"$schema": DIALECT, "$id": f"urn:smartward:v1:{name}"}
    needed = parts_of(schema, among=known)
    return heading | schema | ({"$defs": needed} if needed else {})
