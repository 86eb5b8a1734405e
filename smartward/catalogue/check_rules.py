"""What must hold for rules: they refer to things that exist, and clear on the right side of what raises them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from smartward.catalogue.finding import Finding
from smartward.catalogue.model import Catalogue, DeviceType, Quantity
from smartward.observation import Value
from smartward.rule import Rule, SiteValue

ABOVE = ("gt", "ge", "rate_gt")
BELOW = ("lt", "le")
EQUAL = ("eq", "ne")
ABOUT_DEVICES = ("stale", "gateway_silent", "invalid", "flatline", "skew_gt")
"""Conditions on the stream itself, not on one value; these may watch `*`, every quantity."""
AGGREGATES = ("mean", "sum", "min", "max", "last", "count", "energy_mean")
STEPS = (2, 4)
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
_WINDOW = re.compile(rf"(?P<start>{_CLOCK})-(?P<end>{_CLOCK})")


class _Findings:
    """Collects findings of one rule, so that each check says only path, value, problem and remedy."""

    def __init__(self, file: str, path: str) -> None:
        self.file, self.path = file, path
        self.found: list[Finding] = []

    def add(self, field: str, value: object, problem: str, remedy: str) -> None:
        """Note one finding at a field of the rule; the rule itself when the field is empty."""
        path = f"{self.path}.{field}" if field else self.path
        self.found.append(Finding(self.file, path, value, problem, remedy))


def check_rules(
    rules: Sequence[Rule], catalogue: Catalogue, *, kind: DeviceType | None, file: str, path: str
) -> Iterator[Finding]:
    """Find what is wrong with the rules of one owner; `kind` is None for the common and platform rules."""
    ids = [rule.id for rule in rules]
    for rule in rules:
        findings = _Findings(file, f"{path}.{rule.id}")
        if ids.count(rule.id) > 1:
            findings.add("id", rule.id, "the id is used twice", "Rename one; ids are unique within their type")
        _check_terms(rule, catalogue, findings)
        _check_references(rule, rules, catalogue, findings)
        _check_times(rule, findings)
        _check_aggregate(rule, findings)
        _check_response(rule, findings)
        if kind is not None:
            _check_condition(rule, kind, findings)
            _check_site(rule, kind, findings)
        _check_dated(rule, findings)
        yield from findings.found


def _check_terms(rule: Rule, catalogue: Catalogue, findings: _Findings) -> None:
    if rule.src not in catalogue.sources:
        findings.add("src", rule.src, "no such source", "Use a source of common.yaml, G when it is only our own choice")
    if rule.category not in catalogue.categories:
        findings.add("category", rule.category, "no such category", "Use one of common.yaml")
    if not rule.to:
        findings.add("to", rule.to, "nobody is told", "Name at least one role")
    for role in rule.to:
        if role not in catalogue.roles:
            findings.add("to", role, "no such role", "Use a role of common.yaml")


def _check_references(rule: Rule, siblings: Sequence[Rule], catalogue: Catalogue, findings: _Findings) -> None:
    own = {sibling.id: sibling for sibling in siblings}
    if rule.supersedes:
        lesser = own.get(rule.supersedes)
        if lesser is None:
            findings.add("supersedes", rule.supersedes, "no such rule of this type", "Name a rule of the same file")
        elif lesser.severity.rank >= rule.severity.rank:
            problem = f"{lesser.id} is {lesser.severity.value}, no less severe than this {rule.severity.value}"
            findings.add("supersedes", rule.supersedes, problem, "The superseding rule must be more severe")
    shared = {common.id for common in catalogue.common_rules}
    for other in rule.inhibits:
        if other not in own and other not in shared:
            findings.add("inhibits", other, "no such rule of this type nor of common", "Correct the id")
        if other == rule.id:
            findings.add("inhibits", other, "a rule cannot inhibit itself", "Remove it")


def _check_times(rule: Rule, findings: _Findings) -> None:
    for field in ("for_s", "clear_for_s", "cooldown_s", "window_s", "min_s", "will_s"):
        if getattr(rule, field) < 0:
            findings.add(field, getattr(rule, field), "a time before it began", "Write seconds from 0 up")
    if rule.active:
        window = _WINDOW.fullmatch(rule.active)
        if window is None or window["start"] == window["end"]:
            findings.add("active", rule.active, "no window of the day", 'Write "HH:MM-HH:MM"; it may cross midnight')
    if rule.digest and not re.fullmatch(_CLOCK, rule.digest):
        findings.add("digest", rule.digest, "no time of the day", 'Write "HH:MM"')
    if rule.op.startswith("rate_") and rule.window_s <= 0:
        findings.add("window_s", rule.window_s, "a rate needs its window", "Write window_s in seconds")


def _check_aggregate(rule: Rule, findings: _Findings) -> None:
    if rule.agg is not None:
        if rule.agg.fn not in AGGREGATES:
            findings.add("agg.fn", rule.agg.fn, "no such aggregate", f"Use one of {', '.join(AGGREGATES)}")
        if rule.agg.window_s <= 0:
            findings.add("agg.window_s", rule.agg.window_s, "an empty window", "Write seconds greater than 0")
        if not 0 < rule.agg.min_cov <= 1:
            findings.add("agg.min_cov", rule.agg.min_cov, "no share of a window", "Write more than 0, at most 1")


def _check_response(rule: Rule, findings: _Findings) -> None:
    for lang, steps in (("do_vi", rule.do_vi), ("do_en", rule.do_en)):
        if not STEPS[0] <= len(steps) <= STEPS[1]:
            findings.add(lang, steps, f"{len(steps)} steps of response", "Write two to four steps in both languages")


def _check_condition(rule: Rule, kind: DeviceType, findings: _Findings) -> None:
    if rule.on_event:
        if rule.quantity:
            findings.add("", rule.id, "it watches an event and a quantity", "Keep on_event or quantity")
        if kind.event(rule.on_event) is None:
            findings.add("on_event", rule.on_event, "no such event of this type", "Use one listed under events")
        if rule.confidence is not None and not 0 <= rule.confidence <= 1:
            findings.add("confidence", rule.confidence, "no confidence", "Write 0 to 1")
        return
    quantity = kind.quantity(rule.quantity)
    if quantity is None:
        findings.add("quantity", rule.quantity, "no such quantity of this type", "Use one listed under quantities")
        return
    _check_comparison(quantity, rule.op, rule.value, findings, field="")
    _check_hysteresis(rule, kind, findings)
    if rule.and_ is not None:
        other = kind.quantity(rule.and_.quantity)
        if other is None:
            findings.add("and.quantity", rule.and_.quantity, "no such quantity of this type", "Correct the name")
        else:
            _check_comparison(other, rule.and_.op, rule.and_.value, findings, field="and.")


def _check_comparison(quantity: Quantity, op: str, value: object, findings: _Findings, *, field: str) -> None:
    if op not in ABOVE + BELOW + EQUAL + ABOUT_DEVICES:
        findings.add(f"{field}op", op, "no such comparison", "Use gt, ge, lt, le, eq, ne, rate_gt or stale")
    elif op in ABOVE + BELOW and not quantity.is_numeric:
        findings.add(f"{field}op", op, f"{quantity.name} is a {quantity.type}, not a number", "Use eq or ne")
    elif op in ABOVE + BELOW and (value is None or isinstance(value, bool | str)):
        findings.add(f"{field}value", value, "no number to compare with", "Write a number, a site or a dated value")
    elif op in EQUAL and quantity.type == "boolean" and not isinstance(value, bool):
        findings.add(f"{field}value", value, f"{quantity.name} is true or false", "Write true or false")
    elif op in EQUAL and quantity.type == "string" and value not in quantity.enum:
        findings.add(f"{field}value", value, f"{quantity.name} is never that word", f"Use {', '.join(quantity.enum)}")


def _check_hysteresis(rule: Rule, kind: DeviceType, findings: _Findings) -> None:
    """Clear is inclusive, so at `ge` and `le` it may not equal the threshold: one value would raise and clear."""
    if rule.clear is not None and rule.clear_below is not None:
        findings.add("clear", rule.clear, "clear and clear_below contradict each other", "Keep one")
    if rule.op not in ABOVE + BELOW:
        if rule.clear is not None or rule.clear_below is not None:
            findings.add("clear", rule.clear, f"{rule.op} clears by itself", "Remove clear and clear_below")
        return
    _check_clear_below(rule, findings)
    quantity = kind.quantity(rule.quantity)
    for threshold in _thresholds(rule, kind):
        if rule.clear is not None and not _is_behind(rule.clear, threshold, op=rule.op):
            side = "below" if rule.op in ABOVE else "above"
            findings.add("clear", rule.clear, f"not {side} the threshold {threshold:g}", f"Write a value {side} it")
        is_direct = not rule.op.startswith("rate_") and (rule.agg is None or rule.agg.fn not in ("sum", "count"))
        if is_direct and quantity and not _can_be(threshold, quantity):
            findings.add("value", threshold, f"{quantity.name} never gets there", "Write a value within min and max")


def _check_clear_below(rule: Rule, findings: _Findings) -> None:
    if rule.clear_below is None:
        return
    if rule.op in BELOW:
        findings.add("clear_below", rule.clear_below, f"{rule.op} clears above its value", "Write clear instead")
    elif rule.clear_below < 0 or (rule.clear_below == 0 and rule.op == "ge"):
        findings.add("clear_below", rule.clear_below, "it clears where it raises", "Write a distance greater than 0")


def _thresholds(rule: Rule, kind: DeviceType) -> list[float]:
    """List the numbers that a rule may compare with: its own, its dated ones, or the site's default."""
    value: object = kind.site_param.get(rule.value.site) if isinstance(rule.value, SiteValue) else rule.value
    if isinstance(value, tuple):
        return [dated.value for dated in value]
    return [float(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _is_behind(clear: Value, threshold: float, *, op: str) -> bool:
    if isinstance(clear, bool | str):
        return False
    if op in ABOVE:
        return clear < threshold or (op != "ge" and clear == threshold)
    return clear > threshold or (op == "lt" and clear == threshold)


def _can_be(threshold: float, quantity: Quantity) -> bool:
    low, high = quantity.min, quantity.max
    return low is None or high is None or low <= threshold <= high


def _check_site(rule: Rule, kind: DeviceType, findings: _Findings) -> None:
    if isinstance(rule.value, SiteValue):
        default = kind.site_param.get(rule.value.site)
        if isinstance(default, bool | str) or default is None:
            findings.add("value.site", rule.value.site, "no such number in site_param", "Add it with a default")
    for name, value in rule.when.items():
        if name not in kind.site_param:
            findings.add(f"when.{name}", value, "no such site parameter", "Add it to site_param")
        elif name in kind.site_enum and value not in kind.site_enum[name]:
            findings.add(f"when.{name}", value, "none of its site_enum", "Use one of them")


def _check_dated(rule: Rule, findings: _Findings) -> None:
    if not isinstance(rule.value, tuple):
        return
    if not rule.value:
        findings.add("value", rule.value, "a dated value without a date", "Write [{from: DATE, value: NUMBER}]")
    for earlier, later in pairwise(rule.value):
        if earlier.since >= later.since:
            problem = f"it does not come after {earlier.since.isoformat()}"
            findings.add("value", later.since.isoformat(), problem, "Write dated values in order of time")
