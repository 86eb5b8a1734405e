"""Counting lines: who crossed which line, and in which direction; pure, over tracks and time.

A crossing is counted once the foot point is clear of the line's dead band on the other side, so that somebody who
stands on the line and sways is not counted, and somebody who goes there and back is counted twice. `in` is towards
the left hand of a person who walks along the line from its first point to its second; for a line drawn from top to
bottom that is towards the right edge of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot
from typing import Literal

import msgspec

from edge.camera.box import Point
from edge.camera.tracker import Track

Direction = Literal["in", "out"]

DEAD_BAND = 0.12
"""Half the width of the band around a line where nothing is decided, in heights of the box that crosses."""


class Line(msgspec.Struct, frozen=True):
    """A counting line; `label` is what the installer says passes there."""

    name: str
    start: Point
    end: Point
    label: str


class Crossing(msgspec.Struct, frozen=True):
    """A track crossed a line; `at_ms` is the frame in which it had."""

    line: Line
    direction: Direction
    track: int
    at_ms: int


class _Passage(msgspec.Struct):
    """Where one track stands to one line: the side it was last clear on, and where it last passed."""

    side: int
    foot: Point
    along: float | None = None


class LineWatch:
    """Watches one line; frames come in order of time."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._passages: dict[int, _Passage] = {}
        self._held: dict[int, list[Crossing]] = {}

    def step(self, tracks: Iterable[Track], *, at_ms: int) -> list[Crossing]:
        """Take one frame's tracks; give the crossings of believed tracks, also those from before they were believed."""
        tracks = list(tracks)
        live = {track.id for track in tracks}
        self._passages = {key: passage for key, passage in self._passages.items() if key in live}
        self._held = {key: held for key, held in self._held.items() if key in live}
        crossings = []
        for track in tracks:
            direction = self._direction(track)
            if direction is not None:
                crossing = Crossing(line=self.line, direction=direction, track=track.id, at_ms=at_ms)
                self._held.setdefault(track.id, []).append(crossing)
            if track.is_believed:
                crossings.extend(self._held.pop(track.id, []))
        return crossings

    def _direction(self, track: Track) -> Direction | None:
        """Take one track's foot point; tell the direction if it has just become clear of the line after crossing."""
        foot = track.box.foot
        distance = signed_distance(foot, self.line)
        band = DEAD_BAND * track.box.height
        side = 0 if abs(distance) < band else 1 if distance > 0 else -1
        passage = self._passages.get(track.id)
        if passage is None:
            self._passages[track.id] = _Passage(side=side, foot=foot)
            return None
        along = crossing_place(passage.foot, foot, self.line)
        passage.foot = foot
        if along is not None:
            passage.along = along
        if side in {0, passage.side}:
            return None
        was, passage.side = passage.side, side
        is_on_line = passage.along is not None and 0 <= passage.along <= 1
        if was == 0 or not is_on_line:
            return None
        return "in" if side > 0 else "out"


def signed_distance(point: Point, line: Line) -> float:
    """Give the distance from the endless line in pixels, positive on the `in` side."""
    dx, dy = line.end.x - line.start.x, line.end.y - line.start.y
    return (dy * (point.x - line.start.x) - dx * (point.y - line.start.y)) / hypot(dx, dy)


def crossing_place(before: Point, after: Point, line: Line) -> float | None:
    """Tell where on the line a step passes it: 0 at its start, 1 at its end, else beside it; None: it does not."""
    first, second = signed_distance(before, line), signed_distance(after, line)
    if (first >= 0) == (second >= 0):
        return None
    share = first / (first - second)
    x = before.x + share * (after.x - before.x) - line.start.x
    y = before.y + share * (after.y - before.y) - line.start.y
    dx, dy = line.end.x - line.start.x, line.end.y - line.start.y
    return (x * dx + y * dy) / (dx * dx + dy * dy)
