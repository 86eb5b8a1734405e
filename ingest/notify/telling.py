"""Telling: the queue's own loop. A slow or dead channel holds up nobody's data and no other channel."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.home import Home
from ingest.notify import queue
from smartward.errors import SmartwardError
from smartward.ports import Clock, Notifier

AT_ONCE = 50


class Telling:
    """Hands due notifications to their channels and keeps what became of them."""

    def __init__(self, home: Home, *, channels: Mapping[str, Notifier], clock: Clock) -> None:
        """Know the channels by name."""
        self._home, self._channels, self._clock = home, channels, clock

    def step(self) -> bool:
        """Tell what is due; True when there was something."""
        now_ms = self._clock.now_ms()
        with self._home.database.reading() as connection:
            notifications = queue.due(connection, now_ms=now_ms, limit=AT_ONCE)
        for notification in notifications:
            channel = self._channels.get(notification.channel)
            if channel is None:
                answer, is_sent = f"channel {notification.channel!r} is not set up", False
            else:
                try:
                    answer, is_sent = channel.send(notification), True
                except SmartwardError as error:
                    answer, is_sent = str(error), False
            with self._home.database.transaction() as connection:
                if is_sent:
                    queue.sent(connection, notification, answer=answer)
                else:
                    queue.failed(connection, notification, answer=answer, now_ms=now_ms)
        return bool(notifications)
