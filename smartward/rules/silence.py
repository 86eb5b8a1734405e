"""Silence: who is heard, who is not, and the one alert that explains it. Pure: words and time in, judgements out.

A device is silent after three of its reporting intervals (`common.offline`). A gateway is out when its last will has
stood for `will_s`, or when nothing at all was heard of it for 2.5 heartbeats (`common.gateway_outage`): ONE alert;
its devices are inhibited from the first instant of doubt and for one interval after it returns. Time in which we could
not listen ourselves (no broker, just started) is nobody's silence.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from smartward.alert import AlertCondition, Condition, alert_id
from smartward.catalogue.model import Catalogue
from smartward.device import Device, Presence, PresenceState
from smartward.instants import SECOND_MS
from smartward.rule import Rule
from smartward.rules.evaluate import AlertChange, Change

OFFLINE, GATEWAY_OUTAGE = "common.offline", "common.gateway_outage"
DOUBT_HEARTBEATS = 1.5
"""From here on a quiet gateway is in doubt, and its devices' silence is held back."""


class Limits(msgspec.Struct, frozen=True):
    """How long silence may last, in ms: by device type, for a gateway, and how long a last will stands first."""

    silent_ms: dict[str, int]
    interval_ms: dict[str, int]
    gateway_ms: int
    doubt_ms: int
    will_ms: int
    offline: Rule
    outage: Rule


class Ear(msgspec.Struct, array_like=True):
    """What we last heard of one device; `will_ms` stands while its last will does, `back_ms` is when it returned.

    `out_ms` is when its alert opened, by a clock that may have been set since; `skew_ms` is shown with its presence.
    """

    heard_ms: int | None = None
    session: str = ""
    will_ms: int | None = None
    back_ms: int | None = None
    alert: AlertCondition | None = None
    presence: Presence | None = None
    out_ms: int | None = None
    skew_ms: int | None = None


class Judgement(msgspec.Struct, frozen=True):
    """What changed: presences to show, alerts to move, and the ears that must be kept on disk."""

    presences: tuple[Presence, ...]
    changes: tuple[AlertChange, ...]


def limits_of(catalogue: Catalogue) -> Limits:
    """Read the limits from the common rules under the operating profile."""
    rules = {rule.id: rule for rule in catalogue.common_rules}
    offline, outage = rules["offline"], rules["gateway_outage"]
    interval_ms = {name: catalogue.reporting_interval_s(name) * SECOND_MS for name in catalogue.types}
    intervals = _number(offline)
    return Limits(
        silent_ms={name: int(max(intervals * each, offline.min_s * SECOND_MS)) for name, each in interval_ms.items()},
        interval_ms=interval_ms,
        gateway_ms=int(_number(outage) * catalogue.heartbeat_s * SECOND_MS),
        doubt_ms=int(DOUBT_HEARTBEATS * catalogue.heartbeat_s * SECOND_MS),
        will_ms=outage.will_s * SECOND_MS,
        offline=offline,
        outage=outage,
    )


def hear(ears: dict[str, Ear], device: str, *, gateway: str, at_ms: int) -> None:
    """Note that a device spoke, and with it its gateway."""
    for name in (device, gateway):
        ear = ears.setdefault(name, Ear())
        ear.heard_ms = max(ear.heard_ms or 0, at_ms)
    if ears[gateway].will_ms is not None:
        ears[gateway].will_ms, ears[gateway].back_ms = None, at_ms


def hear_presence(ears: dict[str, Ear], gateway: str, *, online: bool, session: str, at_ms: int) -> None:
    """Note a gateway's own word, or its last will; the will of an older session is ignored."""
    ear = ears.setdefault(gateway, Ear())
    if online:
        if ear.will_ms is not None:
            ear.back_ms = at_ms
        ear.session, ear.will_ms = session, None
        ear.heard_ms = max(ear.heard_ms or 0, at_ms)
    elif ear.session in ("", session) and ear.will_ms is None:
        ear.will_ms = at_ms


def shift(ears: dict[str, Ear], *, by_ms: int) -> None:
    """Go along when our own clock was set: what was heard ten seconds ago was heard ten seconds ago."""
    for ear in ears.values():
        ear.heard_ms = None if ear.heard_ms is None else ear.heard_ms + by_ms
        ear.will_ms = None if ear.will_ms is None else ear.will_ms + by_ms
        ear.back_ms = None if ear.back_ms is None else ear.back_ms + by_ms
        ear.out_ms = None if ear.out_ms is None else ear.out_ms + by_ms


def not_after(ears: dict[str, Ear], *, now_ms: int) -> None:
    """Mend what a clock that was set back while we were away has left in the future."""
    for ear in ears.values():
        ear.heard_ms = None if ear.heard_ms is None else min(ear.heard_ms, now_ms)
        ear.will_ms = None if ear.will_ms is None else min(ear.will_ms, now_ms)
        ear.back_ms = None if ear.back_ms is None else min(ear.back_ms, now_ms)
        if ear.alert is not None:
            ear.out_ms = min(ear.alert.started_ms if ear.out_ms is None else ear.out_ms, now_ms)


