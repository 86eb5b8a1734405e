"""Whether a changed schema still takes every message that the old one took, and tells its readers nothing new.

Adding an optional field is safe. Removing or renaming one, narrowing a type, range or list of words, asking for a
field that could be left out, and measuring in another unit are findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

Schema = Mapping[str, Any]

_ANY = frozenset({"null", "boolean", "number", "string", "array", "object"})
_LOWER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_UPPER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
_STRUCTURE = frozenset({"type", "enum", "required", "properties", "additionalProperties", "items", "anyOf", "$defs"})
_WORDS = frozenset({"title", "description", "default", "examples", "format", "$schema", "$id"})
"""Keywords that tell, and refuse nothing."""


class Kind(Enum):
    """What sort of change breaks somebody."""

    REMOVED = "removed"
    REQUIRED = "required"
    NARROWED = "narrowed"
    RETYPED = "retyped"
    MEANING = "meaning"


_WIDER = (Kind.REQUIRED, Kind.NARROWED, Kind.RETYPED)
"""Seen from the new schema towards the old one, these are what a reader of the old one never had to expect."""


class Finding(NamedTuple):
    """One change that breaks somebody: where in the payload, and what it is in plain words."""

    kind: Kind
    where: str
    what: str

    def __str__(self) -> str:
        """Write it in one line."""
        return f"{self.where}: {self.what}"


def compatible(old: Schema, new: Schema) -> list[Finding]:
    """Find what somebody who speaks by the old schema may say that the new one refuses, misreads or does not know."""
    return list(_Sides(old, new).changes(old, new, where="payload"))


def readable(old: Schema, new: Schema) -> list[Finding]:
    """Find what somebody who reads by the old schema relied on that the new one does not keep.

    A reader passes over new fields; it breaks on fields that are gone or may be left out, and on wider types.
    """
    gone = [finding for finding in compatible(old, new) if finding.kind in (Kind.REMOVED, Kind.MEANING)]
    wider = [finding for finding in compatible(new, old) if finding.kind in _WIDER]
    return gone + [
        Finding(kind, where, f"a reader of the old one relies on this: {what}") for kind, where, what in wider
    ]


def channels_compatible(old: Schema, new: Schema) -> list[Finding]:
    """Find topics, messages and operations of an AsyncAPI document that are gone or changed; payloads aside."""
    findings = []
    for name, channel in old["channels"].items():
        found = new["channels"].get(name)
        if found is None:
            findings.append(Finding(Kind.REMOVED, f"channel {name}", "it is gone"))
            continue
        if found["address"] != channel["address"]:
            what = f"its topic {channel['address']} became {found['address']}"
            findings.append(Finding(Kind.MEANING, f"channel {name}", what))
        missing = sorted(channel["messages"].keys() - found["messages"].keys())
        findings += [Finding(Kind.REMOVED, f"channel {name}", f"its message {message} is gone") for message in missing]
    for name, operation in old["operations"].items():
        found = new["operations"].get(name)
        if found is None:
            findings.append(Finding(Kind.REMOVED, f"operation {name}", "it is gone"))
            continue
        for key in ("action", "channel", "bindings"):
            if found[key] != operation[key]:
                what = f"{key} {operation[key]} became {found[key]}"
                findings.append(Finding(Kind.MEANING, f"operation {name}", what))
    return findings


class _Sides(NamedTuple):
    """Two documents side by side; a `$ref` is followed in its own. Their schemas may not contain themselves."""

    old_root: Schema
    new_root: Schema

    def changes(self, old: Schema, new: Schema, *, where: str) -> Iterator[Finding]:
        """Give what the new schema refuses, or no longer knows, of what the old one took."""
        before, after = _alternatives(old, self.old_root), _alternatives(new, self.new_root)
        for alternative in before:
            attempts = [list(self._plain_changes(alternative, other, where=where)) for other in after]
            yield from min(attempts, key=lambda findings: (_is_retyped(findings, where=where), len(findings)))

    def _plain_changes(self, old: Schema, new: Schema, *, where: str) -> Iterator[Finding]:
        """Compare two schemas without alternatives."""
        if not _types(old) <= _types(new) | ({"integer"} if "number" in _types(new) else set()):
            what = f"{old.get('type', 'any type')} was taken; now {new.get('type', 'any type')}"
            yield Finding(Kind.RETYPED, where, what)
            return
        yield from _word_changes(old, new, where=where)
        yield from _bound_changes(old, new, where=where)
        yield from self._field_changes(old, new, where=where)
        if "items" in new:
            yield from self.changes(old.get("items", {}), new["items"], where=f"{where}[]")

    def _field_changes(self, old: Schema, new: Schema, *, where: str) -> Iterator[Finding]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield Finding(Kind.REQUIRED, f"{where}.{name}", "it could be left out, and must be there now")
        for name, schema in before.items():
            if name in after:
                yield from self.changes(schema, after[name], where=f"{where}.{name}")
            else:
                yield Finding(Kind.REMOVED, f"{where}.{name}", "it is gone (a renamed field is a removed one)")
        others_before, others_after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if others_before is False or others_after is True:
            return
        if others_after is False:
            yield Finding(Kind.NARROWED, where, "fields without a name here were taken, and are refused now")
        else:
            yield from self.changes({} if others_before is True else others_before, others_after, where=f"{where}.*")


def _word_changes(old: Schema, new: Schema, *, where: str) -> Iterator[Finding]:
    """Compare lists of words, units, and every keyword that we cannot weigh: those may not change at all."""
    if "enum" in new:
        lost = [str(word) for word in old["enum"] if word not in new["enum"]] if "enum" in old else ["any other"]
        if lost:
            yield Finding(Kind.NARROWED, where, f"no longer taken: {', '.join(lost)}")
    if old.get("x-unit") != new.get("x-unit"):
        yield Finding(Kind.MEANING, where, f"its unit {old.get('x-unit')} became {new.get('x-unit')}")
    for keyword in sorted(new.keys() - _STRUCTURE - _LOWER - _UPPER - _WORDS):
        if not keyword.startswith("x-") and new[keyword] != old.get(keyword):
            what = f"{keyword} {old.get(keyword, 'nothing')} became {new[keyword]}"
            yield Finding(Kind.NARROWED, where, what)


def _bound_changes(old: Schema, new: Schema, *, where: str) -> Iterator[Finding]:
    for keyword in sorted(new.keys() & (_LOWER | _UPPER)):
        before, after = old.get(keyword), new[keyword]
        if before is None or (after > before if keyword in _LOWER else after < before):
            yield Finding(Kind.NARROWED, where, f"{keyword} {'nothing' if before is None else before} became {after}")


def _alternatives(schema: Schema, root: Schema) -> list[Schema]:
    """List the schemas of which any is enough; references followed."""
    while "$ref" in schema:
        target: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    shared = {keyword: part for keyword, part in schema.items() if keyword != "anyOf"}
    if "anyOf" in schema:
        return [{**shared, **found} for part in schema["anyOf"] for found in _alternatives(part, root)]
    if isinstance(schema.get("type"), list):
        return [{**shared, "type": name} for name in schema["type"]]
    return [schema]


def _types(schema: Schema) -> set[str]:
    return {schema["type"]} if "type" in schema else set(_ANY)


def _is_retyped(findings: list[Finding], *, where: str) -> bool:
    """Tell whether two alternatives are not even of one type: another pair explains the change better."""
    return any(finding.kind is Kind.RETYPED and finding.where == where for finding in findings)
