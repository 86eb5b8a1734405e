"""Channels: frames of server-sent events, encoded once, with a ring to answer who was away and a queue per stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import msgspec

RING = 500
RING_BYTES = 8 * 1024 * 1024
QUEUE = 100
"""A stream that is this many frames behind is slow: it is told to resync and ended."""
HEARTBEAT_S = 15.0
HEARTBEAT = b": still here\n\n"
RETRY = b"retry: 2000\n\n"


class Frame(msgspec.Struct, frozen=True):
    """One server-sent event before it has a number; `data` may have several lines."""

    event: str
    data: str


RESYNC = Frame("resync", "{}")


class Subscription:
    """One open stream: what it still has to be sent."""

    def __init__(self, waiting: list[bytes]) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.is_open = True
        for frame in waiting:
            self._queue.put_nowait(frame)

    def push(self, frame: bytes, *, resync: bytes) -> None:
        """Hand a frame over; a stream that is too slow loses all that waits, is told to resync, and ends."""
        if not self.is_open:
            return
        if self._queue.qsize() < QUEUE:
            self._queue.put_nowait(frame)
            return
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(resync)
        self.end()

    def end(self) -> None:
        """End the stream after what waits."""
        if self.is_open:
            self.is_open = False
            self._queue.put_nowait(None)

    async def frames(self) -> AsyncIterator[bytes]:
        """Give encoded frames until the end, with a heartbeat when there is nothing to say."""
        yield RETRY
        while True:
            try:
                frame = await asyncio.wait_for(self._queue.get(), HEARTBEAT_S)
            except TimeoutError:
                yield HEARTBEAT
                continue
            if frame is None:
                return
            yield frame


class Channel:
    """The frames of one (wards, renderer), numbered; used on the event loop only.

    `origin` marks this channel in this run of the server: a number of another one means nothing here.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._number = 0
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=RING)
        self._ring_bytes = 0
        self.subscriptions: set[Subscription] = set()
        self.idle_ticks = 0

    def send(self, frame: Frame) -> None:
        """Give a frame its number, encode it, keep it, and hand it to every stream."""
        self._number += 1
        encoded = encode(frame, id_=self.position)
        if len(self._ring) == RING:
            self._ring_bytes -= len(self._ring[0][1])
        self._ring.append((self._number, encoded))
        self._ring_bytes += len(encoded)
        while self._ring_bytes > RING_BYTES:
            self._ring_bytes -= len(self._ring.popleft()[1])
        for subscription in self.subscriptions:
            subscription.push(encoded, resync=self._resync())
        self.subscriptions = {subscription for subscription in self.subscriptions if subscription.is_open}

    @property
    def position(self) -> str:
        """Give the id of the newest frame."""
        return f"{self._origin}-{self._number}"

    def subscribe(self, *, last_event_id: str | None) -> Subscription:
        """Open a stream. With the id of the last frame it saw it begins with what it missed, or with `resync`."""
        subscription = Subscription(self._missed(last_event_id))
        self.subscriptions.add(subscription)
        return subscription

    def _missed(self, last_event_id: str | None) -> list[bytes]:
        if not last_event_id:
            return []
        origin, _, number = last_event_id.rpartition("-")
        if origin != self._origin or not number.isdecimal() or int(number) > self._number:
            return [self._resync()]
        seen = int(number)
        oldest = self._ring[0][0] if self._ring else self._number + 1
        if seen + 1 < oldest:
            return [self._resync()]
        return [frame for at, frame in self._ring if at > seen]

    def _resync(self) -> bytes:
        """Encode a resync that carries the present number, so that the next reconnection goes on from here."""
        return encode(RESYNC, id_=self.position)


def encode(frame: Frame, *, id_: str) -> bytes:
    """Write a frame as the text/event-stream that browsers read."""
    data = "".join(f"data: {line}\n" for line in frame.data.splitlines() or [""])
    return f"id: {id_}\nevent: {frame.event}\n{data}\n".encode()
