"""Appearance: the operations centre's colours, units and words, so that every panel looks like the console.

Normal is grey and colour means abnormal; where nothing is heard, nothing looks green. Limits, units and sources come
from the catalogue, so a dashboard cannot disagree with the alerts.
"""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMapping,
    ValueMappingResult,
)

from smartward.alert import Severity
from smartward.catalogue.model import Catalogue, DeviceType
from smartward.rule import Rule, SiteValue

NORMAL = "#a3b4bd"
UNKNOWN = "#8499a4"
COLOURS = {
    Severity.INFORMATIONAL: "#a3b4bd",
    Severity.LOW: "#7ab8e6",
    Severity.MEDIUM: "#f2d24b",
    Severity.HIGH: "#ff9f45",
    Severity.CRITICAL: "#ff6b6b",
}
NO_DATA = "Không có dữ liệu"
UNITS = {"m": "lengthm", "mm": "lengthmm", "Cel": "celsius", "1": "none", "km/h": "velocitykmh", "%": "percent"}
"""Grafana's own unit ids by UCUM code."""


def unit(catalogue: Catalogue, device_type: str, quantity: str) -> str:
    """Give Grafana's unit of a quantity of the catalogue; a fraction is shown in percent.

    Raises KeyError where the quantity does not exist or its unit has no entry in UNITS.
    """
    kind = catalogue.types[device_type].quantity(quantity)
    if kind is None:
        raise KeyError(f"{device_type} has no quantity {quantity}")
    return "percentunit" if kind.is_ratio else UNITS[kind.unit]


def limits(catalogue: Catalogue, *rule_ids: str) -> ThresholdsConfig:
    """Colour values by the thresholds of these rules, in the colour of each rule's severity."""
    steps = sorted((_limit(catalogue, rule_id) for rule_id in rule_ids), key=lambda step: step.value or 0)
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(None, NORMAL), *steps])


def below(floor: float) -> ThresholdsConfig:
    """Colour values that lie below a floor, as a count of devices that should be there."""
    steps = [Threshold(None, COLOURS[Severity.MEDIUM]), Threshold(floor, NORMAL)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def plain() -> ThresholdsConfig:
    """Show a value that has no limit of its own."""
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(None, NORMAL)])


def no_data() -> list[ValueMapping]:
    """Say in words and in grey that nothing was heard."""
    result = ValueMappingResult(text=NO_DATA, color=UNKNOWN)
    return [SpecialValueMap(DashboardSpecialValueMapOptions(match=SpecialValueMatch.NULL_AND_NAN, result=result))]


def sources(catalogue: Catalogue, *rule_ids: str) -> str:
    """Say which limits are drawn and where they come from, in the catalogue's words."""
    numbers = sorted(step.value or 0 for step in (_limit(catalogue, rule_id) for rule_id in rule_ids))
    shown = " / ".join(f"{number:g}".replace(".", ",") for number in numbers)
    tags = sorted({_rule(catalogue, rule_id).src for rule_id in rule_ids})
    named = "; ".join(f"{tag} ({catalogue.sources[tag]})" for tag in tags)
    return f"Ngưỡng mặc định: {shown}. Nguồn: {named}."


def fresh_s(catalogue: Catalogue, device_type: str) -> int:
    """Give how old a word may be to count as now: the time after which the catalogue calls a device offline."""
    offline = _rule(catalogue, "common.offline")
    intervals = offline.value if isinstance(offline.value, int) else 1
    return max(offline.min_s, intervals * catalogue.reporting_interval_s(device_type))


def _limit(catalogue: Catalogue, rule_id: str) -> Threshold:
    rule = _rule(catalogue, rule_id)
    return Threshold(_number(rule, catalogue.types[rule_id.partition(".")[0]]), COLOURS[rule.severity])


def _number(rule: Rule, kind: DeviceType) -> float:
    """Give a rule's threshold; the default where each site has its own."""
    value = kind.site_param.get(rule.value.site) if isinstance(rule.value, SiteValue) else rule.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{rule.id} has no single number as threshold: {value!r}")
    return float(value)


def _rule(catalogue: Catalogue, rule_id: str) -> Rule:
    rule = catalogue.rule(rule_id)
    if rule is None:
        raise KeyError(f"no rule {rule_id} in the catalogue")
    return rule
