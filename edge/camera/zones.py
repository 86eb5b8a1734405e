"""Zones: how much of a piece of ground is covered, and whether that has become too much; pure.

Coverage is measured on a grid of points over the polygon: the share of them that lies in any box.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.camera.box import Box

GRID = 48
"""Points across the picture in each direction."""


def points_inside(polygon: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Give the grid's points inside a polygon (shares of the picture) as an array of shape (n, 2); all without one."""
    steps = [(step + 0.5) / GRID for step in range(GRID)]
    inside = [(x, y) for y in steps for x in steps if is_inside((x, y), polygon)]
    return np.array(inside, dtype=np.float64).reshape(-1, 2)


def is_inside(place: tuple[float, float], polygon: Sequence[tuple[float, float]]) -> bool:
    """Tell whether a place lies in a polygon, both as shares of the picture; everything lies in none."""
    if not polygon:
        return True
    x, y = place
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def coverage(points: NDArray[np.float64], boxes: Iterable[Box], *, size: tuple[int, int]) -> float:
    """Give the share of a zone's points that lie in any box, 0 to 1; `size` is the boxes' picture in pixels."""
    if not len(points):
        return 0.0
    scaled = points * np.asarray(size, dtype=np.float64)
    covered = np.zeros(len(points), dtype=bool)
    for box in boxes:
        covered |= (
            (scaled[:, 0] >= box.left)
            & (scaled[:, 0] < box.right)
            & (scaled[:, 1] >= box.top)
            & (scaled[:, 1] < box.bottom)
        )
    return float(covered.mean())


class Hysteresis(msgspec.Struct, frozen=True):
    """A claim that begins at `raise_at` or more and ends at `clear_at` or less."""

    raise_at: float
    clear_at: float

    def holds(self, value: float, *, held: bool) -> bool:
        """Tell whether the claim holds now, given whether it held before."""
        return value > self.clear_at if held else value >= self.raise_at
