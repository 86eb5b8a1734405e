"""The console channel: one line a notification on a stream, for whoever watches the terminal."""

from __future__ import annotations

from typing import TextIO

from smartward.errors import StoreUnavailable
from smartward.notification import Notification


class ConsoleNotifier:
    """Writes notifications to a text stream."""

    def __init__(self, stream: TextIO) -> None:
        """Know the stream; it stays the caller's."""
        self._stream = stream

    def send(self, notification: Notification) -> str:
        """Write one line; raises StoreUnavailable when the stream is gone."""
        try:
            self._stream.write(f"{notification.recipient}: {notification.text}\n")
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise StoreUnavailable(f"the console cannot be written: {error}") from error
        return "shown on the console"
