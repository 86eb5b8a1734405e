"""Catalogue text: YAML that a person wrote, parsed strictly into frozen types with errors that name the line."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, TypeVar

import msgspec
import yaml

from smartward.errors import CatalogueError

T = TypeVar("T")

_FastLoader: type[yaml.CSafeLoader | yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_AT = re.compile(r"^(?P<problem>.*?)(?: - at `(?:key in )?(?P<path>\$.*)`)?$", re.DOTALL)


class _StrictLoader(_FastLoader):  # type: ignore[misc, valid-type]  # the base is chosen by what PyYAML was built with
    """A YAML loader that refuses a key written twice; plain YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  # PyYAML's signature
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) < len(node.value):
            keys = [key.value for key, _ in node.value]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise yaml.constructor.ConstructorError(None, None, f"{twice} is written twice", node.start_mark)
        return mapping


def parse(text: str, into: type[T], *, file: str) -> T:
    """Read one YAML document into a frozen type; unknown and repeated keys are refused.

    Raises CatalogueError as `file:line: path: problem. remedy`.
    """
    try:
        raw = yaml.load(text, Loader=_StrictLoader)  # noqa: S506  # a SafeLoader underneath
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogueError(f"{file}:{line}: {error.problem}. Correct the YAML of this line.") from error
    try:
        return msgspec.convert(raw, into)
    except msgspec.ValidationError as error:
        raise CatalogueError(_explain(str(error), text, raw, file=file)) from error


def _explain(message: str, text: str, raw: object, *, file: str) -> str:
    found = _AT.match(message)
    problem, path = (found["problem"], found["path"] or "$") if found else (message, "$")
    line, value = _locate(text, raw, path)
    remedy = "Write what the type asks for; catalogue/model.py lists the fields"
    if "unknown field" in problem:
        remedy = "Remove the field or correct its name; catalogue/model.py lists them"
    elif isinstance(value, bool) and "str" in problem:
        remedy = 'YAML reads on, off, yes and no as true and false: write it in quotes, "on"'
    elif "missing required" in problem:
        remedy = "Add the field"
    shown = f", value {value!r}" if not isinstance(value, dict | list) else ""
    return f"{file}:{line}: {path.removeprefix('$').lstrip('.') or 'document'}: {problem}{shown}. {remedy}."


def _locate(text: str, raw: object, path: str) -> tuple[int, object]:
    """Walk a msgspec path such as `$.rules[2].op` in the document; give the line it begins at and the value there."""
    node: yaml.Node | None = yaml.compose(text, Loader=_FastLoader)
    line = 1
    for name, position in _STEP.findall(path):
        if isinstance(node, yaml.MappingNode) and isinstance(raw, dict) and name in raw:
            node, raw = next(value for key, value in node.value if key.value == name), raw[name]
        elif isinstance(node, yaml.SequenceNode) and isinstance(raw, list) and position.isdigit():
            node, raw = node.value[int(position)], raw[int(position)]
        else:
            break
    if node is not None:
        line = node.start_mark.line + 1
    return line, raw
