"""Expiry: dead letters that nobody mended for the days of the policy are forgotten; their counts are not."""

from __future__ import annotations

import logging

from ingest import dead_letters
from ingest.home import Home
from smartward.instants import DAY_MS
from smartward.ports import Clock

log = logging.getLogger(__name__)


class Expiry:
    """Looks from time to time; its loop says how often."""

    def __init__(self, home: Home, *, clock: Clock, days: int) -> None:
        """Keep refusals for `days` after they were last seen."""
        self._home, self._clock, self._days = home, clock, days

    def step(self) -> bool:
        """Forget what is too old; False: look again later."""
        before_ms = self._clock.now_ms() - self._days * DAY_MS
        with self._home.database.transaction() as connection:
            found = connection.execute("SELECT number FROM feed_cursor WHERE name = 'mirror'").fetchone()
            gone = dead_letters.expire(connection, before_ms=before_ms, mirrored=int(found[0]) if found else 0)
        if gone:
            log.info("%d dead letter groups were forgotten after %d days", gone, self._days)
        return False
