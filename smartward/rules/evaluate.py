"""Evaluate: one device's rules, fed one observation at a time. Values and time in, alert changes out."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from smartward.alert import AlertCondition, Condition, alert_id
from smartward.device import Device
from smartward.instants import SECOND_MS, to_datetime
from smartward.observation import Value
from smartward.rules.compiled import RuleSet, ThresholdRule
from smartward.rules.hold import CALM, Hold, step
from smartward.rules.hours import is_active
from smartward.rules.threshold import COMPARE, Side, resolve, side_of


class Change(StrEnum):
    """What happened to an alert."""

    OPENED = "opened"
    RAISED = "raised"
    LOWERED = "lowered"
    UPDATED = "updated"
    CLEARED = "cleared"


class AlertChange(NamedTuple):
    """One change and the alert's condition after it."""

    change: Change
    condition: AlertCondition


class Known(msgspec.Struct, frozen=True, array_like=True):
    """The newest value of a quantity and when it was true."""

    value: Value
    at_ms: int


class DeviceState(msgspec.Struct, array_like=True):
    """What the rules remember of one device: newest values, holds by rule, open alerts by chain."""

    values: dict[str, Known] = {}
    holds: dict[str, Hold] = {}
    alerts: dict[str, AlertCondition] = {}


class Standing(msgspec.Struct, frozen=True):
    """Where and what a device is, as its rules need it; `params` include its type's defaults."""

    device: Device
    place: str
    timezone: ZoneInfo
    params: dict[str, Value]


def evaluate(
    state: DeviceState, values: dict[str, Value], *, at_ms: int, rules: RuleSet, standing: Standing
) -> list[AlertChange]:
    """Take in the values of one instant, move the device's holds and alerts, and give what changed.

    `state` is changed in place. A value older than what is known of its quantity is passed over: late data is no news.
    """
    steady = {name: value for name, value in values.items() if rules.transient.get(name) != value}
    news = {name for name, value in steady.items() if _take_in(state, name, value, at_ms=at_ms)}
    touched = {each.id: each for name in news for each in rules.by_quantity.get(name, ())}
    for each in touched.values():
        _step_rule(state, each, at_ms=at_ms, standing=standing)
    chains = dict.fromkeys(each.chain for each in touched.values())
    changes = (_step_chain(state, chain, rules=rules, at_ms=at_ms, standing=standing) for chain in sorted(chains))
    return [change for change in changes if change]


def shift(state: DeviceState, *, by_ms: int) -> None:
    """Go along when our own clock was set, for a device that has only our clock."""
    state.values = {name: Known(known.value, known.at_ms + by_ms) for name, known in state.values.items()}
    state.holds = {
        rule: Hold(
            hold.is_firing,
            None if hold.breached_since_ms is None else hold.breached_since_ms + by_ms,
            None if hold.cleared_since_ms is None else hold.cleared_since_ms + by_ms,
        )
        for rule, hold in state.holds.items()
    }


def _take_in(state: DeviceState, name: str, value: Value, *, at_ms: int) -> bool:
    known = state.values.get(name)
    if known is not None and at_ms < known.at_ms:
        return False
    state.values[name] = Known(value, at_ms)
    return True


def _step_rule(state: DeviceState, each: ThresholdRule, *, at_ms: int, standing: Standing) -> None:
    rule = each.rule
    hold = state.holds.get(each.id, CALM)
    if any(standing.params.get(name) != wanted for name, wanted in rule.when.items()):
        return
    if not is_active(rule.active, at_ms=at_ms, timezone=standing.timezone):
        moved = CALM
    else:
        side = _side(state, each, at_ms=at_ms, standing=standing)
        hold_ms, clear_hold_ms = rule.for_s * SECOND_MS, rule.clear_for_s * SECOND_MS
        moved = step(hold, side, at_ms=at_ms, hold_ms=hold_ms, clear_hold_ms=clear_hold_ms)
    if moved == CALM:
        state.holds.pop(each.id, None)
    else:
        state.holds[each.id] = moved


