"""The supervisor: what dies is started again, what refuses its configuration is not, and all end together."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from smartward.supervisor import ChildFailed, Service, Supervisor

IDLE = (sys.executable, "-c", "import signal; signal.pause()")


def until(condition: Callable[[], bool], *, poll: Callable[[], None] = lambda: None) -> None:
    """Wait for a condition, for as long as a slow machine may need."""
    give_up = time.monotonic() + 60
    while not condition():
        poll()
        assert time.monotonic() < give_up, "it never came true"
        os.sched_yield()


def test_a_killed_service_is_started_again(tmp_path: Path) -> None:
    """Kill -9 is survived."""
    supervisor = Supervisor([Service("idle", IDLE)], logs=tmp_path)
    supervisor.start()
    first = supervisor.pid("idle")
    assert first is not None
    try:
        os.kill(first, signal.SIGKILL)
        until(lambda: supervisor.pid("idle") is None)
        supervisor.poll(now_s=100.0)
        assert supervisor.pid("idle") is None
        supervisor.poll(now_s=100.4)
        assert supervisor.pid("idle") is None
        supervisor.poll(now_s=100.6)
        assert supervisor.pid("idle") not in (None, first)
    finally:
        supervisor.stop()


def test_a_service_that_ran_well_for_a_minute_is_started_again_at_once(tmp_path: Path) -> None:
    """Long waits are for what dies again and again."""
    supervisor = Supervisor([Service("idle", IDLE)], logs=tmp_path)
    supervisor.start()
    now_s = 0.0
    try:
        for _ in range(3):
            supervisor.poll(now_s=now_s)
            supervisor.poll(now_s=now_s + 61)
            pid = supervisor.pid("idle")
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            until(lambda: supervisor.pid("idle") is None)
            supervisor.poll(now_s=now_s + 62)
            supervisor.poll(now_s=now_s + 62.6)
            assert supervisor.pid("idle") is not None
            now_s += 100
    finally:
        supervisor.stop()


def test_stopping_leaves_no_process(tmp_path: Path) -> None:
    """Not even one that ignores the polite signal."""
    stubborn = (
        sys.executable,
        "-c",
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile 1: signal.pause()",
    )
    supervisor = Supervisor([Service("idle", IDLE), Service("stubborn", stubborn)], logs=tmp_path)
    supervisor.start()
    pids = [supervisor.pid("idle"), supervisor.pid("stubborn")]
    supervisor.stop()
    supervisor.stop()

    assert not [pid for pid in pids if pid is not None and psutil.pid_exists(pid)]


def test_a_service_that_refuses_its_configuration_is_not_tried_again(tmp_path: Path) -> None:
    """Exit code 2 means that a person must mend something; its own words say what."""
    refusing = (sys.executable, "-c", "import sys; print('smartward.toml:3: no such key'); sys.exit(2)")
    supervisor = Supervisor([Service("picky", refusing)], logs=tmp_path)
    supervisor.start()
    try:
        until(lambda: supervisor.pid("picky") is None)
        with pytest.raises(ChildFailed, match=r"picky does not start: smartward\.toml:3: no such key"):
            supervisor.poll(now_s=1.0)
    finally:
        supervisor.stop()
