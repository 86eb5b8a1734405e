"""One alert as people see it: condition, work, place, words and deadlines joined, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from api.register import Register
from smartward.alert import AlertCondition, Condition, Severity, Work, WorkAction, fold, needs_a_word
from smartward.catalogue.model import Catalogue, Lang, SeverityTerms
from smartward.device import Device, Site
from smartward.observation import Value
from smartward.wording import rule_of, title, written

NO_TERMS = SeverityTerms(ack_s=None, resolve_s=None, channels=(), vi="", en="")


class AlertView(msgspec.Struct, frozen=True):
    """One alert with all that a person needs to know of it; independent of the time of asking.

    `value` and `threshold` are in the wire's unit, `quantity` names what they are. `source` is the code of the source
    that the threshold rests on, `source_text` says it. `deadline_ms` is the next thing due: the acknowledgement, then
    the resolution; None when nothing is. `timeline` holds what people did, in order.
    """

    id: str
    ward: str
    rule: str
    device: str
    place: str
    severity: Severity
    condition: Condition
    work: Work
    started_ms: int
    changed_ms: int
    title_vi: str
    title_en: str
    rule_vi: str
    rule_en: str
    severity_vi: str
    severity_en: str
    device_name: str = ""
    device_type: str = ""
    neighbourhood: str = ""
    lat: float | None = None
    lon: float | None = None
    category: str = ""
    cleared_ms: int | None = None
    resolved_ms: int | None = None
    reason: str = ""
    value: Value | None = None
    threshold: Value | None = None
    quantity: str = ""
    unit: str = ""
    value_vi: str = ""
    value_en: str = ""
    threshold_vi: str = ""
    threshold_en: str = ""
    response_vi: tuple[str, ...] = ()
    response_en: tuple[str, ...] = ()
    source: str = ""
    source_text: str = ""
    roles: tuple[str, ...] = ()
    verify: bool = False
    needs_word: bool = False
    inhibits: int = 0
    acknowledged_by: str | None = None
    acknowledged_by_name: str | None = None
    acknowledged_ms: int | None = None
    assignee: str | None = None
    assignee_name: str | None = None
    ack_deadline_ms: int | None = None
    resolve_deadline_ms: int | None = None
    timeline: tuple[WorkAction, ...] = ()

    @property
    def is_done(self) -> bool:
        """Tell whether its work is over."""
        return self.work in (Work.DONE, Work.FALSE_ALARM)

    @property
    def waits(self) -> bool:
        """Tell whether somebody still has to do something; closed on purpose while it fires, it does not."""
        return not self.is_done

    @property
    def is_resolved(self) -> bool:
        """Tell whether the condition is over and the work is done."""
        return self.condition is Condition.CLEARED and self.is_done

    @property
    def is_acknowledged(self) -> bool:
        """Tell whether somebody has it."""
        return self.work is not Work.NEW

    @property
    def deadline_ms(self) -> int | None:
        """Give the instant of the next thing due; None when nothing is."""
        if self.is_done or self.condition is not Condition.FIRING:
            return None
        return self.resolve_deadline_ms if self.is_acknowledged else self.ack_deadline_ms

    def title(self, lang: Lang) -> str:
        """Say in one line what is wrong."""
        return self.title_en if lang == "en" else self.title_vi

    def response(self, lang: Lang) -> tuple[str, ...]:
        """List the steps to take."""
        return self.response_en if lang == "en" else self.response_vi

    def severity_label(self, lang: Lang) -> str:
        """Name the severity."""
        return self.severity_en if lang == "en" else self.severity_vi

    def is_overdue(self, now_ms: int) -> bool:
        """Tell whether a deadline has passed."""
        return self.deadline_ms is not None and now_ms > self.deadline_ms

    def age_ms(self, now_ms: int) -> int:
        """Say how long ago it began."""
        return max(0, now_ms - self.started_ms)


def view_of(
    condition: AlertCondition,
    actions: Sequence[WorkAction],
    *,
    catalogue: Catalogue,
    register: Register,
    name_of: Callable[[str], str],
) -> AlertView:
    """Join what ingest decided with what people did, where it is, and what the catalogue says about it."""
    alert = fold(condition, actions)
    rule = rule_of(condition.rule, catalogue=catalogue)
    device = register.devices.get(condition.device)
    site = register.site_of(device) if device else None
    quantity = catalogue.quantity(device.type, condition.quantity) if device else None
    terms = catalogue.severities.get(condition.severity, NO_TERMS)
    return AlertView(
        id=condition.id,
        ward=condition.ward,
        rule=condition.rule,
        device=condition.device,
        place=_place(condition, device=device, site=site),
        severity=condition.severity,
        condition=condition.condition,
        work=alert.work,
        started_ms=condition.started_ms,
        changed_ms=condition.changed_ms,
        title_vi=title(condition, rule=rule, quantity=quantity, lang="vi"),
        title_en=title(condition, rule=rule, quantity=quantity, lang="en"),
        rule_vi=rule.vi if rule else condition.rule,
        rule_en=rule.en if rule else condition.rule,
        severity_vi=terms.vi or condition.severity,
        severity_en=terms.en or condition.severity,
        device_name=device.name if device else "",
        device_type=device.type if device else "",
        neighbourhood=site.neighbourhood if site else "",
        lat=_coordinate("lat", device, site),
        lon=_coordinate("lon", device, site),
        category=rule.category if rule else "",
        cleared_ms=condition.cleared_ms,
        resolved_ms=alert.resolved_ms,
        reason=condition.reason,
        value=condition.value,
        threshold=condition.threshold,
        quantity=condition.quantity,
        unit=quantity.unit if quantity else "",
        value_vi=written(condition.value, quantity=quantity, lang="vi"),
        value_en=written(condition.value, quantity=quantity, lang="en"),
        threshold_vi=written(condition.threshold, quantity=quantity, lang="vi"),
        threshold_en=written(condition.threshold, quantity=quantity, lang="en"),
        response_vi=rule.do_vi if rule else (),
        response_en=rule.do_en if rule else (),
        source=rule.src if rule else "",
        source_text=catalogue.sources.get(rule.src, "") if rule else "",
        roles=rule.to if rule else (),
        verify=condition.verify,
        needs_word=needs_a_word(condition),
        inhibits=condition.inhibits,
        acknowledged_by=alert.acknowledged_by,
        acknowledged_by_name=name_of(alert.acknowledged_by) if alert.acknowledged_by else None,
        acknowledged_ms=alert.acknowledged_ms,
        assignee=alert.assignee,
        assignee_name=name_of(alert.assignee) if alert.assignee else None,
        ack_deadline_ms=_after(condition, terms.ack_s),
        resolve_deadline_ms=_after(condition, terms.resolve_s),
        timeline=alert.timeline,
    )


def _place(condition: AlertCondition, *, device: Device | None, site: Site | None) -> str:
    """Name the place as it was when the alert was raised; failing that the site, the device's name, its id."""
    return condition.place or (site.name if site else "") or (device.name if device else "") or condition.device


def _coordinate(which: str, device: Device | None, site: Site | None) -> float | None:
    """Give where the device stands, or its site when nobody measured the device itself."""
    own = getattr(device, which, None)
    found = own if own is not None else getattr(site, which, None)
    return found if isinstance(found, float | int) else None


def _after(condition: AlertCondition, seconds: int | None) -> int | None:
    return None if seconds is None else condition.started_ms + seconds * 1_000
