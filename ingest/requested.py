"""Requested: what people ask of ingest is done within two seconds, once, under a registry no older than they."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable

from ingest.home import Home
from ingest.replay import Replay
from ingest.validate import Registered
from smartward.ports import Clock, Request, Requests

log = logging.getLogger(__name__)

CURSOR = "request"


class Requested:
    """Follows the requests by number; each is done in the transaction that remembers it as done."""

    def __init__(
        self,
        home: Home,
        *,
        requests: Requests,
        replay: Replay,
        follow_registry: Callable[[], object],
        registered: Callable[[], Registered],
        clock: Clock,
    ) -> None:
        """Bring the parts together; `follow_registry` makes `registered` as new as the registry is."""
        self._home, self._requests, self._replay, self._clock = home, requests, replay, clock
        self._follow_registry, self._registered = follow_registry, registered

    def step(self) -> bool:
        """Do what is asked; True when there was something. Raises StoreUnavailable, and nothing is half done then."""
        with self._home.database.reading() as connection:
            done = _done(connection)
        asked = self._requests.requests_since(done)
        if asked:
            self._follow_registry()
        for request in asked:
            self._serve(request)
        return bool(asked)

    def _serve(self, request: Request) -> None:
        with self._home.database.transaction() as connection:
            if request.kind == "replay":
                items = self._replay.group(
                    connection, request.target, registered=self._registered(), now_ms=self._clock.now_ms()
                )
                log.info("dead letter group %s replayed: %d items are believed now", request.target, items)
            else:
                log.warning("request %d asks for %r, which this ingest does not know", request.number, request.kind)
            connection.execute(
                "INSERT INTO feed_cursor (name, number) VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET number = excluded.number",
                (CURSOR, request.number),
            )


def _done(connection: sqlite3.Connection) -> int:
    found = connection.execute("SELECT number FROM feed_cursor WHERE name = ?", (CURSOR,)).fetchone()
    return int(found[0]) if found else 0
