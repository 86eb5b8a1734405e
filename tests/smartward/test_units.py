"""What units promise: codes are real, and people can read them."""

from __future__ import annotations

import pytest

from smartward import catalogue, units

CODES = sorted({quantity.unit for kind in catalogue.load().types.values() for quantity in kind.quantities})


@pytest.mark.parametrize("code", [*CODES, "%", "kg", "m3/s"])
def test_real_codes_have_no_problem(code: str) -> None:
    """Every unit of the catalogue is UCUM."""
    assert units.problem(code) is None


@pytest.mark.parametrize("code", ["µg/m3", "kWh", "degC", "m/", "percent", "°C", ""])
def test_lookalikes_are_told_apart(code: str) -> None:
    """What people write is not what machines exchange; the answer is one line."""
    trouble = units.problem(code)

    assert trouble
    assert "\n" not in trouble


@pytest.mark.parametrize(
    ("code", "vi", "en"),
    [
        ("1", "", ""),
        ("%", "%", "%"),
        ("Cel", "°C", "°C"),
        ("ug/m3", "µg/m³", "µg/m³"),
        ("dB[SPL]", "dBA", "dBA"),
        ("kW.h", "kWh", "kWh"),
        ("{person}/m2", "người/m²", "people/m²"),
        ("{ticket}", "phiếu", "tickets"),
        ("min", "phút", "min"),
        ("m/h", "m/giờ", "m/h"),
        ("{dBm}", "dBm", "dBm"),
        ("/s", "/s", "/s"),
        ("mm", "mm", "mm"),
        ("{bicycle}", "bicycle", "bicycle"),
        ("W/m2", "W/m²", "W/m²"),
        ("N.m", "N·m", "N·m"),
        ("kg/m3", "kg/m³", "kg/m³"),
    ],
)
def test_people_read_symbols(code: str, vi: str, en: str) -> None:
    """The screen shows no code, in either language."""
    assert (units.symbol(code, "vi"), units.symbol(code, "en")) == (vi, en)


@pytest.mark.parametrize("code", CODES)
def test_no_symbol_shows_brackets(code: str) -> None:
    """Brackets are for machines."""
    assert not set("{}[]") & set(units.symbol(code))
