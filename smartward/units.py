"""Units: UCUM codes checked by the ucumvert library, and how people read them."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from smartward.errors import ConfigError

_SYMBOLS = {
    "1": "",
    "%": "%",
    "Cel": "°C",
    "[ppm]": "ppm",
    "dB[SPL]": "dBA",  # UCUM has no A-weighting; all our sound levels are A-weighted
    "deg": "°",
    "kW.h": "kWh",
    "kbit/s": "kbit/s",
    "ug/m3": "µg/m³",
    "{dBm}": "dBm",
}
_WORDS = {
    "vi": {
        "min": "phút",
        "h": "giờ",
        "d": "ngày",
        "m/h": "m/giờ",
        "{counter}": "quầy",
        "{dossier}": "hồ sơ",
        "{message}": "bản tin",
        "{person}": "người",
        "{report}": "phản ánh",
        "{spot}": "chỗ",
        "{ticket}": "phiếu",
        "{vehicle}": "xe",
        "{vote}": "lượt",
    },
    "en": {
        "d": "days",
        "{counter}": "counters",
        "{dossier}": "dossiers",
        "{message}": "messages",
        "{person}": "people",
        "{report}": "reports",
        "{spot}": "spots",
        "{ticket}": "tickets",
        "{vehicle}": "vehicles",
        "{vote}": "votes",
    },
}
_EXPONENT = re.compile(r"(?<=[A-Za-z])(\d)")
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def symbol(unit: str, lang: Literal["vi", "en"] = "vi") -> str:
    """Give a UCUM code as people write it (°C, µg/m³, dBA, người/m²); empty for a plain number.

    A code without an entry of its own is composed of its parts, so a new unit never shows brackets.
    """
    if unit in _SYMBOLS:
        return _SYMBOLS[unit]
    if unit in _WORDS[lang]:
        return _WORDS[lang][unit]
    head, slash, tail = unit.rpartition("/")
    if slash and (head or tail in _SYMBOLS):
        return f"{symbol(head, lang)}/{_plain(tail)}"
    return _plain(unit)


def problem(unit: str) -> str | None:
    """Say what is wrong with a UCUM code, in one line; None when it is a unit.

    Raises ConfigError when the `ucumvert` library is not installed.
    """
    if not unit:
        return "the unit is empty"
    try:
        import lark  # noqa: PLC0415  # lazy: these two pull in pint, which only the check of the catalogue needs
        import ucumvert  # type: ignore[import-untyped]  # noqa: PLC0415  # it ships no types; lazy as above
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"checking units needs the library {error.name}", remedy='Install it: pip install "smartward[server]"'
        ) from error
    try:
        ucumvert.parse_ucum(unit, _parser())
    except lark.exceptions.LarkError as error:
        return str(error).splitlines()[0]
    return None


@cache
def _parser() -> object:
    import ucumvert  # noqa: PLC0415  # lazy, as in problem()

    return ucumvert.get_ucum_parser()


def _plain(unit: str) -> str:
    bare = unit.strip("{}[]").replace(".", "·")
    return _EXPONENT.sub(lambda found: found[1].translate(_SUPERSCRIPT), bare)
