"""An input keeps to its beat, and one that fails does not take the gateway down."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.inputs import LONGEST_BACK_OFF, Periodic, pause_s
from smartward.adapters.clock import FakeClock
from smartward.event import Event
from smartward.observation import Observation
from tests.edge.sinks import MemorySink


def test_a_periodic_input_reads_at_once_and_goes_on_until_it_is_stopped() -> None:
    """Every device speaks within seconds of the start, not one interval later."""
    seen: list[Observation | Event] = [
        Observation("gw-1", {"cpu_load": 0.5}, 1_000),
        Event("cam-1", "7b1c", "line_crossed", 1_000),
    ]
    sink = MemorySink()
    periodic = Periodic(lambda _: seen, name="host", every_s=0.001, clock=FakeClock(1_000))

    periodic.start(sink)
    said = sink.wait_for(6)
    periodic.stop()
    said_at_stop = len(sink.said)
    periodic.stop()

    assert said[:4] == seen * 2
    assert len(sink.said) == said_at_stop


def test_a_reading_that_raises_is_counted_logged_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """A loose cable is one line in the log, not a dead gateway and not a full disk."""
    answers = iter(range(100))

    def read(now_ms: int) -> Sequence[Observation | Event]:
        if next(answers) < 3:
            raise OSError("no such device")
        return [Observation("gw-1", {"cpu_load": 0.1}, now_ms)]

    sink = MemorySink()
    periodic = Periodic(read, name="bus", every_s=0.001, clock=FakeClock(1_000))
    with caplog.at_level(logging.INFO, logger="edge.inputs"):
        periodic.start(sink)
        sink.wait_for(1)
        periodic.stop()

    assert periodic.failures == 3
    assert [record.getMessage() for record in caplog.records] == [
        "input bus cannot be read, trying again: OSError('no such device')",
        "input bus is read again after 3 failures",
    ]


@given(every_s=st.floats(0.1, 3_600), spent_s=st.floats(-1e6, 1e6), failed_in_a_row=st.integers(0, 50))
def test_a_pause_is_never_longer_than_the_back_off_allows(every_s: float, spent_s: float, failed_in_a_row: int) -> None:
    """A clock that jumps by days may not silence a sensor for days."""
    pause = pause_s(every_s=every_s, spent_s=spent_s, failed_in_a_row=failed_in_a_row)

    assert 0 <= pause <= every_s * (LONGEST_BACK_OFF if failed_in_a_row else 1)


def test_missed_beats_are_left_out() -> None:
    """A reading of 25 s at a beat of 10 s is followed by the beat at 30 s, not by two at once."""
    assert pause_s(every_s=10, spent_s=25, failed_in_a_row=0) == 5
    assert [pause_s(every_s=10, spent_s=0, failed_in_a_row=n) for n in range(7)] == [10, 10, 20, 40, 80, 160, 160]
