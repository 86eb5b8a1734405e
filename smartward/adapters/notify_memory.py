"""The memory channel: a fake that keeps what it is told, and refuses when asked to."""

from __future__ import annotations

from smartward.errors import StoreUnavailable
from smartward.notification import Notification


class MemoryNotifier:
    """Keeps notifications in order; `refusing` makes it fail like a dead channel."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self.told: list[Notification] = []
        self.refusing = False

    def send(self, notification: Notification) -> str:
        """Keep one; raises StoreUnavailable while refusing."""
        if self.refusing:
            raise StoreUnavailable("the memory channel refuses")
        self.told.append(notification)
        return "kept"
