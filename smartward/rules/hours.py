"""Hours: whether a rule is awake, in the ward's own time, over midnight if need be. Pure."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from smartward.instants import to_datetime


def is_active(window: str, *, at_ms: int, timezone: ZoneInfo) -> bool:
    """Tell whether an instant lies in a window `HH:MM-HH:MM` of ward time; an empty window is always.

    The start belongs to the window, the end does not.
    """
    if not window:
        return True
    start, end = (time.fromisoformat(edge) for edge in window.split("-"))
    now = to_datetime(at_ms).astimezone(timezone).time()
    return start <= now < end if start < end else now >= start or now < end
