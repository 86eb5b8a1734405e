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
        self._set_ms = 0
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

    def jump(self, *, seconds: float) -> int:
        """Set it as a person does, or NTP: no time passes. Give the new instant."""
        with self._lock:
            self._now_ms += round(seconds * 1_000)
            self._set_ms += round(seconds * 1_000)
            return self._now_ms

    def passed_ms(self) -> int:
        """Give the instant it would show if nobody had set it."""
        with self._lock:
            return self._now_ms - self._set_ms


class FakeSteadyClock:
    """Goes on evenly when a FakeClock is set, and moves with it when time passes."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def now_ms(self) -> int:
        """Give a count that only passing time moves."""
        return self._clock.passed_ms()


class SteadyClock:
    """Milliseconds since the machine started: for durations, because nobody can set it."""

    def now_ms(self) -> int:
        """Give the present count."""
        return time.monotonic_ns() // 1_000_000
