"""Tests of wording: what people read is in their language, their units and their decimal sign."""

from __future__ import annotations

from typing import get_args

import pytest

from smartward.alert import AlertCondition, Condition, Severity
from smartward.catalogue.load import load
from smartward.catalogue.model import Lang, Quantity
from smartward.observation import Value
from smartward.wording import number, rule_of, title, written

CATALOGUE = load()


def condition(rule: str, *, value: Value | None = None, quantity: str = "", inhibits: int = 0) -> AlertCondition:
    """Give an alert of a rule."""
    return AlertCondition(
        "a1", "w", rule, "d", "", Severity.HIGH, Condition.FIRING, 0, 0, None, value, None, quantity, inhibits=inhibits
    )


def say(kind: str, rule: str, *, value: Value | None, quantity: str, lang: Lang = "vi") -> str:
    """Word an alert of a device type's rule."""
    said = condition(f"{kind}.{rule}", value=value, quantity=quantity)
    found = rule_of(said.rule, catalogue=CATALOGUE)
    return title(said, rule=found, quantity=CATALOGUE.quantity(kind, quantity), lang=lang)


def test_a_title_carries_the_value_that_matters() -> None:
    """The operator sees how bad it is before opening it."""
    assert say("flood_road", "flood_danger", value=0.52, quantity="depth") == ("Ngập 50 cm: chặn đường, sơ tán (52 cm)")
    assert say("river_level", "bd1", value=6.02, quantity="water_level").endswith("(6,02 m)")
    assert say("river_level", "bd1", value=6.02, quantity="water_level", lang="en").endswith("(6.02 m)")


def test_only_numbers_are_added_to_a_title() -> None:
    """`Mở tủ điện (có)` would say less, not more."""
    assert "(" not in say("streetlight_cabinet", "door", value=True, quantity="door_open")
    assert "(" not in say("streetlight_cabinet", "day_burn", value="on", quantity="power_state")


def test_one_alert_for_many_says_of_how_many() -> None:
    """A gateway that is away explains the silence of all behind it."""
    said = condition("edge_gateway.gateway_outage", inhibits=12)
    rule = rule_of(said.rule, catalogue=CATALOGUE)

    assert rule is CATALOGUE.rule("common.gateway_outage")
    assert title(said, rule=rule, quantity=None, lang="vi") == "Mất kết nối cả cụm (12 thiết bị)"
    assert title(said, rule=rule, quantity=None, lang="en").endswith("(12 devices)")


def test_an_alert_of_an_unknown_rule_still_has_a_title() -> None:
    """A rule that was taken out leaves its alerts behind."""
    assert title(condition("gone.rule"), rule=None, quantity=None, lang="vi") == "gone.rule"


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (0, "0", "0"),
        (0.052, "0,052", "0.052"),
        (0.52, "0,52", "0.52"),
        (7.0, "7", "7"),
        (12.34, "12,3", "12.3"),
        (-140, "-140", "-140"),
        (1420, "1.420", "1,420"),
        (1_234_567.8, "1.234.568", "1,234,568"),
    ],
)
def test_numbers_are_written_as_the_language_does(value: float, vi: str, en: str) -> None:
    """Decimal comma in Vietnamese, point in English, no false precision."""
    assert (number(value, lang="vi"), number(value, lang="en")) == (vi, en)


def test_values_are_written_with_the_unit_that_people_use() -> None:
    """Fractions as per cent, water on a street in centimetres, yes or no in words."""
    ratio = CATALOGUE.quantity("flood_road", "battery_level") or Quantity("x", "number", "1", 60, "", "", max=1)

    assert written(0.18, quantity=ratio, lang="vi") == "18 %"
    words = {str(value): written(value, quantity=None, lang="vi") for value in (True, False, None, "alert")}
    assert words == {"True": "có", "False": "không", "None": "–", "alert": "alert"}
    assert written(78, quantity=CATALOGUE.quantity("air_quality", "pm25"), lang="vi") == "78 µg/m³"


@pytest.mark.parametrize("lang", get_args(Lang))
@pytest.mark.parametrize("rule_id", sorted(CATALOGUE.rules_by_id()))
def test_every_rule_of_the_catalogue_can_be_worded(rule_id: str, lang: Lang) -> None:
    """No alert comes without words in either language."""
    rule = CATALOGUE.rules_by_id()[rule_id]
    quantity = CATALOGUE.quantity(rule_id.split(".", maxsplit=1)[0], rule.quantity)

    said = title(condition(rule_id, value=1.5, quantity=rule.quantity), rule=rule, quantity=quantity, lang=lang)

    assert said.strip()
    assert "{" not in said
