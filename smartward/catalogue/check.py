"""The catalogue's check: everything that types alone cannot promise, as findings and never as an exception."""

from __future__ import annotations

from collections.abc import Iterator

from smartward.alert import Severity
from smartward.catalogue.check_quantities import check_quantities
from smartward.catalogue.check_rules import check_rules
from smartward.catalogue.finding import Finding
from smartward.catalogue.model import COMMON, PLATFORM, Bilingual, Catalogue, DeviceType
from smartward.rule import Rule


def check(catalogue: Catalogue) -> list[Finding]:
    """Find what does not hold together; an empty list is a sound catalogue."""
    return list(_findings(catalogue))


def _findings(catalogue: Catalogue) -> Iterator[Finding]:
    shared = f"{COMMON}.yaml"
    for severity in Severity:
        if severity not in catalogue.severities:
            yield Finding(
                shared, "severities", severity.value, "a severity has no terms", "Add its deadlines and channels"
            )
    for severity, terms in catalogue.severities.items():
        yield from _both_languages(terms, file=shared, path=f"severities.{severity}")
    for role, words in catalogue.roles.items():
        yield from _both_languages(words, file=shared, path=f"roles.{role}")
    for owner, rules in ((COMMON, catalogue.common_rules), (PLATFORM, catalogue.platform_rules)):
        for rule in rules:
            yield from _both_languages(rule, file=shared, path=f"{_list_name(owner)}.{rule.id}")
        yield from check_rules(rules, catalogue, kind=None, file=shared, path=_list_name(owner))
    yield from check_quantities(
        catalogue.common_quantities, among=catalogue.common_quantities, site_param={}, file=shared
    )
    for quantity in catalogue.common_quantities:
        yield from _both_languages(quantity, file=shared, path=f"quantities.{quantity.name}")
    for kind in catalogue.types.values():
        yield from _check_type(kind, catalogue)
    yield from _same_responses(catalogue)


def _list_name(owner: str) -> str:
    return "platform_rules" if owner == PLATFORM else "rules"


def _check_type(kind: DeviceType, catalogue: Catalogue) -> Iterator[Finding]:
    file = f"{kind.type}.yaml"
    yield from _both_languages(kind, file=file, path="type")
    own = kind.quantities[: len(kind.quantities) - len(catalogue.common_quantities)]
    named: list[tuple[str, Bilingual]] = [(f"quantities.{quantity.name}", quantity) for quantity in own]
    named += [(f"events.{event.type}", event) for event in kind.events]
    named += [(f"rules.{rule.id}", rule) for rule in kind.rules]
    for path, thing in named:
        yield from _both_languages(thing, file=file, path=path)
    small, large = kind.count
    if not 0 <= small <= large:
        yield Finding(file, "count", kind.count, "it does not go from few to many", "Write [small ward, large ward]")
    for name, allowed in kind.site_enum.items():
        if name not in kind.site_param:
            yield Finding(file, f"site_enum.{name}", name, "no such site parameter", "Add it to site_param")
        elif kind.site_param[name] not in allowed:
            yield Finding(
                file, f"site_param.{name}", kind.site_param[name], "the default is none of site_enum", "Use one of them"
            )
    if all(quantity.optional or quantity.is_refused_from_devices for quantity in own):
        problem = "the device need not say anything itself, so its silence would be unknown"
        yield Finding(file, "quantities", kind.type, problem, "Make one quantity not optional")
    yield from check_quantities(own, among=kind.quantities, site_param=kind.site_param, file=file)
    yield from check_rules(kind.rules, catalogue, kind=kind, file=file, path="rules")


def _both_languages(thing: Bilingual, *, file: str, path: str) -> Iterator[Finding]:
    for lang, text in (("vi", thing.vi), ("en", thing.en)):
        if not text.strip():
            yield Finding(file, f"{path}.{lang}", text, "the name is missing in one language", "Write both vi and en")


def _same_responses(catalogue: Catalogue) -> Iterator[Finding]:
    """Find a response that stands at two rules: it was written for neither."""
    first: dict[tuple[str, ...], str] = {}
    for rule_id, rule in catalogue.rules_by_id().items():
        for steps in (rule.do_vi, rule.do_en):
            if not steps:
                continue
            other = first.setdefault(steps, rule_id)
            if other != rule_id:
                yield _same(rule_id, rule, steps, other)


def _same(rule_id: str, rule: Rule, steps: tuple[str, ...], other: str) -> Finding:
    owner = rule_id.partition(".")[0]
    file, path = (f"{COMMON}.yaml", _list_name(owner)) if owner in (COMMON, PLATFORM) else (f"{owner}.yaml", "rules")
    lang = "do_vi" if steps == rule.do_vi else "do_en"
    problem = f"{other} has the same response text"
    return Finding(file, f"{path}.{rule.id}.{lang}", steps[0], problem, "Write the steps for this very rule")
