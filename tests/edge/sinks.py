"""A sink in memory, for tests of inputs: it keeps what was said and wakes whoever waits for it."""

from __future__ import annotations

from threading import Condition

from smartward.event import Event
from smartward.observation import Observation

DEADLINE_S = 20.0


class MemorySink:
    """Keeps all that inputs say, in order."""

    def __init__(self) -> None:
        self.said: list[Observation | Event] = []
        self._changed = Condition()

    def observe(self, observation: Observation) -> None:
        """Keep an observation."""
        self._keep(observation)

    def assert_event(self, event: Event) -> None:
        """Keep an event."""
        self._keep(event)

    def wait_for(self, count: int) -> list[Observation | Event]:
        """Give all that was said, once there are `count` of them."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.said) >= count, timeout=DEADLINE_S), self.said
            return list(self.said)

    def _keep(self, fact: Observation | Event) -> None:
        with self._changed:
            self.said.append(fact)
            self._changed.notify_all()
