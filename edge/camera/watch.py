"""The watch: what one camera says about its pictures, frame by frame and instant by instant; no thread, no clock."""

from __future__ import annotations

import logging
from collections.abc import Callable

from edge.camera.analyser import Analyser, Sight
from edge.camera.config import CameraConfig
from edge.camera.counts import CrowdCount, TrafficCount
from edge.camera.health import NO_FRAME_AFTER_S, Health, Verdict, is_same, judge, measure
from edge.camera.lines import Crossing
from edge.camera.motion import analysed
from edge.camera.source import Frame
from edge.camera.steady import Luma
from smartward.event import Event
from smartward.observation import Observation, Value

logger = logging.getLogger(__name__)

FIRST_SAID_AFTER_S = 3.0
"""A camera speaks for the first time this long after its start, so that it is soon known to live."""
MAX_AGE_S = 86_400.0
MAX_SHARPNESS = 10_000.0
MAX_FPS = 120.0
"""The catalogue's plausible ranges."""

NewId = Callable[[], str]
"""Gives an id that no other event has."""


class Watch:
    """Turns one camera's frames into facts: counts, crossings, its own health; it never gives a picture away.

    `sight` is what was seen in the newest frame.
    """

    def __init__(self, config: CameraConfig, *, new_id: NewId) -> None:
        self.sight: Sight | None = None
        self._config = config
        self._new_id = new_id
        self._analyser = Analyser(config.line, fps=config.analyse_fps)
        self._counts: list[TrafficCount | CrowdCount] = [
            *(TrafficCount(flow) for flow in config.traffic_flow),
            *(CrowdCount(flow) for flow in config.crowd_flow),
        ]
        self._verdict = Verdict()
        self._scene = 0
        self._newest: Frame | None = None
        self._luma: Luma | None = None
        self._distinct_ms: int | None = None
        self._began_ms = 0
        self._arrived, self._arrived_ms = 0, 0
        self._counts_due_ms = self._health_due_ms = self._check_due_ms = 0

    def begin(self, *, now_ms: int) -> None:
        """Know when the camera was started."""
        first_ms = now_ms + round(FIRST_SAID_AFTER_S * 1000)
        self._counts_due_ms = self._health_due_ms = self._check_due_ms = first_ms
        self._began_ms = self._arrived_ms = now_ms

    def look(self, frame: Frame) -> list[Event]:
        """Look at one frame; give the crossings that are now known."""
        luma = analysed(frame.gray)
        if self._luma is None or not is_same(self._luma, luma):
            self._distinct_ms = frame.at_ms
        if frame.scene != self._scene:
            self._scene = frame.scene
            self._analyser.forget_tracks()
        if self._newest is None:
            self._arrived_ms = frame.at_ms
        self._newest, self._luma = frame, luma
        self.sight = self._analyser.look(luma, at_ms=frame.at_ms)
        for count in self._counts:
            count.add(self.sight)
        return [self._crossed(crossing) for crossing in self.sight.crossings]

    def say(self, *, arrived: int, now_ms: int) -> list[Observation | Event]:
        """Give what is due at an instant; `arrived` counts the source's pictures since its start."""
        facts: list[Observation | Event] = []
        if now_ms >= self._check_due_ms:
            self._check_due_ms = _next(self._check_due_ms, every_s=self._config.check_s, now_ms=now_ms)
            facts += self._check(now_ms=now_ms)
        if now_ms >= self._health_due_ms or facts:
            self._health_due_ms = _next(self._health_due_ms, every_s=self._config.health_interval_s, now_ms=now_ms)
            facts.append(Observation(self._config.device, self._health(arrived=arrived, now_ms=now_ms), now_ms))
        if now_ms >= self._counts_due_ms:
            self._counts_due_ms = _next(self._counts_due_ms, every_s=self._config.interval_s, now_ms=now_ms)
            for count in self._counts:
                values = count.close()
                if values:
                    facts.append(Observation(count.device, values, now_ms))
        return facts

    def _check(self, *, now_ms: int) -> list[Observation | Event]:
        """Check the picture; give an event when the verdict has changed."""
        was = self._verdict.health
        newest = self._fresh(now_ms)
        if self._newest is None and now_ms - self._began_ms < NO_FRAME_AFTER_S * 1000:
            return []
        look = measure(newest.gray) if newest is not None else None
        health = self._verdict.add(judge(look, same_for_s=self._same_for_s(now_ms)))
        if was is None or was == health:
            return []
        logger.info("camera %s: picture was %s, is %s", self._config.device, was, health)
        return [self._health_changed(was, health, now_ms=now_ms)]

    def _health(self, *, arrived: int, now_ms: int) -> dict[str, Value]:
        """Give the camera's own numbers."""
        elapsed_s = max(now_ms - self._arrived_ms, 1) / 1000
        fps = (arrived - self._arrived) / elapsed_s
        self._arrived, self._arrived_ms = arrived, now_ms
        newest = self._fresh(now_ms)
        values: dict[str, Value] = {"stream_ok": newest is not None, "fps": round(min(max(fps, 0), MAX_FPS), 1)}
        if self._verdict.health is not None:
            values["health"] = self._verdict.health
        if self._distinct_ms is not None:
            values["frame_age"] = round(self._same_for_s(now_ms), 1)
        if newest is not None:
            look = measure(newest.gray)
            values["brightness"] = round(look.brightness, 1)
            values["sharpness"] = round(min(look.sharpness, MAX_SHARPNESS), 1)
        return values

    def _fresh(self, now_ms: int) -> Frame | None:
        """Give the newest frame unless it is too old to speak for the present."""
        is_fresh = self._newest is not None and now_ms - self._newest.at_ms < NO_FRAME_AFTER_S * 1000
        return self._newest if is_fresh else None

    def _same_for_s(self, now_ms: int) -> float:
        """Tell for how long the picture has been the same."""
        return 0.0 if self._distinct_ms is None else min(max(now_ms - self._distinct_ms, 0) / 1000, MAX_AGE_S)

    def _crossed(self, crossing: Crossing) -> Event:
        values: dict[str, Value] = {
            "line": crossing.line.name,
            "direction": crossing.direction,
            "label": crossing.line.label,
        }
        return Event(self._config.device, self._new_id(), "line_crossed", crossing.at_ms, values=values)

    def _health_changed(self, was: Health, health: Health, *, now_ms: int) -> Event:
        values: dict[str, Value] = {"from": was, "to": health}
        return Event(self._config.device, self._new_id(), "health_changed", now_ms, values=values)


def _next(due_ms: int, *, every_s: float, now_ms: int) -> int:
    """Give the next beat after now; missed beats are left out."""
    every_ms = max(round(every_s * 1000), 1)
    return due_ms + ((now_ms - due_ms) // every_ms + 1) * every_ms
