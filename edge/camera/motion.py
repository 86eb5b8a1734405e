"""Motion: what differs from the background, as boxes.

The background is a mixture of Gaussians over a small luma (MOG2 at a width of 320): of the measured ways it sends the
least of the picture on, which keeps two people who pass each other two boxes.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.box import Box, Point
from edge.camera.steady import Luma, Steadier

WIDTH = 320
"""Width of the analysed luma in pixels."""
VARIANCES = 16.0
"""How many variances a pixel must be from its background."""
SHADOW = 0.6
"""A pixel that is darker than its background, but not below this share of it, lies in somebody's soft shadow."""
STILL_S = 30.0
"""How long something has to stand still, in seconds, until it is background; a new scene is learnt faster."""
BACKGROUND_SHARE = 0.9
"""The share of what was seen at a pixel that is its background."""
LIGHT_S = 60.0
"""Over how many seconds the background's light is learnt."""
CUT_SHARE = 2 / 3
"""When more than this share of the picture changes between two frames, it is another scene."""
CUT_LEVEL = 18
"""How far a pixel's brightness must jump to count for that, of 255."""
LIGHT_STEP = 4
"""Every so-manieth pixel in each direction is enough to measure the light."""
LIGHT_RANGE = (0.5, 2.0)
"""How much brighter or darker the whole picture may be than its background and still be the same place."""
MIN_AREA, MIN_HEIGHT = 45, 10
"""Smaller things are no passers-by, in pixels of the analysed luma."""
MAX_AREA_SHARE = 0.7
"""Nor is what fills so much of the picture."""


class Motion(NamedTuple):
    """What moved in one frame, as boxes in the place of the scene's first picture.

    `shift` is how far the whole picture was from there, in pixels; `is_new_scene`: it has nothing to do with the one
    before.
    """

    boxes: list[Box]
    shift: Point
    is_new_scene: bool


class MotionDetector:
    """Learns one camera's background and finds what differs from it; frames come in order of time."""

    def __init__(self, *, fps: float) -> None:
        """Learn at `fps` frames a second."""
        self._fps = fps
        self._frames = 0
        self._model = _new_model()
        self._light = Light(frames=fps * LIGHT_S)
        self._steadier = Steadier()
        self._previous: Luma | None = None

    def detect(self, luma: Luma) -> Motion:
        """Compare one luma of the analysed width with the background, and learn from it."""
        is_new_scene = self._previous is None or _is_cut(self._previous, luma)
        self._previous = luma
        if is_new_scene:
            self._model, self._light, self._frames = _new_model(), Light(frames=self._fps * LIGHT_S), 0
            self._steadier.reset()
        self._frames += 1
        steadied = self._steadier.steady(luma)
        smooth = cv2.GaussianBlur(self._light.compensate(steadied.luma), (3, 3), 0)
        rate = learning_rate(still_frames=min(self._frames, self._fps * STILL_S))
        mask = np.asarray(self._model.apply(smooth, learningRate=rate), dtype=np.uint8)
        return Motion([] if is_new_scene else _boxes(mask), steadied.shift, is_new_scene)


def learning_rate(*, still_frames: float) -> float:
    """Give the weight of one frame with which something that stands still is background after that many frames.

    By then the old background's weight has fallen to its share: (1 - rate) ** still_frames = BACKGROUND_SHARE.
    """
    return float(1 - BACKGROUND_SHARE ** (1 / still_frames))


class Light:
    """Takes changes of the light on the whole picture out of it: clouds, dusk, a camera that sets its exposure."""

    def __init__(self, *, frames: float) -> None:
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


def _new_model() -> cv2.BackgroundSubtractorMOG2:
    model = cv2.createBackgroundSubtractorMOG2(varThreshold=VARIANCES, detectShadows=True)
    model.setBackgroundRatio(BACKGROUND_SHARE)
    model.setShadowThreshold(SHADOW)
    model.setShadowValue(0)
    return model


def _is_cut(before: Luma, after: Luma) -> bool:
    if before.shape != after.shape:
        return True
    changed = cv2.countNonZero(cv2.threshold(cv2.absdiff(before, after), CUT_LEVEL, 1, cv2.THRESH_BINARY)[1])
    return bool(changed > CUT_SHARE * after.size)


def _boxes(mask: NDArray[np.uint8]) -> list[Box]:
    """Give the connected parts of a mask, holes closed, specks left out."""
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _OPENING)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _CLOSING)
    count, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    boxes = []
    for left, top, wide, high, area in stats[1:count].tolist():
        if area >= MIN_AREA and high >= MIN_HEIGHT and wide * high <= MAX_AREA_SHARE * mask.size:
            boxes.append(Box(left, top, left + wide, top + high))
    return boxes


_OPENING = cv2.getStructuringElement(cv2.MORPH_RECT, (1, 3))
"""Takes away what is only a pixel or two high: tape and wires in the wind, edges that tremble."""
_CLOSING = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 9))
"""Joins what is one above the other: a head, a bright belt, legs."""
