"""Skew: how far a device's clock is ahead of ours, told from what it says live. Pure: instants in, figures out.

One message proves nothing: it may have waited in an outbox or a broker. A message counts only if, since the device's
message before it, about as much time has passed here as there: while a backlog is sent, hours pass there in seconds
here. The figure is the median of the newest that count, so that single delays do not move it.
"""

from __future__ import annotations

from statistics import median

import msgspec

from smartward.instants import SECOND_MS

KEPT = 9
NEEDED = 5
"""How many messages the figure rests on, and how many it takes before there is one."""
BACKLOG_PACE = 2
"""Time that passes there at more than this many times the pace here is a backlog."""
SHOWN_STEP_MS = 2 * SECOND_MS
"""A shown figure follows when it is wrong by this, or by a tenth of itself."""


class Claims(msgspec.Struct):
    """What one device claimed of its clock: the newest that count (ms ahead of arrival), and its newest message."""

    ahead_ms: list[int] = []
    claimed_ms: int | None = None
    arrived_ms: int = 0

    @property
    def skew_ms(self) -> int | None:
        """Give how far the clock is ahead; None while too few messages count."""
        return None if len(self.ahead_ms) < NEEDED else round(median(self.ahead_ms))


def claim(claims: Claims, *, claimed_ms: int, arrived_ms: int) -> None:
    """Take in one message's instant. A message that claims its very arrival has no clock of its own."""
    if claimed_ms == arrived_ms:
        return
    before_ms = claims.claimed_ms
    passed_there, passed_here = claimed_ms - (before_ms or 0), arrived_ms - claims.arrived_ms
    claims.claimed_ms, claims.arrived_ms = claimed_ms, arrived_ms
    if before_ms is None or passed_there <= passed_here * BACKLOG_PACE:
        claims.ahead_ms = [*claims.ahead_ms, claimed_ms - arrived_ms][-KEPT:]


def shown(skew_ms: int | None, *, before_ms: int | None) -> int | None:
    """Give the figure for a screen in whole seconds; it stays while the new one is about the same."""
    if skew_ms is None:
        return before_ms
    if before_ms is not None and abs(skew_ms - before_ms) < max(SHOWN_STEP_MS, abs(before_ms) // 10):
        return before_ms
    return round(skew_ms / SECOND_MS) * SECOND_MS


def is_wrong(skew_ms: int, *, limit_ms: int, own_ms: int) -> bool:
    """Tell whether a device's clock is wrong, and not ours: `own_ms` is how far ours was set while we ran.

    Both before and after our clock was set the device must have been wrong.
    """
    return abs(skew_ms) > limit_ms and abs(skew_ms + own_ms) > limit_ms
