"""Facts: what is so now, and the alerts that stand as long as it is. Pure: facts and time in, alert changes out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from smartward.alert import AlertCondition, Condition, alert_id
from smartward.catalogue.model import Catalogue
from smartward.errors import CatalogueError
from smartward.rules.evaluate import AlertChange, Change


class Fact(msgspec.Struct, frozen=True):
    """Something that is so: which rule (full id) it breaks, at which device of which ward, how much, beyond what."""

    rule: str
    ward: str
    device: str
    place: str
    value: float | None = None
    threshold: float | None = None

    @property
    def key(self) -> str:
        """Name the one alert that stands for it."""
        return f"{self.rule}/{self.ward}/{self.device}"


def move(
    standing: Mapping[str, AlertCondition],
    facts: Collection[Fact],
    *,
    unknown: Collection[str],
    catalogue: Catalogue,
    now_ms: int,
) -> list[AlertChange]:
    """Open an alert for each new fact and clear those whose fact is over; keys that are `unknown` now stay as they are.

    Raises CatalogueError for a rule that is not in the catalogue.
    """
    present = {fact.key for fact in facts}
    opened = [_open(fact, catalogue=catalogue, now_ms=now_ms) for fact in facts if fact.key not in standing]
    cleared = [
        msgspec.structs.replace(
            condition, condition=Condition.CLEARED, changed_ms=now_ms, cleared_ms=now_ms, reason="recovered"
        )
        for key, condition in standing.items()
        if key not in present and key not in unknown
    ]
    return [
        *(AlertChange(Change.OPENED, condition) for condition in opened),
        *(AlertChange(Change.CLEARED, condition) for condition in cleared),
    ]


def key_of(condition: AlertCondition) -> str:
    """Name the fact that an alert stands for."""
    return Fact(condition.rule, condition.ward, condition.device, condition.place).key


def _open(fact: Fact, *, catalogue: Catalogue, now_ms: int) -> AlertCondition:
    rule = catalogue.rule(fact.rule)
    if rule is None:
        raise CatalogueError(f"rule {fact.rule} is not in the catalogue; add it to its common or platform rules")
    return AlertCondition(
        id=alert_id(fact.ward, fact.device, fact.rule, started_ms=now_ms),
        ward=fact.ward,
        rule=fact.rule,
        device=fact.device,
        place=fact.place,
        severity=rule.severity,
        condition=Condition.FIRING,
        started_ms=now_ms,
        changed_ms=now_ms,
        value=fact.value,
        threshold=fact.threshold,
    )
