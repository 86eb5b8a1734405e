"""Inputs: where a gateway's observations and events come from, and the sink they all speak to.

A camera or a simulated sensor is an `Input`: it is started with a `Sink`, says what it sees from threads of its own,
and ends them when stopped. What is read at regular intervals is a `Periodic` around one function:

    Periodic(lambda now_ms: [Observation("gw-1", {"cpu_load": 0.2}, now_ms)], name="host", every_s=60, clock=clock)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event as Flag
from threading import Thread
from typing import Protocol

from smartward.event import Event
from smartward.observation import Observation
from smartward.ports import Clock

logger = logging.getLogger(__name__)

LONGEST_BACK_OFF = 16
"""A reading that keeps failing is tried again at most this many intervals later."""

Read = Callable[[int], Sequence[Observation | Event]]
"""Reads once, at an instant in ms; what it raises is logged and counted, and it is called again later."""


class Sink(Protocol):
    """Takes what inputs say: from any thread, in order per thread, without waiting for disk or network.

    It never raises for want of room or connection: what becomes of telemetry then is the outbox's business.
    """

    def observe(self, observation: Observation) -> None:
        """Take the values of one device at one instant."""

    def assert_event(self, event: Event) -> None:
        """Take a fact; the sink gives it no id, the input does."""


class Input(Protocol):
    """Something on this gateway that sees or measures."""

    def start(self, sink: Sink) -> None:
        """Begin to say what is seen, from own threads; returns at once."""

    def stop(self) -> None:
        """End the threads; nothing is said afterwards. Safe to call twice, and without a start."""


class Periodic:
    """An input that reads every `every_s` seconds, the first time at once.

    Readings keep to their beat: a slow one is not made up for, its missed beats are left out. One that raises is
    logged once per run of failures and tried again after 1, 2, 4 … 16 intervals.
    """

    def __init__(self, read: Read, *, name: str, every_s: float, clock: Clock) -> None:
        self.name = name
        self.failures = 0
        self._read = read
        self._every_s = every_s
        self._clock = clock
        self._failed_in_a_row = 0
        self._stop = Flag()
        self._thread: Thread | None = None

    def start(self, sink: Sink) -> None:
        """Begin to read on a thread of its own."""
        self._stop.clear()
        self._thread = Thread(target=self._run, args=(sink,), name=f"input-{self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the reading in hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, sink: Sink) -> None:
        """Read, say, wait; until stopped."""
        while not self._stop.is_set():
            began_ms = self._clock.now_ms()
            self._read_once(sink, now_ms=began_ms)
            spent_s = (self._clock.now_ms() - began_ms) / 1000
            self._stop.wait(pause_s(every_s=self._every_s, spent_s=spent_s, failed_in_a_row=self._failed_in_a_row))

    def _read_once(self, sink: Sink, *, now_ms: int) -> None:
        """Read and say it; a reading that raises is this input's health, not the gateway's end."""
        try:
            say(self._read(now_ms), sink)
        except Exception as error:  # noqa: BLE001 - a sensor's driver may raise anything, and the loop must survive it
            self.failures += 1
            self._failed_in_a_row += 1
            if self._failed_in_a_row == 1:
                logger.warning("input %s cannot be read, trying again: %r", self.name, error)
            return
        if self._failed_in_a_row:
            logger.info("input %s is read again after %s failures", self.name, self._failed_in_a_row)
            self._failed_in_a_row = 0


def say(facts: Sequence[Observation | Event], sink: Sink) -> None:
    """Hand facts to a sink, in order."""
    for fact in facts:
        if isinstance(fact, Event):
            sink.assert_event(fact)
        else:
            sink.observe(fact)


def pause_s(*, every_s: float, spent_s: float, failed_in_a_row: int) -> float:
    """Tell how long to wait for the next beat after a reading that took `spent_s`, both in seconds.

    A clock that was set meanwhile never makes the pause longer than one interval, times the back-off.
    """
    if failed_in_a_row:
        return every_s * min(1 << (failed_in_a_row - 1), LONGEST_BACK_OFF)
    return every_s - max(spent_s, 0.0) % every_s
