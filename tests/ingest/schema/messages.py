"""Messages from and around our schemas, for hypothesis, and a validator that reads patterns as ECMA 262 does."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from ingest.schema.documents import schemas
from ingest.schema.wire import Schema
from smartward.catalogue import load

SCHEMAS = schemas(load())
MOST = 4
"""Elements of a generated list; what longer ones do has a test of its own."""

junk = (
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
    | st.text(max_size=300)
    | st.lists(st.integers(0, 9), max_size=2)
    | st.dictionaries(st.text(max_size=4), st.integers(0, 9), max_size=2)
)


def _pattern(_: object, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


EcmaValidator = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]  # its stubs
VALIDATORS = {name: EcmaValidator(schema) for name, schema in SCHEMAS.items()}


def accepts(name: str, body: object) -> bool:
    """Tell whether a document takes a message."""
    return bool(VALIDATORS[name].is_valid(body))


def from_schema(schema: Schema, *, root: Schema) -> st.SearchStrategy[Any]:
    """Make messages that a schema takes; it knows the keywords that our schemas use."""
    if "$ref" in schema:
        return from_schema(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root=root)
    if "anyOf" in schema:
        return st.one_of([from_schema(part, root=root) for part in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] in ("array", "object"):
        return _lists(schema, root=root) if schema["type"] == "array" else _objects(schema, root=root)
    return _scalars(schema)


@st.composite
def around(draw: st.DrawFn, messages: st.SearchStrategy[Any]) -> Any:
    """Make messages, half of them with one thing changed somewhere: replaced, removed, added or stretched."""
    message = copy.deepcopy(draw(messages))
    if draw(st.booleans()):
        return message
    holders = list(_holders(message))
    holder, key = draw(st.sampled_from(holders)) if holders else ({}, None)
    if key is None:
        return draw(junk)
    match draw(st.sampled_from(["replace", "remove", "add", "stretch"])):
        case "remove":
            del holder[key]
        case "add" if isinstance(holder, dict):
            holder[draw(st.text(max_size=6))] = draw(junk)
        case "stretch" if isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
            holder[key] = draw(st.sampled_from([-1, 2, 1000])) * holder[key] + draw(st.sampled_from([0, 1]))
        case _:
            holder[key] = draw(junk)
    return message


def _scalars(schema: Schema) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum"), schema.get("maximum")
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "null": st.none(),
        "boolean": st.booleans(),
        "string": _texts(schema),
    }
    if schema["type"] == "integer":
        return st.integers(-(2**62) if low is None else low, 2**62 if high is None else high)
    if schema["type"] == "number":
        return st.floats(low, high, allow_nan=False, allow_infinity=False)
    return kinds[schema["type"]]


def _lists(schema: Schema, *, root: Schema) -> st.SearchStrategy[list[Any]]:
    return st.lists(from_schema(schema["items"], root=root), max_size=min(MOST, schema["maxItems"]))


def _texts(schema: Schema) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        refused = schema.get("not", {}).get("enum", [])
        pattern = re.sub(r"\$$", r"\\Z", schema["pattern"])
        return st.from_regex(pattern, fullmatch=True).filter(lambda text: text not in refused)
    return st.text(max_size=schema.get("maxLength", 30))


def _objects(schema: Schema, *, root: Schema) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: from_schema(field, root=root) for name, field in schema.get("properties", {}).items()}
    required = {name: fields.pop(name) for name in schema.get("required", ())}
    named: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(required, optional=fields)
    others = schema.get("additionalProperties", True)
    if isinstance(others, dict):
        more = st.dictionaries(st.text(max_size=6), from_schema(others, root=root), max_size=MOST)
        named = st.builds(lambda some, rest: {**rest, **some}, named, more)
    return named.filter(lambda found: len(found) >= schema.get("minProperties", 0))


def _holders(message: Any) -> Iterator[tuple[Any, Any]]:
    """Go through every place in a message that holds something."""
    places = message.items() if isinstance(message, dict) else enumerate(message) if isinstance(message, list) else ()
    for key, part in places:
        yield message, key
        yield from _holders(part)
