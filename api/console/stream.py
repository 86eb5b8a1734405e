"""The console's live stream: what changed as HTML parts, devices as one JSON event, and a beat every two seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable

import msgspec
from anyio import to_thread
from fastapi.responses import StreamingResponse

from api.alert_view import AlertView
from api.channel import HEARTBEAT_S, Frame, Subscription
from api.console.reader import Reader
from api.console.rendering import Rendering, partial
from api.console.rows import row_of
from api.console.screen import Screens
from api.console.texts import Texts
from api.live import Change, Live
from api.readings import DeviceView
from api.sse import HEADERS
from smartward.device import PresenceState
from smartward.ports import Clock

BEAT_S = 2.0
"""A browser that hears nothing for three beats says that the connection is lost."""
PART = ""
"""The event name of a frame that htmx swaps into the page."""


class StreamRenderer:
    """Turns changes into frames for one (ward, language, permission); called by one thread at a time."""

    def __init__(self, screens: Screens, *, rendering: Rendering, ward: str, texts: Texts, may_act: bool) -> None:
        self._screens, self._rendering = screens, rendering
        self._ward, self._texts, self._may_act = ward, texts, may_act
        self._presences: dict[str, PresenceState] = {}

    def __call__(self, change: Change) -> Iterable[Frame]:
        """Give the frames of one change: first the order of the queue, then the parts that changed."""
        frames: list[Frame] = []
        if change.alerts:
            queue = self._screens.queue(self._ward)
            frames += [self._order(queue, changed=change.alerts), Frame(PART, self._alerts(queue, change.alerts))]
        if moved := self._moved(change.devices):
            frames.append(Frame("devices", msgspec.json.encode(moved).decode()))
            health = self._screens.health(self._ward, texts=self._texts)
            last_alert = self._screens.last_alert(self._ward, texts=self._texts)
            reader, rendering = self._reader(), self._rendering
            parts = [("#health", rendering.health(health, reader=reader))]
            parts += [("#calm", rendering.calm(last_alert, health, reader=reader))]
            frames.append(Frame(PART, "".join(partial(target, html) for target, html in parts)))
        return frames

    def _order(self, queue: list[AlertView], *, changed: Iterable[AlertView]) -> Frame:
        """Say which alerts are open, in their order, and which of all have changed."""
        said = {"order": [view.id for view in queue], "changed": [view.id for view in changed]}
        return Frame("queue", msgspec.json.encode(said).decode())

    def _alerts(self, queue: list[AlertView], changed: Iterable[AlertView]) -> str:
        reader, rendering = self._reader(), self._rendering
        is_open = {view.id for view in queue}
        rows = [
            partial(
                f"#{view.id}",
                rendering.row(row_of(view, texts=self._texts), reader=reader, may_act=self._may_act),
            )
            for view in changed
            if view.id in is_open
        ]
        counters = self._screens.counters(self._ward)
        markers = self._screens.markers(queue, texts=self._texts)
        return "".join(
            [
                *rows,
                partial("#tally", rendering.tally(counters, reader=reader)),
                partial("#marks", rendering.marks(markers, reader=reader), swap="outerHTML"),
                partial("#rate", rendering.rate(self._screens.rate(self._ward), reader=reader)),
            ]
        )

    def _moved(self, devices: Iterable[DeviceView]) -> list[tuple[str, str]]:
        """List the devices whose presence is another than the last told."""
        moved = [
            (device.id, device.presence.value)
            for device in devices
            if self._presences.get(device.id) is not device.presence
        ]
        self._presences |= {device.id: device.presence for device in devices}
        return moved

    def _reader(self) -> Reader:
        return Reader(t=self._texts, zone=self._screens.zone(self._ward), now_ms=self._screens.now_ms())


def stream(live: Live, subscription: Subscription, *, clock: Clock, may_stay: Callable[[], bool]) -> StreamingResponse:
    """Answer with a subscription's frames and with beats; `may_stay` is asked now and then if the session holds."""
    return StreamingResponse(
        beating(live, subscription, clock=clock, may_stay=may_stay), headers=HEADERS, media_type="text/event-stream"
    )


async def beating(
    live: Live,
    subscription: Subscription,
    *,
    clock: Clock,
    may_stay: Callable[[], bool],
    beat_s: float = BEAT_S,
    ask_s: float = HEARTBEAT_S,
) -> AsyncGenerator[bytes, None]:
    """Give a stream's frames, with a beat at the start and after `beat_s` quiet seconds: the clock, a sign of life.

    Ends when the subscription does, or when the session no longer holds, which is asked every `ask_s` seconds.
    """
    frames = subscription.frames()
    waiting = asyncio.ensure_future(_next(frames))
    asked_s = time.monotonic()
    try:
        yield beat(clock)
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=beat_s)
            if done:
                frame = waiting.result()
                if frame is None:
                    return
                yield frame
                waiting = asyncio.ensure_future(_next(frames))
            else:
                yield beat(clock)
            if time.monotonic() - asked_s >= ask_s:
                asked_s = time.monotonic()
                if not await to_thread.run_sync(may_stay):
                    return
    finally:
        waiting.cancel()
        live.unsubscribe(subscription)


def beat(clock: Clock) -> bytes:
    """Encode a beat; no reconnection asks for it again, so it has no id."""
    return f'event: beat\ndata: {{"now":{clock.now_ms()}}}\n\n'.encode()


async def _next(frames: AsyncIterator[bytes]) -> bytes | None:
    return await anext(frames, None)
