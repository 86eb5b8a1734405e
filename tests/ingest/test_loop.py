"""Loops survive what their step cannot do, and end when they are told."""

from __future__ import annotations

import logging
from threading import Event

import pytest

from ingest.loop import Loop
from smartward.errors import StoreUnavailable

PATIENCE_S = 30


@pytest.mark.parametrize("error", [StoreUnavailable("the store is away"), OverflowError("a mistake of ours")])
def test_a_failing_step_is_said_once_and_tried_again(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """Neither an outage nor a mistake of ours ends a loop."""
    worked, tries = Event(), []

    def step() -> bool:
        tries.append(1)
        if len(tries) < 3:
            raise error
        worked.set()
        return False

    loop = Loop("test", step, idle_s=60)
    with caplog.at_level(logging.INFO, logger="ingest.loop"):
        loop.start()
        assert worked.wait(PATIENCE_S)
        loop.stop()

    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 1
    assert loop.trouble == ""


def test_stopping_wakes_a_resting_loop_and_is_safe_before_the_start() -> None:
    """Nobody waits out an idle minute."""
    rested = Event()

    def step() -> bool:
        rested.set()
        return False

    loop = Loop("test", step, idle_s=3600)
    loop.stop()
    loop = Loop("test", step, idle_s=3600)
    loop.start()
    assert rested.wait(PATIENCE_S)
    loop.stop()
    loop.stop()
