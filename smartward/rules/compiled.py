"""Compiled rules: a device type's rules, indexed by quantity and joined into supersede chains. Pure."""

from __future__ import annotations

import msgspec

from smartward.catalogue.model import Catalogue, DeviceType
from smartward.rule import Rule
from smartward.rules.threshold import COMPARE


class ThresholdRule(msgspec.Struct, frozen=True):
    """A rule that one value decides. `id` is `{type}.{rule}`; the rules of one `chain` share one alert.

    Of those that fire, the one of the highest `rank` speaks.
    """

    id: str
    rule: Rule
    chain: str
    rank: int


class RuleSet(msgspec.Struct, frozen=True):
    """The rules of one device type.

    `transient` holds values that mean "unknown for now" and are never evaluated; `waiting` names the rules of kinds
    that are not evaluated yet.
    """

    by_quantity: dict[str, tuple[ThresholdRule, ...]]
    chains: dict[str, tuple[ThresholdRule, ...]]
    transient: dict[str, float]
    waiting: tuple[str, ...]


def compile_rules(catalogue: Catalogue) -> dict[str, RuleSet]:
    """Compile the rules of every device type."""
    return {name: _compile_type(type_, catalogue.common_rules) for name, type_ in catalogue.types.items()}


def is_threshold(rule: Rule) -> bool:
    """Tell whether one value of a named quantity decides this rule."""
    return rule.op in COMPARE and rule.quantity not in ("", "*") and rule.agg is None and not rule.on_event


def _compile_type(type_: DeviceType, common: tuple[Rule, ...]) -> RuleSet:
    named = {quantity.name for quantity in type_.quantities if quantity.derived != "server"}
    own = [(f"{type_.type}.{rule.id}", rule) for rule in type_.rules]
    shared = [(f"common.{rule.id}", rule) for rule in common if rule.quantity != "*"]
    rules = [(id_, rule) for id_, rule in own + shared if is_threshold(rule) and rule.quantity in named]
    by_id = {rule.id: rule for rule in type_.rules}
    compiled = [_place(id_, rule, by_id) for id_, rule in rules]
    quantities = {name for each in compiled for name in _quantities(each.rule)}
    return RuleSet(
        {name: tuple(each for each in compiled if name in _quantities(each.rule)) for name in quantities},
        {chain: tuple(each for each in compiled if each.chain == chain) for chain in {each.chain for each in compiled}},
        {quantity.name: quantity.transient for quantity in type_.quantities if quantity.transient is not None},
        tuple(sorted(id_ for id_, _ in own if id_ not in {each.id for each in compiled})),
    )


def _place(id_: str, rule: Rule, by_id: dict[str, Rule]) -> ThresholdRule:
    """Find a rule's chain, named after its lowest rule, and its rank in it."""
    rank, lowest = 0, rule
    while lowest.supersedes in by_id:
        rank, lowest = rank + 1, by_id[lowest.supersedes]
    return ThresholdRule(id_, rule, f"{id_.split('.', maxsplit=1)[0]}.{lowest.id}", rank)


def _quantities(rule: Rule) -> tuple[str, ...]:
    return (rule.quantity, rule.and_.quantity) if rule.and_ else (rule.quantity,)
