"""Thresholds: on which side of a rule a value is. Pure.

`clear` is inclusive: gt and ge clear at value <= clear, lt and le at value >= clear. Between the breach and the clear
value an alert neither begins nor ends: hysteresis.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum

from smartward.observation import Value
from smartward.rule import DatedValue, Rule, SiteValue, Threshold


class Side(Enum):
    """Where a value is: over the threshold, back below the clear value, between the two, or nobody knows."""

    BREACH = "breach"
    BETWEEN = "between"
    CLEAR = "clear"
    UNKNOWN = "unknown"


COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
}
RISING, FALLING = frozenset({"gt", "ge"}), frozenset({"lt", "le"})


def resolve(threshold: Threshold | None, *, params: Mapping[str, Value], today: date) -> Value | None:
    """Give the value that a threshold stands for at a device with these parameters on a day; None when it has none."""
    if isinstance(threshold, SiteValue):
        return params.get(threshold.site)
    if isinstance(threshold, tuple):
        return _in_force(threshold, today)
    return threshold


def side_of(rule: Rule, value: Value, *, threshold: Value | None) -> Side:
    """Tell the side of a value; UNKNOWN when there is no threshold or it is of another kind than the value."""
    if threshold is None or isinstance(value, str) != isinstance(threshold, str):
        return Side.UNKNOWN
    if COMPARE[rule.op](value, threshold):
        return Side.BREACH
    clear = _clear_value(rule, threshold)
    if clear is None or isinstance(clear, str) or isinstance(value, str):
        return Side.CLEAR
    is_clear = value <= clear if rule.op in RISING else value >= clear
    return Side.CLEAR if is_clear else Side.BETWEEN


def _clear_value(rule: Rule, threshold: Value) -> Value | None:
    """Give the value at which the alert may end; None: as soon as there is no breach."""
    if rule.op not in RISING | FALLING:
        return None
    if rule.clear is not None:
        return rule.clear
    if rule.clear_below is not None and not isinstance(threshold, str):
        return threshold - rule.clear_below
    return None


def _in_force(dated: tuple[DatedValue, ...], today: date) -> Value | None:
    begun = [entry.value for entry in dated if entry.since <= today]
    return begun[-1] if begun else None
