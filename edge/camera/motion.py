"""Motion: what differs from the background, as boxes.

The background is a mixture of Gaussians over a small luma (MOG2 at a width of 320): of the measured ways it sends the
least of the picture on, which keeps two people who pass each other two boxes.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.box import Box

Luma = NDArray[np.uint8]
"""Brightness of a picture, one byte a pixel, shape (height, width)."""

WIDTH = 320
"""Width of the analysed luma in pixels."""
VARIANCES = 20.0
"""How many variances a pixel must be from its background."""
HISTORY_S = 60.0
"""How long something has to stand still, in seconds, until it has become background."""
LEARN_FRAMES = 12
"""Frames after a new scene in which the background is learnt fast."""
CUT_SHARE = 0.6
"""When more than this share of the picture changes between two frames, it is another scene."""
CUT_LEVEL = 18
"""How far a pixel's brightness must jump to count for that, of 255."""
LIGHT_STEP = 4
"""Every so-manieth pixel in each direction is enough to measure the light."""
LIGHT_RANGE = (0.5, 2.0)
"""How much brighter or darker the whole picture may be than its background and still be the same place."""
MIN_AREA_SHARE = 0.0006
MIN_HEIGHT_SHARE = 0.045
MAX_AREA_SHARE = 0.7
"""Smaller and larger things are no passers-by, as shares of the picture's area and height."""


class Motion(NamedTuple):
    """What moved in one frame; `is_new_scene`: the picture has nothing to do with the one before."""

    boxes: list[Box]
    is_new_scene: bool


class MotionDetector:
    """Learns one camera's background and finds what differs from it; frames come in order of time."""

    def __init__(self, *, fps: float) -> None:
        """Learn at `fps` frames a second."""
        self._history = max(round(fps * HISTORY_S), LEARN_FRAMES)
        self._model = self._new_model()
        self._frames = 0
        self._light = Light(frames=self._history)
        self._previous: Luma | None = None

    def detect(self, luma: Luma) -> Motion:
        """Compare one luma of the analysed width with the background, and learn from it."""
        is_new_scene = self._previous is None or _is_cut(self._previous, luma)
        self._previous = luma
        if is_new_scene:
            self._model, self._frames = self._new_model(), 0
            self._light = Light(frames=self._history)
        self._frames += 1
        rate = 1 / self._frames if self._frames <= LEARN_FRAMES else 1 / self._history
        steady = cv2.GaussianBlur(self._light.compensate(luma), (3, 3), 0)
        mask = np.asarray(self._model.apply(steady, learningRate=rate), dtype=np.uint8)
        return Motion(boxes=[] if is_new_scene else _boxes(mask), is_new_scene=is_new_scene)

    def _new_model(self) -> cv2.BackgroundSubtractorMOG2:
        return cv2.createBackgroundSubtractorMOG2(history=self._history, varThreshold=VARIANCES, detectShadows=False)


class Light:
    """Takes changes of the light on the whole picture out of it: clouds, dusk, a camera that sets its exposure."""

    def __init__(self, *, frames: int) -> None:
        """Follow the light's slow changes over that many frames."""
        self._weight = 1 / frames
        self._background: NDArray[np.float32] | None = None

    def compensate(self, luma: Luma) -> Luma:
        """Give a luma as it would be in the background's light, and learn the background's light from it."""
        sample = luma[::LIGHT_STEP, ::LIGHT_STEP].astype(np.float32) + 1
        if self._background is None:
            self._background = sample
        gain = float(np.clip(np.median(self._background / sample), *LIGHT_RANGE))
        self._background += self._weight * (sample - self._background)
        return np.asarray(cv2.convertScaleAbs(luma, alpha=gain), dtype=np.uint8)


def analysed(picture: NDArray[np.uint8]) -> Luma:
    """Give a full-size luma at the width that is analysed, in its own proportions."""
    height, width = picture.shape[:2]
    if width <= WIDTH:
        return picture
    size = (WIDTH, max(round(height * WIDTH / width), 1))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _is_cut(before: Luma, after: Luma) -> bool:
    if before.shape != after.shape:
        return True
    changed = cv2.countNonZero(cv2.threshold(cv2.absdiff(before, after), CUT_LEVEL, 1, cv2.THRESH_BINARY)[1])
    return bool(changed > CUT_SHARE * after.size)


def _boxes(mask: NDArray[np.uint8]) -> list[Box]:
    """Give the connected parts of a mask, holes closed, specks left out."""
    height, width = mask.shape
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _OPENING)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _CLOSING)
    count, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    boxes = []
    for left, top, wide, high, area in stats[1:count].tolist():
        is_right_size = MIN_AREA_SHARE * mask.size <= area and wide * high <= MAX_AREA_SHARE * mask.size
        if is_right_size and high >= MIN_HEIGHT_SHARE * height and wide < width:
            boxes.append(Box(left, top, left + wide, top + high))
    return boxes


_OPENING = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2, 2))
_CLOSING = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 9))