def judge(
    ears: dict[str, Ear],
    devices: Mapping[str, Device],
    *,
    places: Mapping[str, str],
    limits: Limits,
    now_ms: int,
    listening_since_ms: int,
) -> Judgement:
    """Judge everybody at one instant; `ears` are changed in place, what changed is given back."""
    presences, changes = [], []
    behind: dict[str, int] = {}
    for device in devices.values():
        if not device.is_gateway:
            behind[device.gateway] = behind.get(device.gateway, 0) + 1
    gateways_first = sorted(devices.values(), key=lambda device: not device.is_gateway)
    for device in gateways_first:
        ear = ears.setdefault(device.id, Ear())
        is_out = _is_out(device, ear, limits=limits, now_ms=now_ms, listening_since_ms=listening_since_ms)
        inhibited = not device.is_gateway and _is_in_doubt(
            ears.setdefault(device.gateway, Ear()), device, limits=limits, now_ms=now_ms, since_ms=listening_since_ms
        )
        presence = _presence(device, ear, ears, is_out=is_out, limits=limits, now_ms=now_ms)
        if presence != ear.presence:
            ear.presence = presence
            presences.append(presence)
        change = _move(
            device,
            ear,
            is_out=is_out and not inhibited,
            inhibits=behind.get(device.id, 0),
            limits=limits,
            place=places.get(device.id, device.id),
            now_ms=now_ms,
        )
        changes += [change] if change else []
    return Judgement(tuple(presences), tuple(changes))


def _is_out(device: Device, ear: Ear, *, limits: Limits, now_ms: int, listening_since_ms: int) -> bool:
    """Tell whether the device has been silent beyond its limit; one that was never heard is not judged."""
    if ear.heard_ms is None:
        return False
    silent_ms = now_ms - max(ear.heard_ms, listening_since_ms)
    if not _is_agent(device):
        return silent_ms > limits.silent_ms.get(device.type, limits.gateway_ms)
    has_left = ear.will_ms is not None and now_ms - ear.will_ms >= limits.will_ms
    return has_left or silent_ms > limits.gateway_ms


def _is_agent(device: Device) -> bool:
    """Tell whether an edge agent runs there: only for these is an outage one alert for all behind them."""
    return device.is_gateway and device.type == "edge_gateway"


def _is_in_doubt(gateway: Ear, device: Device, *, limits: Limits, now_ms: int, since_ms: int) -> bool:
    """Tell whether the device's silence may be its gateway's."""
    if gateway.will_ms is not None or gateway.alert is not None:
        return True
    if gateway.heard_ms is not None and now_ms - max(gateway.heard_ms, since_ms) > limits.doubt_ms:
        return True
    interval_ms = limits.interval_ms.get(device.type, limits.gateway_ms)
    return gateway.back_ms is not None and now_ms - gateway.back_ms <= max(interval_ms, limits.doubt_ms)


def _presence(
    device: Device, ear: Ear, ears: Mapping[str, Ear], *, is_out: bool, limits: Limits, now_ms: int
) -> Presence:
    """Give what the screen shows; a changed state begins now, an unchanged one keeps its beginning."""
    if ear.heard_ms is None:
        state, reason = PresenceState.UNKNOWN, "never_heard"
    elif not device.is_gateway and ears[device.gateway].alert is not None:
        state, reason = PresenceState.OFFLINE, "gateway_outage"
    elif is_out:
        state, reason = PresenceState.OFFLINE, "last_will" if ear.will_ms is not None else "silent"
    elif ear.will_ms is not None or now_ms - ear.heard_ms > limits.interval_ms.get(device.type, limits.gateway_ms) * 2:
        state, reason = PresenceState.STALE, "last_will" if ear.will_ms is not None else "silent"
    else:
        state, reason = PresenceState.ONLINE, "heard"
    before = ear.presence
    is_same = before is not None and before.state is state
    since_ms = before.since_ms if before is not None and is_same else now_ms
    heard_ms = before.heard_ms if before is not None and is_same and before.reason == reason else ear.heard_ms
    return Presence(device.id, device.ward, state, since_ms, reason, heard_ms, ear.skew_ms)


def _move(
    device: Device, ear: Ear, *, is_out: bool, inhibits: int, limits: Limits, place: str, now_ms: int
) -> AlertChange | None:
    """Open the alert when the device is out, clear it when it is heard again; in between nothing changes."""
    if ear.alert is None and is_out:
        rule = limits.outage if _is_agent(device) else limits.offline
        rule_id = GATEWAY_OUTAGE if _is_agent(device) else OFFLINE
        ear.out_ms = now_ms
        ear.alert = AlertCondition(
            id=alert_id(device.ward, device.id, rule_id, started_ms=ear.heard_ms or now_ms),
            ward=device.ward,
            rule=rule_id,
            device=device.id,
            place=place,
            severity=rule.severity,
            condition=Condition.FIRING,
            started_ms=now_ms,
            changed_ms=now_ms,
            inhibits=inhibits,
        )
        return AlertChange(Change.OPENED, ear.alert)
    out_ms = ear.out_ms if ear.out_ms is not None or ear.alert is None else ear.alert.started_ms
    is_heard = ear.heard_ms is not None and out_ms is not None and ear.heard_ms > out_ms
    if ear.alert is not None and is_heard and ear.will_ms is None:
        cleared = msgspec.structs.replace(
            ear.alert, condition=Condition.CLEARED, changed_ms=now_ms, cleared_ms=now_ms, reason="heard"
        )
        ear.alert, ear.out_ms, ear.back_ms = None, None, now_ms
        return AlertChange(Change.CLEARED, cleared)
    return None


def _number(rule: Rule) -> float:
    return float(rule.value) if isinstance(rule.value, int | float) else 0.0
