"""The sentry: finds observations that a device left retained, on a broker that hides the mark while it passes them on.

The embedded broker gives the retain mark only to whoever subscribes afresh. A second, short connection does so every
few seconds; what it is given as retained goes to the intake, which refuses it by name. Each is refused once a process.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue

from ingest.redelivery import digest_of
from smartward.ports import Bus, Message

REMEMBERED = 10_000


class Sentry:
    """Looks and rests by turns: one step subscribes, the next one gathers what was retained."""

    def __init__(self, *, connect: Callable[[], Bus], refuse: Callable[[Message], None]) -> None:
        """Know how to make a fresh connection, and who refuses."""
        self._connect, self._refuse = connect, refuse
        self._bus: Bus | None = None
        self._given: SimpleQueue[Message] = SimpleQueue()
        self._known: dict[bytes, None] = {}

    def connected(self) -> None:
        """Wait for what the broker has retained."""

    def disconnected(self, reason: str) -> None:
        """Try again with the next look; the intake's own connection says why it is lost."""

    def received(self, message: Message) -> None:
        """Keep what is retained; live messages are the intake's."""
        if message.retained and message.payload:
            self._given.put(message)

    def step(self) -> bool:
        """Begin a look, or end it and hand over what it found; False: rest now."""
        if self._bus is None:
            self._bus = self._connect()
            self._bus.start(self)
            return False
        self.stop()
        while True:
            try:
                message = self._given.get_nowait()
            except Empty:
                return False
            digest = digest_of(message)
            if digest not in self._known:
                self._known[digest] = None
                self._refuse(Message(message.topic, message.payload, retained=True))
            while len(self._known) > REMEMBERED:
                self._known.pop(next(iter(self._known)))

    def stop(self) -> None:
        """End a look that is under way; safe to call twice."""
        if self._bus is not None:
            self._bus.stop()
            self._bus = None
