"""Live: one task that looks every second what has changed and hands it to every open stream.

It knows nothing of encodings. A stream subscribes to a channel: the wards it may see and a renderer of its own. All
streams of one channel share its frames, rendered once; the channel keeps the last 500, so a stream that was away
for a moment gets what it missed, and one that was away for longer is told to read everything again (`resync`).
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import Annotated, cast

import msgspec
from fastapi import Depends, Request

from api.alert_view import AlertView
from api.board import Board
from api.channel import RESYNC, Channel, Frame, Subscription
from api.readings import DeviceView, Readings
from api.services import Services
from smartward.errors import SmartwardError

logger = logging.getLogger(__name__)
EVERY_S = 1.0
CHANNEL_IDLE_TICKS = 120
"""A channel without streams is kept for about two minutes, for those who come back."""


class Change(msgspec.Struct, frozen=True):
    """What is new in one look: alerts as they stand now, devices with the values and presence that changed."""

    alerts: tuple[AlertView, ...] = ()
    devices: tuple[DeviceView, ...] = ()

    def within(self, wards: Collection[str]) -> Change:
        """Leave out what is not in these wards."""
        return Change(
            tuple(alert for alert in self.alerts if alert.ward in wards),
            tuple(device for device in self.devices if device.ward in wards),
        )


Renderer = Callable[[Change], Iterable[Frame]]
"""Turns a change into frames; called in a worker thread, so it may take its time but must not touch the loop."""


class Live:
    """The looking task and its channels; everything but `look` runs on the event loop."""

    def __init__(self, services: Services, *, board: Board) -> None:
        self._board = board
        self._readings = Readings(store=services.store, projections=services.projections)
        self._origin = f"{services.clock.now_ms():x}"
        self._channels_made = itertools.count()
        self._channels: dict[tuple[frozenset[str], str], tuple[Channel, Renderer]] = {}
        self._mark = 0
        self._is_first = True
        self._task: asyncio.Task[None] | None = None
        self._trouble = ""
        self.is_ended = False
        self.failed_looks = 0

    @property
    def streams(self) -> int:
        """Count the open streams."""
        return sum(len(channel.subscriptions) for channel, _ in self._channels.values())

    def start(self) -> None:
        """Begin to look, on the running event loop."""
        self._task = asyncio.create_task(self._run(), name="live")

    async def stop(self) -> None:
        """End every stream and the looking; safe to call twice."""
        self.end_streams()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def end_streams(self) -> None:
        """End every open stream, and those that come from now on; their browsers will come back."""
        self.is_ended = True
        for channel, _ in list(self._channels.values()):
            for subscription in channel.subscriptions:
                subscription.end()

    def subscribe(
        self, *, wards: Collection[str], kind: str, render: Renderer, last_event_id: str | None
    ) -> Subscription:
        """Open a stream on the channel of these wards and this kind of rendering (`json`, `html-vi-operator`, …).

        Two streams with the same wards and kind share their frames: `kind` must name all that `render` depends on.
        """
        subscription = self._channel(wards, kind, render).subscribe(last_event_id=last_event_id)
        if self.is_ended:
            subscription.end()
        return subscription

    def position(self, *, wards: Collection[str], kind: str, render: Renderer) -> str:
        """Give the id of the newest frame of a channel.

        A page takes it before it reads what it shows, and opens its stream with it as `last_event_id`: nothing that
        changes in between is missed.
        """
        return self._channel(wards, kind, render).position

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a stream whose client has gone."""
        for channel, _ in self._channels.values():
            channel.subscriptions.discard(subscription)

    def _channel(self, wards: Collection[str], kind: str, render: Renderer) -> Channel:
        key = frozenset(wards), kind
        if key not in self._channels:
            made = Channel(f"{self._origin}.{next(self._channels_made)}")
            self._channels.setdefault(key, (made, render))
        return self._channels[key][0]

    async def tick(self) -> None:
        """Look once, render for each channel, and hand the frames out; raises SmartwardError and can be repeated."""
        targets = [(key[0], channel, render) for key, (channel, render) in list(self._channels.items())]
        for channel, frame in await asyncio.to_thread(self._look, targets):
            channel.send(frame)
        for key, (channel, _) in list(self._channels.items()):
            channel.idle_ticks = 0 if channel.subscriptions else channel.idle_ticks + 1
            if channel.idle_ticks > CHANNEL_IDLE_TICKS:
                del self._channels[key]

    def _look(self, targets: list[tuple[frozenset[str], Channel, Renderer]]) -> list[tuple[Channel, Frame]]:
        """Find what changed and render it once for each channel; the first look only learns what there is."""
        mark, alerts = self._board.changes_after(self._mark)
        devices = self._readings.look()
        self._mark = mark
        change = Change(tuple(alerts), tuple(devices))
        if self._is_first:
            self._is_first = False
            return []
        return [
            (channel, frame) for wards, channel, render in targets for frame in _frames(change.within(wards), render)
        ]

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_S
            await self._tick_through_trouble()
            await asyncio.sleep(max(0.05, due - loop.time()))

    async def _tick_through_trouble(self) -> None:
        """Look, and live through a database that is away: streams stay open and catch up when it is back."""
        try:
            await self.tick()
        except SmartwardError as error:
            self.failed_looks += 1
            if str(error) != self._trouble:
                logger.warning("the live stream sees nothing new now: %s", error)
            self._trouble = str(error)
        else:
            if self._trouble:
                logger.info("the live stream goes on")
            self._trouble = ""


def _frames(change: Change, render: Renderer) -> list[Frame]:
    """Render a change; a renderer that fails makes its streams read everything again, and hurts no other."""
    if not change.alerts and not change.devices:
        return []
    try:
        return list(render(change))
    except Exception:
        logger.exception("a change could not be rendered")
        return [RESYNC]


def live_of(request: Request) -> Live:
    """Give a route the live task of its app."""
    return cast("Live", request.app.state.live)


LiveOf = Annotated[Live, Depends(live_of)]
