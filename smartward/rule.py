"""Rules as data: condition, hold time and severity; what the catalogue and a ward's own text are parsed into."""

from __future__ import annotations

from datetime import date

import msgspec

from smartward.alert import Severity
from smartward.observation import Value


class SiteValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A threshold taken from the device's own parameter of that name: `{site: alertLevel}`."""

    site: str


class DatedValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """A threshold that holds from a day on: `{from: 2026-01-01, value: 45}`."""

    since: date
    value: float


Threshold = bool | int | float | str | SiteValue | tuple[DatedValue, ...]
"""A number, a word, a site parameter's name, or a dated list in order of time."""


class And(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A second condition on the same device that is part of the breach."""

    quantity: str
    op: str
    value: Value


class Aggregate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Evaluate on a window instead of one value; below `min_cov` (0..1) the rule is unknown, never ok."""

    fn: str
    window_s: int
    min_cov: float


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as the catalogue writes it; `id` is unique within its device type, `{type}.{id}` everywhere.

    All `_s` are seconds of event time. `clear` is inclusive. `do_vi`/`do_en` are the steps of the response.
    """

    id: str
    severity: Severity
    category: str
    to: tuple[str, ...]
    src: str
    vi: str
    en: str
    quantity: str = ""
    on_event: str = ""
    source: str = ""
    op: str = ""
    value: Threshold | None = None
    value_unit: str = ""
    clear: Value | None = None
    clear_below: float | None = None
    for_s: int = 0
    clear_for_s: int = 0
    cooldown_s: int = 0
    window_s: int = 0
    min_s: int = 0
    will_s: int = 0
    agg: Aggregate | None = None
    and_: And | None = msgspec.field(default=None, name="and")
    active: str = ""
    when: dict[str, Value] = {}
    verify: str = ""
    confidence: float | None = None
    dwell_s: float | None = None
    supersedes: str = ""
    inhibits: tuple[str, ...] = ()
    digest: str = ""
    fiware_sub: str = ""
    do_vi: tuple[str, ...] = ()
    do_en: tuple[str, ...] = ()
