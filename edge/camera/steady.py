"""Steadying: takes small shifts of the whole picture out of it: a mast in the wind, a lorry that shakes the pole."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.box import Point

Luma = NDArray[np.uint8]
"""Brightness of a picture, one byte a pixel, shape (height, width)."""
Floats = NDArray[np.float32]
STILL = Point(0.0, 0.0)

MEASURE_SIZE = (160, 120)
"""Width and height at which the shift is measured, in pixels: even sizes that a Fourier transform likes, for at an odd
one OpenCV's answer is half a pixel off."""
SURE = 0.15
"""How sharp the correlation's peak must be, 0 to 1, for the shift to be believed."""
SMALLEST, LARGEST_SHARE = 1.0, 0.08
"""Shifts below so many pixels are left as they are; above this share of the width it is another view."""
BLOCKS = (8, 6)
BETTER, WORSE = 0.9, 1.1
MIN_BETTER_SHARE, BETTER_TO_WORSE = 0.2, 3
"""A shift of the picture makes its blocks fit better wherever there is something to see; a bus that passes does not."""
MAX_UNSURE = 50
"""After so many pictures in a row that cannot be placed, the newest is the scene's first one."""


class Steadied(NamedTuple):
    """A picture put back in its place, and by how much it had been shifted from there, in pixels."""

    luma: Luma
    shift: Point


class Steadier:
    """Holds one camera's pictures in the place of the scene's first one."""

    def __init__(self) -> None:
        self._anchor: Floats | None = None
        self._window: Floats | None = None
        self._unsure = 0

    def reset(self) -> None:
        """Know that the next picture is the first of another scene."""
        self._anchor = None

    def steady(self, luma: Luma) -> Steadied:
        """Give the picture shifted back to where the scene's first one was; untouched when it has not moved."""
        small = _small(luma)
        if self._anchor is None or self._window is None or self._unsure > MAX_UNSURE:
            self._anchor, self._unsure = small, 0
            self._window = np.asarray(cv2.createHanningWindow(MEASURE_SIZE, cv2.CV_32F), dtype=np.float32)
            return Steadied(luma, STILL)
        # OpenCV 5 multiplies its arguments by the window in place where no padding is needed: it gets copies
        (dx, dy), response = cv2.phaseCorrelate(self._anchor.copy(), small.copy(), self._window)
        shift = Point(dx * luma.shape[1] / small.shape[1], dy * luma.shape[0] / small.shape[0])
        far = max(abs(shift.x), abs(shift.y))
        is_near = response >= SURE and far <= LARGEST_SHARE * luma.shape[1]
        is_sure = is_near and (far < SMALLEST or _fits_better(self._anchor, small, Point(dx, dy)))
        self._unsure = 0 if is_sure else self._unsure + 1
        if not is_sure or far < SMALLEST:
            return Steadied(luma, STILL)
        return Steadied(np.asarray(_put_back(luma, shift), dtype=np.uint8), shift)


def _fits_better(anchor: Floats, shifted: Floats, shift: Point) -> bool:
    """Tell whether a picture is more like the anchor in most places once it is put back, by whole pixels."""
    back = _put_back(shifted, Point(round(shift.x), round(shift.y)))
    before = cv2.resize(cv2.absdiff(anchor, shifted), BLOCKS, interpolation=cv2.INTER_AREA)
    after = cv2.resize(cv2.absdiff(anchor, np.asarray(back)), BLOCKS, interpolation=cv2.INTER_AREA)
    better, worse = int(np.sum(after < BETTER * before)), int(np.sum(after > WORSE * before))
    return better >= MIN_BETTER_SHARE * before.size and better >= BETTER_TO_WORSE * worse


def _put_back(picture: Luma | Floats, shift: Point) -> cv2.typing.MatLike:
    back = np.array([[1, 0, -shift.x], [0, 1, -shift.y]], dtype=np.float32)
    size = (picture.shape[1], picture.shape[0])
    return cv2.warpAffine(picture, back, size, borderMode=cv2.BORDER_REPLICATE)


def _small(luma: Luma) -> Floats:
    return np.asarray(cv2.resize(luma, MEASURE_SIZE, interpolation=cv2.INTER_AREA), dtype=np.float32)