def _side(state: DeviceState, each: ThresholdRule, *, at_ms: int, standing: Standing) -> Side:
    """Join the rule's own condition with its `and`: both must hold for a breach, either one's end clears."""
    known = state.values.get(each.rule.quantity)
    if known is None:
        return Side.UNKNOWN
    own = side_of(each.rule, known.value, threshold=threshold_of(each, at_ms=at_ms, standing=standing))
    also = each.rule.and_
    if also is None or own is not Side.BREACH:
        return own
    second = state.values.get(also.quantity)
    if second is None or isinstance(second.value, str) != isinstance(also.value, str):
        return Side.UNKNOWN
    return Side.BREACH if COMPARE[also.op](second.value, also.value) else Side.CLEAR


def threshold_of(each: ThresholdRule, *, at_ms: int, standing: Standing) -> Value | None:
    """Give the rule's threshold at this device on this day."""
    today = to_datetime(at_ms).astimezone(standing.timezone).date()
    return resolve(each.rule.value, params=standing.params, today=today)


def _step_chain(
    state: DeviceState, chain: str, *, rules: RuleSet, at_ms: int, standing: Standing
) -> AlertChange | None:
    """Let the chain's one alert open, grow, shrink or clear, by the highest of its rules that fires."""
    firing = [each for each in rules.chains[chain] if state.holds.get(each.id, CALM).is_firing]
    top = max(firing, key=lambda each: each.rank, default=None)
    before = state.alerts.get(chain)
    if top is None:
        return _clear(state, chain, rules=rules, at_ms=at_ms, standing=standing) if before else None
    after = _condition(top, chain, before=before, state=state, at_ms=at_ms, standing=standing)
    state.alerts[chain] = after
    if before is None:
        return AlertChange(Change.OPENED, after)
    if after.rule != before.rule:
        has_grown = after.severity.rank >= before.severity.rank
        return AlertChange(Change.RAISED if has_grown else Change.LOWERED, after)
    return AlertChange(Change.UPDATED, after) if after.value != before.value else None


def _condition(
    top: ThresholdRule,
    chain: str,
    *,
    before: AlertCondition | None,
    state: DeviceState,
    at_ms: int,
    standing: Standing,
) -> AlertCondition:
    device, known = standing.device, state.values.get(top.rule.quantity)
    is_same_rule = before is not None and before.rule == top.id
    started_ms = before.started_ms if before else at_ms
    return AlertCondition(
        id=before.id if before else alert_id(device.ward, device.id, chain, started_ms=started_ms),
        ward=device.ward,
        rule=top.id,
        device=device.id,
        place=before.place if before else standing.place,
        severity=top.rule.severity,
        condition=Condition.FIRING,
        started_ms=started_ms,
        changed_ms=before.changed_ms if before and is_same_rule else at_ms,
        value=known.value if known else None,
        threshold=threshold_of(top, at_ms=at_ms, standing=standing),
        quantity=top.rule.quantity,
        verify=bool(top.rule.verify) or (before is not None and before.verify),
    )


def _clear(state: DeviceState, chain: str, *, rules: RuleSet, at_ms: int, standing: Standing) -> AlertChange:
    before = state.alerts.pop(chain)
    rule = next((each.rule for each in rules.chains[chain] if each.id == before.rule), None)
    known = state.values.get(before.quantity)
    is_asleep = rule is not None and not is_active(rule.active, at_ms=at_ms, timezone=standing.timezone)
    after = msgspec.structs.replace(
        before,
        condition=Condition.CLEARED,
        changed_ms=at_ms,
        cleared_ms=at_ms,
        value=known.value if known else before.value,
        reason="hours" if is_asleep else "recovered",
    )
    return AlertChange(Change.CLEARED, after)
