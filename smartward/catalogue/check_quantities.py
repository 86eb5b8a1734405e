"""What must hold for quantities: units are UCUM, ranges have an inside, enumerations belong to strings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from smartward import units
from smartward.catalogue.finding import Finding
from smartward.catalogue.model import Quantity
from smartward.observation import Value

SITE = "site."
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_YAML_BOOLEANS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false"})


def check_quantities(
    quantities: tuple[Quantity, ...], *, among: tuple[Quantity, ...], site_param: Mapping[str, Value], file: str
) -> Iterator[Finding]:
    """Find what is wrong with the quantities of one file; `among` holds the common ones as well."""
    names = [quantity.name for quantity in among]
    for quantity in quantities:
        path = f"quantities.{quantity.name}"
        yield from _check_name(quantity, names, file=file, path=path)
        trouble = units.problem(quantity.unit)
        if trouble:
            yield Finding(file, f"{path}.unit", quantity.unit, trouble, "Write a UCUM code, https://ucum.org")
        if quantity.every_s <= 0:
            yield Finding(file, f"{path}.every_s", quantity.every_s, "no interval", "Write seconds greater than 0")
        yield from _check_range(quantity, file=file, path=path)
        yield from _check_inputs(quantity, names, site_param=site_param, file=file, path=path)


def _check_name(quantity: Quantity, names: list[str], *, file: str, path: str) -> Iterator[Finding]:
    if not _NAME.fullmatch(quantity.name) or quantity.name in _YAML_BOOLEANS:
        yield Finding(file, path, quantity.name, "the name is no plain word", "Use a-z, 0-9 and _, and no on, off, no")
    if names.count(quantity.name) > 1:
        yield Finding(file, path, quantity.name, "the name is used twice", "Rename one; common ones count too")


def _check_range(quantity: Quantity, *, file: str, path: str) -> Iterator[Finding]:
    low, high, value = quantity.min, quantity.max, quantity.transient
    if quantity.is_numeric:
        if low is None or high is None:
            yield Finding(file, f"{path}.min", low, "a number without a plausible range", "Write min and max")
        elif low >= high:
            yield Finding(file, f"{path}.min", low, f"min is not below max {high:g}", "Write min < max")
        elif value is not None and not low <= value <= high:
            yield Finding(file, f"{path}.transient", value, "it lies outside min and max", "Widen the range to hold it")
    elif low is not None or high is not None:
        yield Finding(file, f"{path}.min", low, f"a {quantity.type} has no range", "Remove min and max")
    if quantity.type == "string" and not quantity.enum:
        yield Finding(file, f"{path}.enum", quantity.enum, "a string without its words", "List them as enum")
    if quantity.type != "string" and quantity.enum:
        yield Finding(file, f"{path}.enum", quantity.enum, f"a {quantity.type} has no enum", "Remove enum")
    if len(set(quantity.enum)) < len(quantity.enum):
        yield Finding(file, f"{path}.enum", quantity.enum, "a word stands twice", "Remove one")
    if quantity.flatline and not quantity.is_numeric:
        yield Finding(file, f"{path}.flatline", quantity.type, "only a number can stand still", "Remove flatline")


def _check_inputs(
    quantity: Quantity, names: list[str], *, site_param: Mapping[str, Value], file: str, path: str
) -> Iterator[Finding]:
    if quantity.derived == "server" and not quantity.inputs:
        yield Finding(
            file, f"{path}.inputs", quantity.inputs, "nobody knows what it is computed from", "Name its inputs"
        )
    for name in quantity.inputs:
        is_known = name.removeprefix(SITE) in site_param if name.startswith(SITE) else name in names
        if not is_known:
            yield Finding(file, f"{path}.inputs", name, "no such quantity or site parameter", "Correct the name")
        if name == quantity.name:
            yield Finding(file, f"{path}.inputs", name, "it is computed from itself", "Name its real inputs")
