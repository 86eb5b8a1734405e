"""The file channel: one JSON line a notification, flushed to disk before it counts as sent."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

import msgspec

from smartward.errors import StoreUnavailable
from smartward.notification import Notification


class FileNotifier:
    """Appends notifications to a file that other programs may follow."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made when first needed."""
        self._path = path
        self._lock = Lock()

    def send(self, notification: Notification) -> str:
        """Append one line and answer with the file's name; raises StoreUnavailable when it cannot be written."""
        line = msgspec.json.encode(notification) + b"\n"
        try:
            with self._lock, self._path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreUnavailable(f"{self._path} cannot be written: {error.strerror}") from error
        return f"written to {self._path.name}"
