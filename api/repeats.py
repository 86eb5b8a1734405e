"""Repeats: a POST that is sent again with its `Idempotency-Key` does nothing more, and is answered as done.

Kept in memory: a repeat after a restart of the API is treated as new, and the deeds' own checks decide (a second
acknowledgement is then 409). A refused request did nothing, so it is not remembered and may be sent again.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, cast

from fastapi import Depends, Header, Request

from api.alert_view import AlertView
from api.problems import Problem
from api.security import CurrentCaller

KEPT = 10_000
Once = Callable[[Callable[[], AlertView]], AlertView]
"""Does a deed unless this very request was done before; gives the alert as it stands."""


class Repeats:
    """Remembers, per person and key, which request was done and to which alert."""

    def __init__(self, *, find: Callable[[str], AlertView | None]) -> None:
        self._find = find
        self._done: OrderedDict[tuple[str, str], tuple[bytes, str]] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, deed: Callable[[], AlertView], *, person: str, key: str, request: bytes) -> AlertView:
        """Do a deed the first time; raises Problem 422 when the key stood for another request before."""
        with self._lock:
            done, alert = self._done.get((person, key), (request, ""))
            if done != request:
                detail = f"Idempotency-Key {key!r:.40} was sent with another request; choose a new one for each request"
                raise Problem(422, "idempotency_key_reused", detail)
            if view := self._find(alert) if alert else None:
                return view
            view = deed()
            self._done[person, key] = request, view.id
            if len(self._done) > KEPT:
                self._done.popitem(last=False)
            return view


async def once_of(
    request: Request,
    caller: CurrentCaller,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Your own name for this request: sent again it does nothing.")
    ] = None,
) -> Once:
    """Give a route the means to do a deed once."""
    if not idempotency_key:
        return lambda deed: deed()
    repeats = cast("Repeats", request.app.state.repeats)
    whole = f"{request.method} {request.url.path}\n".encode() + await request.body()
    digest = hashlib.sha256(whole).digest()
    return lambda deed: repeats.once(deed, person=caller.username, key=idempotency_key, request=digest)


OnceOf = Annotated[Once, Depends(once_of)]
