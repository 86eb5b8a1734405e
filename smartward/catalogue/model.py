"""The catalogue's frozen types: kinds of devices with their quantities, events and rules."""

from __future__ import annotations

from typing import Literal

import msgspec

from smartward.alert import Severity
from smartward.observation import Value
from smartward.rule import Rule

ValueType = Literal["number", "integer", "boolean", "string"]


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is measured: UCUM unit, plausible range, and how often a device is expected to say it (seconds).

    `derived: server` is computed by us from `inputs` and refused from a device. A value equal to `transient` is
    stored but never evaluated. `flatline` marks analogue quantities that may not stand still for hours.
    """

    name: str
    type: ValueType
    unit: str
    every_s: int
    vi: str
    en: str
    fiware: str | None = None
    cefact: str = ""
    min: float | None = None
    max: float | None = None
    enum: tuple[str, ...] = ()
    flatline: bool = False
    optional: bool = False
    transient: float | None = None
    derived: Literal["", "device", "server"] = ""
    inputs: tuple[str, ...] = ()
    note: str = ""


class EventType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact that devices of a type may assert; `lasts` has phases; `needs` names what must be added to see it."""

    type: str
    vi: str
    en: str
    values: tuple[str, ...] = ()
    lasts: bool = False
    needs: str = ""


class DeviceType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of device. `count` is a typical number in a [small, large] ward; `site_param` are default parameters."""

    type: str
    tier: Literal["core", "optional"]
    vi: str
    en: str
    fiware: tuple[str, ...]
    count: tuple[int, int]
    quantities: tuple[Quantity, ...]
    rules: tuple[Rule, ...] = ()
    events: tuple[EventType, ...] = ()
    registry: tuple[str, ...] = ()
    site_param: dict[str, Value] = {}
    site_enum: dict[str, tuple[Value, ...]] = {}
    rates: str = ""
    baseline: dict[str, Value] = {}


class SeverityTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a severity promises: seconds to acknowledge and to resolve (None: no deadline), and the channels."""

    ack_s: int | None
    resolve_s: int | None
    channels: tuple[str, ...]
    vi: str


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name in both languages."""

    vi: str
    en: str


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operating profile laid over the catalogue: shorter intervals and holds, nothing else.

    `every_s_max` caps every quantity's interval, `every_s` caps it for one type; `rules` maps `{type}.{rule}` or
    `common.{rule}` to the fields it changes (`for_s`, `clear_for_s`, `min_s`, `will_s`, `cooldown_s`, `window_s`).
    """

    name: str
    vi: str
    en: str
    every_s_max: int | None = None
    every_s: dict[str, int] = {}
    heartbeat_s: int | None = None
    rules: dict[str, dict[str, int]] = {}


class Catalogue(msgspec.Struct, frozen=True):
    """All device types of one schema version, under one operating profile.

    `common_rules` and the common quantities apply to every type; each type's `quantities` already include the
    common ones. `heartbeat_s` is how often a gateway says that it is there.
    """

    schema_version: int
    profile: Profile
    types: dict[str, DeviceType]
    common_quantities: tuple[Quantity, ...]
    common_rules: tuple[Rule, ...]
    platform_rules: tuple[Rule, ...]
    severities: dict[Severity, SeverityTerms]
    categories: tuple[str, ...]
    roles: dict[str, Label]
    sources: dict[str, str]
    heartbeat_s: int = 60
