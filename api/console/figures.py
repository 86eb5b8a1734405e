"""How values are written for people: with their unit, the language's decimal sign, and no false precision."""

from __future__ import annotations

from math import floor, log10

from api.console.texts import Texts
from smartward.catalogue.model import Quantity
from smartward.observation import Value

SIGNS: dict[str, str] = {
    "ug/m3": "µg/m³",
    "Cel": "°C",
    "deg": "°",
    "dB[SPL]": "dBA",
    "kW.h": "kWh",
    "[ppm]": "ppm",
    "{dBm}": "dBm",
    "{person}/m2": "/m²",
    "1": "",
    "/s": "/s",
}
WORDS: dict[str, tuple[str, str]] = {
    "{person}": ("người", "people"),
    "{vehicle}": ("xe", "vehicles"),
    "{ticket}": ("số chờ", "tickets"),
    "{dossier}": ("hồ sơ", "dossiers"),
    "{report}": ("phản ánh", "reports"),
    "{vote}": ("lượt", "votes"),
    "{spot}": ("chỗ", "spots"),
    "{counter}": ("quầy", "counters"),
    "{message}": ("bản tin", "messages"),
    "min": ("phút", "min"),
    "h": ("giờ", "h"),
    "d": ("ngày", "d"),
    "s": ("giây", "s"),
}
CENTIMETRES_BELOW_M = 5
"""A length that cannot exceed this many metres is written in centimetres, as people say a street's water."""


def number(value: float, *, texts: Texts, decimals: int | None = None) -> str:
    """Write a number with three significant digits at most, or with that many decimals: 0,52 · 78 · 1.420."""
    if decimals is None:
        magnitude = floor(log10(abs(value))) if value else 0
        decimals = min(3, max(0, 2 - magnitude))
        written = f"{value:,.{decimals}f}"
        written = written.rstrip("0").rstrip(".") if "." in written else written
    else:
        written = f"{value:,.{decimals}f}"
    return written.translate({ord(","): texts.thousands, ord("."): texts.decimal, ord("-"): "−"})


def scale_of(quantity: Quantity | None) -> tuple[float, str]:
    """Give the factor and the UCUM or sign that people see instead of the wire's unit.

    Fractions become per cent, short lengths centimetres; all else stays.
    """
    if quantity is None:
        return 1.0, ""
    if quantity.unit == "m" and quantity.max is not None and quantity.max <= CENTIMETRES_BELOW_M:
        return 100.0, "cm"
    if quantity.unit == "1" and quantity.type == "number" and quantity.max == 1:
        return 100.0, "%"
    return 1.0, quantity.unit


def sign_of(unit: str, *, texts: Texts) -> str:
    """Write a unit as people read it: µg/m³, °C, người."""
    if unit in WORDS:
        return WORDS[unit][0 if texts.language == "vi" else 1]
    return SIGNS.get(unit, unit)


def figure(value: Value | None, *, quantity: Quantity | None, texts: Texts) -> tuple[str, str]:
    """Write a value and, apart, its unit; a value that nobody knows is a dash, never a zero."""
    if value is None:
        return "–", ""
    if isinstance(value, bool):
        return (texts.yes if value else texts.no), ""
    if isinstance(value, str):
        return value, ""
    factor, unit = scale_of(quantity)
    return number(value * factor, texts=texts), sign_of(unit, texts=texts)


def written(value: Value | None, *, quantity: Quantity | None, texts: Texts) -> str:
    """Write a value with its unit in one text: 52 cm, 78 µg/m³, có."""
    text, unit = figure(value, quantity=quantity, texts=texts)
    return f"{text} {unit}" if unit else text
