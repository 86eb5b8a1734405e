"""Lock-out: five wrong passwords in 30 s lock a username at an address for 5 minutes (QĐ 724/QĐ-BTTTT)."""

from __future__ import annotations

import threading
from collections import OrderedDict

import msgspec

from smartward.instants import MINUTE_MS, SECOND_MS

LIMIT = 5
WITHIN_MS = 30 * SECOND_MS
FOR_MS = 5 * MINUTE_MS
REMEMBERED = 10_000
"""How many (username, address) pairs are kept; the oldest go first, so a flood of names cannot fill the memory."""


class _Record(msgspec.Struct):
    attempts_ms: list[int] = []
    locked_until_ms: int = 0


class Lockout:
    """Counts attempts per (username, address). An attempt counts as wrong until `passed` forgives it.

    Counting first means that attempts made at the same time cannot slip past the limit together.
    """

    def __init__(self) -> None:
        self._records: OrderedDict[tuple[str, str], _Record] = OrderedDict()
        self._lock = threading.Lock()

    def attempt(self, username: str, *, address: str, now_ms: int) -> int | None:
        """Count one attempt; when it may not be made, give the instant at which the lock ends instead."""
        with self._lock:
            record = self._records.setdefault((username, address), _Record())
            self._records.move_to_end((username, address))
            if len(self._records) > REMEMBERED:
                self._records.popitem(last=False)
            if now_ms < record.locked_until_ms:
                return record.locked_until_ms
            record.attempts_ms = [at_ms for at_ms in record.attempts_ms if now_ms - at_ms < WITHIN_MS]
            record.attempts_ms.append(now_ms)
            if len(record.attempts_ms) >= LIMIT:
                record.locked_until_ms = now_ms + FOR_MS
                record.attempts_ms = []
            return None

    def passed(self, username: str, *, address: str) -> None:
        """Forget this pair: the password was right."""
        with self._lock:
            self._records.pop((username, address), None)
