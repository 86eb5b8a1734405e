"""Redeliveries of plain messages: the broker repeats, after a broken connection, what it had no acknowledgement for.

A plain message has no number. It is a repeat when its topic and payload are among those that reached our disk in the
last seconds before the connection broke (older ones are acknowledged for certain), and it comes marked as redelivered,
or before its topic has said anything new on this connection (iotcore never marks). A device without a clock that says
the same every minute is therefore not taken for a repeat; see decision 0005.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter

from smartward.ports import Message

KEPT = 2_000
"""Digests kept: twice what a broker may have under way to us."""

UNCERTAIN_MS = 5_000
"""How long before the newest message an acknowledgement may have been lost."""


def digest_of(message: Message) -> bytes:
    """Give the fingerprint of a message: topic and payload."""
    return hashlib.blake2b(message.topic.encode() + b"\0" + message.payload, digest_size=12).digest()


def remember(connection: sqlite3.Connection, digests: list[bytes], *, at_ms: int) -> None:
    """Keep the digests of messages that this transaction brings to disk."""
    if not digests:
        return
    connection.executemany(
        "INSERT INTO recent_message (digest, at_ms) VALUES (?, ?)", [(digest, at_ms) for digest in digests]
    )
    connection.execute(
        "DELETE FROM recent_message WHERE number <= (SELECT max(number) FROM recent_message) - ?", (KEPT,)
    )


class Repeats:
    """Tells repeats on one connection; made anew at each."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Load what the broker may not know that we have."""
        self._open = Counter(
            digest
            for (digest,) in connection.execute(
                "SELECT digest FROM recent_message "
                "WHERE at_ms >= (SELECT at_ms FROM recent_message ORDER BY number DESC LIMIT 1) - ?",
                (UNCERTAIN_MS,),
            )
        )
        self._settled: set[str] = set()

    def is_repeat(self, message: Message, digest: bytes) -> bool:
        """Tell whether this message is on disk already; each remembered message answers for one repeat."""
        if self._open[digest] > 0 and (message.redelivered or message.topic not in self._settled):
            self._open[digest] -= 1
            return True
        self._settled.add(message.topic)
        return False
