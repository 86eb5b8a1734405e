"""Profiles: an operating profile laid over the catalogue, which only shortens intervals and holds."""

from __future__ import annotations

import msgspec

from smartward.catalogue.model import COMMON, PLATFORM, Catalogue, DeviceType, Profile, Quantity
from smartward.errors import CatalogueError
from smartward.rule import Rule

CHANGEABLE = ("for_s", "clear_for_s", "min_s", "will_s", "cooldown_s", "window_s")


def lay_over(catalogue: Catalogue, profile: Profile) -> Catalogue:
    """Give the catalogue as it holds under a profile.

    Raises CatalogueError for a type, rule or field that does not exist and for a value that is not shorter.
    """
    _refuse_unknown(catalogue, profile)
    types = {name: _under(kind, profile) for name, kind in catalogue.types.items()}
    return msgspec.structs.replace(
        catalogue,
        profile=profile,
        types=types,
        common_quantities=_capped(catalogue.common_quantities, profile.every_s_max),
        common_rules=_changed(catalogue.common_rules, COMMON, profile),
        platform_rules=_changed(catalogue.platform_rules, PLATFORM, profile),
        heartbeat_s=catalogue.heartbeat_s if profile.heartbeat_s is None else profile.heartbeat_s,
    )


def _refuse_unknown(catalogue: Catalogue, profile: Profile) -> None:
    file = f"profiles/{profile.name}.yaml"
    for name in profile.every_s:
        if name not in catalogue.types:
            raise CatalogueError(f"{file}: every_s.{name}: no such device type. Use one of the catalogue's types.")
    intervals = {"every_s_max": profile.every_s_max, "heartbeat_s": profile.heartbeat_s}
    intervals |= {f"every_s.{name}": interval for name, interval in profile.every_s.items()}
    for path, interval in intervals.items():
        if interval is not None and interval <= 0:
            raise CatalogueError(f"{file}: {path}: {interval} is not an interval. Write seconds greater than 0.")
    if profile.heartbeat_s is not None and profile.heartbeat_s > catalogue.heartbeat_s:
        raise CatalogueError(
            f"{file}: heartbeat_s: {profile.heartbeat_s} is longer than the catalogue's {catalogue.heartbeat_s}."
            " A profile only shortens."
        )
    rules = catalogue.rules_by_id()
    for rule_id, changes in profile.rules.items():
        if rule_id not in rules:
            raise CatalogueError(f"{file}: rules.{rule_id}: no such rule. Write {{type}}.{{rule}} or common.{{rule}}.")
        for field, seconds in changes.items():
            _refuse_change(rules[rule_id], field, seconds, path=f"{file}: rules.{rule_id}.{field}")


def _refuse_change(rule: Rule, field: str, seconds: int, *, path: str) -> None:
    if field not in CHANGEABLE:
        raise CatalogueError(f"{path}: a profile may not change it. It may change {', '.join(CHANGEABLE)}.")
    before = rule.agg.window_s if field == "window_s" and rule.agg else getattr(rule, field)
    if not 0 <= seconds <= before:
        raise CatalogueError(
            f"{path}: {seconds} is not within 0 and the catalogue's {before}. A profile only shortens."
        )


def _under(kind: DeviceType, profile: Profile) -> DeviceType:
    caps = [cap for cap in (profile.every_s_max, profile.every_s.get(kind.type)) if cap is not None]
    return msgspec.structs.replace(
        kind,
        quantities=_capped(kind.quantities, min(caps) if caps else None),
        rules=_changed(kind.rules, kind.type, profile),
    )


def _capped(quantities: tuple[Quantity, ...], cap_s: int | None) -> tuple[Quantity, ...]:
    if cap_s is None:
        return quantities
    return tuple(msgspec.structs.replace(quantity, every_s=min(quantity.every_s, cap_s)) for quantity in quantities)


def _changed(rules: tuple[Rule, ...], owner: str, profile: Profile) -> tuple[Rule, ...]:
    return tuple(_with(rule, profile.rules.get(f"{owner}.{rule.id}", {})) for rule in rules)


def _with(rule: Rule, changes: dict[str, int]) -> Rule:
    """Give the rule with its changes; a window belongs to the aggregate where there is one."""
    if rule.agg is not None and "window_s" in changes:
        agg = msgspec.structs.replace(rule.agg, window_s=changes["window_s"])
        rest = {field: seconds for field, seconds in changes.items() if field != "window_s"}
        return msgspec.structs.replace(rule, agg=agg, **rest)
    return msgspec.structs.replace(rule, **changes)
