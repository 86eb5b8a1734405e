"""The catalogue's frozen types: kinds of devices with their quantities, events and rules."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from smartward.alert import Severity
from smartward.observation import Value
from smartward.rule import Rule

COMMON = "common"
PLATFORM = "platform"
ValueType = Literal["number", "integer", "boolean", "string"]
Lang = Literal["vi", "en"]


class Bilingual(Protocol):
    """Whatever the catalogue names in both languages."""

    @property
    def vi(self) -> str:
        """The name in Vietnamese."""

    @property
    def en(self) -> str:
        """The name in English."""


def label(thing: Bilingual, lang: Lang = "vi") -> str:
    """Give the name of a type, quantity, event, rule, role, severity or profile in the reader's language."""
    return thing.en if lang == "en" else thing.vi


def response(rule: Rule, lang: Lang = "vi") -> tuple[str, ...]:
    """Give the steps to take when this rule fires, in the reader's language."""
    return rule.do_en if lang == "en" else rule.do_vi


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

    @property
    def is_numeric(self) -> bool:
        """Tell whether values are numbers that can be compared and averaged."""
        return self.type in ("number", "integer")

    @property
    def is_ratio(self) -> bool:
        """Tell whether values are fractions of one, to be shown in percent."""
        return self.type == "number" and self.unit == "1" and self.max == 1

    @property
    def is_refused_from_devices(self) -> bool:
        """Tell whether only the server may compute it."""
        return self.derived == "server"


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

    def quantity(self, name: str) -> Quantity | None:
        """Find a quantity, a common one included; None when this type has no such quantity."""
        return next((quantity for quantity in self.quantities if quantity.name == name), None)

    def event(self, event_type: str) -> EventType | None:
        """Find what an event of that name means here; None when this type asserts no such event."""
        return next((event for event in self.events if event.type == event_type), None)

    @property
    def reporting_interval_s(self) -> int:
        """Seconds between two words of a healthy device: the shortest interval of what it must report itself."""
        return min(q.every_s for q in self.quantities if not q.optional and not q.is_refused_from_devices)


class SeverityTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a severity promises: seconds to acknowledge and to resolve (None: no deadline), and the channels."""

    ack_s: int | None
    resolve_s: int | None
    channels: tuple[str, ...]
    vi: str
    en: str


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
    timezone: str = "Asia/Ho_Chi_Minh"
    conventions: dict[str, str] = {}

    def quantity(self, device_type: str, name: str) -> Quantity | None:
        """Find a quantity of a type; None when either is unknown."""
        kind = self.types.get(device_type)
        return kind.quantity(name) if kind else None

    def reporting_interval_s(self, device_type: str) -> int:
        """Seconds between two words of a healthy device of this type, under this profile."""
        return self.types[device_type].reporting_interval_s

    def rules_by_id(self) -> dict[str, Rule]:
        """Give every rule under the id that people and devices use: `{type}.{rule}`, `common.…`, `platform.…`."""
        owners = {kind.type: kind.rules for kind in self.types.values()}
        owners |= {COMMON: self.common_rules, PLATFORM: self.platform_rules}
        return {f"{owner}.{rule.id}": rule for owner, rules in owners.items() for rule in rules}

    def rule(self, rule_id: str) -> Rule | None:
        """Find a rule by its full id; None when there is no such rule."""
        owner, _, own_id = rule_id.partition(".")
        kind = self.types.get(owner)
        rules = {COMMON: self.common_rules, PLATFORM: self.platform_rules}.get(owner, kind.rules if kind else ())
        return next((rule for rule in rules if rule.id == own_id), None)
