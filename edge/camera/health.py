"""Picture health: what simple numbers tell about a camera's picture; pure, over lumas and time.

The cut-offs were read off one clip that was degraded in sixteen ways. Judged here is only what they tell for sure:
`ok`, `no_signal`, `frozen`, `black`, `dark`, `overexposed`. A verdict changes when three of the last four checks say
so; the first check is believed at once.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

import cv2
import msgspec
import numpy as np

from edge.camera.steady import Luma

Health = Literal["ok", "no_signal", "frozen", "black", "dark", "overexposed"]

BLACK_MEAN, BLACK_SPREAD = 12.0, 3.0
FLAT_SPREAD = 1.0
DARK_MEAN = 35.0
BRIGHT_MEAN = 220.0
"""Mean and standard deviation of the luma, 0 to 255."""
SAME_DIFFERENCE = 0.05
"""Mean difference of two lumas below which they are the same picture: a real sensor's noise alone is over 0.9."""
FROZEN_AFTER_S = 10.0
NO_FRAME_AFTER_S = 10.0
CHECKS, NEEDED = 4, 3
SHARPNESS_WIDTH = 640
"""Sharpness is comparable between cameras only at one picture width."""


class Look(msgspec.Struct, frozen=True):
    """The numbers of one picture. `is_flat_in_columns` is what colour bars are and no street is."""

    brightness: float
    spread: float
    sharpness: float
    is_flat_in_columns: bool


def measure(picture: Luma) -> Look:
    """Measure a full-size luma."""
    height, width = picture.shape
    if width > SHARPNESS_WIDTH:
        size = (SHARPNESS_WIDTH, max(round(height * SHARPNESS_WIDTH / width), 1))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    mean, spread = cv2.meanStdDev(picture)
    edges = cv2.meanStdDev(cv2.Laplacian(picture, cv2.CV_32F))[1]
    return Look(
        brightness=float(mean[0, 0]),
        spread=float(spread[0, 0]),
        sharpness=float(edges[0, 0]) ** 2,
        is_flat_in_columns=float(picture.std(axis=0).max()) < FLAT_SPREAD,
    )


def judge(look: Look | None, *, same_for_s: float) -> Health:
    """Judge one check: the newest picture's numbers (None: there is none), and how long it has been the same."""
    if look is None:
        return "no_signal"
    if look.brightness < BLACK_MEAN and look.spread < BLACK_SPREAD:
        return "black"
    if look.spread < FLAT_SPREAD or look.is_flat_in_columns:
        return "no_signal"
    if same_for_s >= FROZEN_AFTER_S:
        return "frozen"
    if look.brightness < DARK_MEAN:
        return "dark"
    return "overexposed" if look.brightness > BRIGHT_MEAN else "ok"


def is_same(before: Luma, after: Luma) -> bool:
    """Tell whether two lumas are one picture shown twice."""
    return before.shape == after.shape and cv2.norm(before, after, cv2.NORM_L1) / after.size < SAME_DIFFERENCE


class Verdict:
    """Holds the verdict on a camera from check to check."""

    def __init__(self) -> None:
        self.health: Health | None = None
        self._checks: deque[Health] = deque(maxlen=CHECKS)

    def add(self, check: Health) -> Health:
        """Take one check; give the verdict that now holds."""
        self._checks.append(check)
        if self.health is None or self._checks.count(check) >= NEEDED:
            self.health = check
        return self.health
