"""Holds: a short spike wakes nobody, a short dip ends nothing. Pure, in event time."""

from __future__ import annotations

import msgspec

from smartward.rules.threshold import Side


class Hold(msgspec.Struct, frozen=True, array_like=True):
    """How long one rule has been on one side at one device; `is_firing` once a breach has lasted."""

    is_firing: bool = False
    breached_since_ms: int | None = None
    cleared_since_ms: int | None = None


CALM = Hold()


def step(hold: Hold, side: Side, *, at_ms: int, hold_ms: int, clear_hold_ms: int) -> Hold:
    """Go on by one value: fire when every value over the hold time was a breach, end when every one was clear.

    UNKNOWN changes nothing. A value between the two breaks both streaks.
    """
    if side is Side.UNKNOWN:
        return hold
    if side is Side.BETWEEN:
        return CALM if not hold.is_firing else Hold(is_firing=True)
    if side is Side.BREACH:
        since_ms = at_ms if hold.breached_since_ms is None else hold.breached_since_ms
        return Hold(is_firing=hold.is_firing or at_ms - since_ms >= hold_ms, breached_since_ms=since_ms)
    if not hold.is_firing:
        return CALM
    since_ms = at_ms if hold.cleared_since_ms is None else hold.cleared_since_ms
    if at_ms - since_ms >= clear_hold_ms:
        return CALM
    return Hold(is_firing=True, cleared_since_ms=since_ms)
