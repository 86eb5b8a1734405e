"""An open stream over HTTP: pre-encoded frames until the client goes, the server stops, or the session ends."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

from anyio import to_thread
from fastapi.responses import StreamingResponse

from api.channel import HEARTBEAT_S, Subscription
from api.live import Live

HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


def stream(live: Live, subscription: Subscription, *, may_stay: Callable[[], bool]) -> StreamingResponse:
    """Answer with a subscription's frames until it ends or the session does."""
    return StreamingResponse(
        frames_while(live, subscription, may_stay=may_stay), headers=HEADERS, media_type="text/event-stream"
    )


async def frames_while(
    live: Live, subscription: Subscription, *, may_stay: Callable[[], bool], every_s: float = HEARTBEAT_S
) -> AsyncIterator[bytes]:
    """Give frames, asking every so often, in a worker thread, whether the session still holds."""
    asked_s = time.monotonic()
    try:
        async for frame in subscription.frames():
            yield frame
            if time.monotonic() - asked_s >= every_s:
                asked_s = time.monotonic()
                if not await to_thread.run_sync(may_stay):
                    return
    finally:
        live.unsubscribe(subscription)
