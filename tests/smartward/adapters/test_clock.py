"""Clocks keep their word."""

from __future__ import annotations

import time

from smartward.adapters.clock import FakeClock, FakeSteadyClock, SteadyClock, SystemClock
from smartward.ports import Clock


def test_the_system_clock_tells_the_machines_time() -> None:
    """Instants are compared with other machines': it must be wall time, in milliseconds."""
    clock: Clock = SystemClock()

    before_s = time.time()
    now_ms = clock.now_ms()

    assert before_s * 1_000 - 1 <= now_ms <= time.time() * 1_000 + 1


def test_the_fake_clock_stands_still_until_it_is_moved() -> None:
    """A hold time is tested without waiting for it."""
    fake = FakeClock(1_000)
    clock: Clock = fake

    assert clock.now_ms() == clock.now_ms() == 1_000
    assert fake.advance(seconds=1.5) == 2_500
    assert fake.advance(ms=7) == 2_507
    assert clock.now_ms() == 2_507


def test_the_fake_clock_can_go_back() -> None:
    """A machine's clock is set back by NTP; code that must survive it can be shown it."""
    fake = FakeClock(1_000)

    fake.advance(seconds=-2)

    assert fake.now_ms() == -1_000


def test_a_steady_clock_goes_on_evenly_when_the_other_is_set() -> None:
    """A duration is what passed, not what somebody set."""
    fake = FakeClock(1_000)
    steady: Clock = FakeSteadyClock(fake)
    began_ms = steady.now_ms()

    fake.jump(seconds=86_400)
    fake.advance(seconds=2)
    fake.jump(seconds=-90_000)

    assert steady.now_ms() - began_ms == 2_000
    assert fake.now_ms() == 1_000 + 2_000 - 3_600_000


def test_the_machine_s_steady_clock_never_goes_back() -> None:
    """It counts milliseconds from wherever it likes."""
    clock: Clock = SteadyClock()

    counts = [clock.now_ms() for _ in range(1_000)]

    assert counts == sorted(counts)
