"""The analyser: one camera's pictures in, tracks and crossings out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edge.camera.box import Box, Point
from edge.camera.config import LineConfig
from edge.camera.lines import Crossing, Line, LineWatch
from edge.camera.motion import MotionDetector
from edge.camera.steady import Luma
from edge.camera.tracker import Track, Tracker


class Sight(NamedTuple):
    """What was seen in one frame.

    `size` is the analysed width and height in pixels, in which boxes are given; `shift` is how far this frame's
    picture was from the place that boxes and lines refer to.
    """

    at_ms: int
    size: tuple[int, int]
    shift: Point
    tracks: list[Track]
    crossings: list[Crossing]
    is_new_scene: bool

    def in_picture(self, track: Track, *, width: int) -> Box:
        """Give a track's box where it is in this frame's own picture, when that is `width` pixels wide."""
        scale = width / self.size[0]
        return Box(*(edge * scale for edge in track.box.moved(dx=self.shift.x, dy=self.shift.y)))

    @property
    def believed(self) -> list[Track]:
        """The tracks that are reported."""
        return [track for track in self.tracks if track.is_believed]


class Analyser:
    """Looks at one camera's lumas of the analysed width; frames come in order of time."""

    def __init__(self, lines: Sequence[LineConfig], *, fps: float) -> None:
        """Look at `fps` frames a second."""
        self._lines = lines
        self._detector = MotionDetector(fps=fps)
        self._tracker = Tracker()
        self._watches: list[LineWatch] = []
        self._size = (0, 0)

    def look(self, luma: Luma, *, at_ms: int) -> Sight:
        """Look at one frame."""
        size = (luma.shape[1], luma.shape[0])
        if size != self._size:
            self._size = size
            self._watches = [LineWatch(_scaled(line, size)) for line in self._lines]
        motion = self._detector.detect(luma)
        if motion.is_new_scene:
            self.forget_tracks()
        tracks = self._tracker.step(motion.boxes, at_ms=at_ms)
        crossings = [crossing for watch in self._watches for crossing in watch.step(tracks, at_ms=at_ms)]
        return Sight(at_ms, size, motion.shift, tracks, crossings, motion.is_new_scene)

    def forget_tracks(self) -> None:
        """Know that the next frame does not continue the last one, though the place is the same."""
        self._tracker.reset()


def _scaled(line: LineConfig, size: tuple[int, int]) -> Line:
    width, height = size
    start = Point(line.start[0] * width, line.start[1] * height)
    end = Point(line.end[0] * width, line.end[1] * height)
    return Line(name=line.name, start=start, end=end, label=line.label)
