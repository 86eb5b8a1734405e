"""Drawing what was seen into a copy of a recording, for whoever sets a camera up; never used on a live one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.config import CameraConfig
from edge.camera.source import Frame
from edge.camera.watch import Watch
from smartward.errors import SmartwardError

SEEN, GROUPED, UNSEEN, LINE = (0, 200, 0), (0, 160, 255), (160, 160, 160), (0, 255, 255)
"""Colours, blue green red: seen in this frame, in a group, known to be there but not seen; counting lines."""


class Annotator:
    """Writes a copy of the recording with boxes, track numbers and lines drawn in."""

    def __init__(self, path: Path, *, config: CameraConfig, fps: float) -> None:
        """Write to `path` (.mp4) at `fps` frames a second."""
        self._path, self._config, self._fps = path, config, fps
        self._writer: cv2.VideoWriter | None = None

    def draw(self, frame: Frame, watch: Watch) -> None:
        """Write one frame; raises SmartwardError when the file cannot be written."""
        picture = annotated(frame.bgr, watch=watch, config=self._config)
        if self._writer is None:
            size = (picture.shape[1], picture.shape[0])
            self._writer = cv2.VideoWriter(str(self._path), cv2.VideoWriter.fourcc(*"mp4v"), self._fps, size)
            if not self._writer.isOpened():
                raise SmartwardError(f"{self._path} cannot be written: name an .mp4 file in a folder that exists")
        self._writer.write(picture)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()


def annotated(bgr: NDArray[np.uint8], *, watch: Watch, config: CameraConfig) -> NDArray[np.uint8]:
    """Give a copy of a picture with what was seen drawn in."""
    picture = bgr.copy()
    height, width = picture.shape[:2]
    for line in config.line:
        start, end = ((round(x * width), round(y * height)) for x, y in (line.start, line.end))
        cv2.line(picture, start, end, LINE, 2)
    if watch.sight is None:
        return picture
    for track in watch.sight.believed:
        left, top, right, bottom = (round(edge) for edge in watch.sight.in_picture(track, width=width))
        seen = GROUPED if track.is_in_group else SEEN
        colour = seen if track.seen_ms == watch.sight.at_ms else UNSEEN
        cv2.rectangle(picture, (left, top), (right, bottom), colour, 2)
        cv2.putText(picture, str(track.id), (left, max(top - 4, 10)), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1)
    return picture
