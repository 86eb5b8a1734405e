"""The edge agent: one gateway's inputs, outbox and uplink, with the one thread that drives them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import Event as Flag
from threading import Thread

from edge.inputs import Input
from edge.outbox import Outbox
from edge.uplink import Uplink
from smartward.ports import Bus

logger = logging.getLogger(__name__)


class Agent:
    """One gateway: what its inputs say goes to the outbox, and the uplink brings it to the server."""

    def __init__(self, *, gateway: str, bus: Bus, outbox: Outbox, uplink: Uplink, inputs: Sequence[Input] = ()) -> None:
        self.gateway = gateway
        self._bus, self._outbox, self._uplink = bus, outbox, uplink
        self._inputs = tuple(inputs)
        self._stop = Flag()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Open the outbox, connect, and start the inputs; raises StoreUnavailable when the outbox cannot be opened."""
        self._outbox.open()
        self._stop.clear()
        self._thread = Thread(target=self._run, name=f"agent-{self.gateway}", daemon=True)
        self._thread.start()
        self._bus.start(self._uplink)
        for source in self._inputs:
            source.start(self._uplink)

    def stop(self) -> None:
        """Stop the inputs, write everything down, say goodbye; safe to call twice and after a start that failed."""
        for source in self._inputs:
            source.stop()
        if self._thread is not None:
            self._stop.set()
            self._uplink.wake.set()
            self._thread.join()
            self._thread = None
        self._bus.stop()
        self._outbox.close()

    def _run(self) -> None:
        """Do what is due, sleep until something is, and leave in good order."""
        while not self._stop.is_set():
            wait_s = self._uplink.step()
            self._uplink.wake.wait(wait_s)
            self._uplink.wake.clear()
        self._uplink.say_goodbye()
