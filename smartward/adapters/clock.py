"""Clocks: the machine's own, and one that a test moves by hand."""

from __future__ import annotations

import threading
import time


class SystemClock:
    """The machine's wall clock."""

    def now_ms(self) -> int:
        """Give the present instant."""
        return time.time_ns() // 1_000_000


class FakeClock:
    """A clock that stands still until somebody moves it."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        """Give the instant it was last moved to."""
        with self._lock:
            return self._now_ms

    def advance(self, *, seconds: float = 0, ms: int = 0) -> int:
        """Move it, backwards too as a corrected machine does, and give the new instant."""
        with self._lock:
            self._now_ms += round(seconds * 1_000) + ms
            return self._now_ms


class SteadyClock:
    """Milliseconds since the machine started: for durations, because nobody can set it."""

    def now_ms(self) -> int:
        """Give the present count."""
        return time.monotonic_ns() // 1_000_000
