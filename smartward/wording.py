"""How an alert is put into words: the rule's text with the value that matters, in either language."""

from __future__ import annotations

from smartward.alert import AlertCondition
from smartward.catalogue.model import Catalogue, Lang, Quantity, label
from smartward.observation import Value
from smartward.rule import Rule
from smartward.units import symbol

CENTIMETRES_BELOW_M = 5
"""A length that cannot exceed this many metres is told in centimetres, as people say a street's water."""


def title(condition: AlertCondition, *, rule: Rule | None, quantity: Quantity | None, lang: Lang) -> str:
    """Say what is wrong in one line: `Ngập 50 cm: chặn đường, sơ tán (52 cm)`.

    Only a number is worth adding; an alert that explains the silence of others says of how many.
    """
    said = label(rule, lang) if rule else condition.rule
    if condition.inhibits:
        return f"{said} ({condition.inhibits} {'devices' if lang == 'en' else 'thiết bị'})"
    value = condition.value
    if quantity is None or isinstance(value, bool | str) or value is None:
        return said
    return f"{said} ({written(value, quantity=quantity, lang=lang)})"


def written(value: Value | None, *, quantity: Quantity | None, lang: Lang) -> str:
    """Write a value with its unit as people read it: 52 cm, 78 µg/m³, 18 %; an unknown one is a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        words = ("yes", "no") if lang == "en" else ("có", "không")
        return words[0 if value else 1]
    if isinstance(value, str):
        return value
    factor, unit = shown(quantity, lang=lang)
    return f"{number(value * factor, lang=lang)} {unit}".rstrip()


def number(value: float, *, lang: Lang) -> str:
    """Write a number with about three significant digits: 0,52 and 1.420 in Vietnamese, 0.52 and 1,420 in English."""
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 or size == 0 else 3  # noqa: PLR2004  # powers of ten
    text = f"{value:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if lang == "en" else text.translate(str.maketrans(",.", ".,"))


def rule_of(rule_id: str, *, catalogue: Catalogue) -> Rule | None:
    """Find the rule that an alert names: by its full id, or a common rule under a type's name."""
    found = catalogue.rule(rule_id)
    return found or catalogue.rule("common." + rule_id.partition(".")[2])


def shown(quantity: Quantity | None, *, lang: Lang) -> tuple[float, str]:
    """Give the factor and the unit that people see: fractions as per cent, short lengths in centimetres."""
    if quantity is None:
        return 1, ""
    if quantity.is_ratio:
        return 100, "%"
    if quantity.unit == "m" and quantity.max is not None and quantity.max <= CENTIMETRES_BELOW_M:
        return 100, "cm"
    return 1, symbol(quantity.unit, lang)
