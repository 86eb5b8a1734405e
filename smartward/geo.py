"""The ground: a flat plane in metres that is true enough for one ward, and what lies inside what."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import msgspec

Point = tuple[float, float]
"""East and north, in metres."""

METRES_PER_DEGREE = 111_320.0


class Plane(msgspec.Struct, frozen=True):
    """Metres around a middle point, equirectangular: over ten kilometres the error is a few metres."""

    lat: float
    lon: float

    def degrees(self, point: Point) -> tuple[float, float]:
        """Give a point's latitude and longitude, to a tenth of a metre."""
        east, north = point
        shrink = math.cos(math.radians(self.lat))
        lat = self.lat + north / METRES_PER_DEGREE
        return round(lat, 6), round(self.lon + east / METRES_PER_DEGREE / shrink, 6)

    def metres(self, *, lat: float, lon: float) -> Point:
        """Give a place's metres east and north of the middle."""
        east = (lon - self.lon) * METRES_PER_DEGREE * math.cos(math.radians(self.lat))
        return east, (lat - self.lat) * METRES_PER_DEGREE


def contains(ring: Sequence[Point], point: Point) -> bool:
    """Tell whether a point lies inside a ring of at least three points; open or closed, in any unit."""
    x, y = point
    inside = False
    before_x, before_y = ring[-1]
    for here_x, here_y in ring:
        if (here_y > y) != (before_y > y):
            crosses_at = here_x + (y - here_y) * (before_x - here_x) / (before_y - here_y)
            inside ^= x < crosses_at
        before_x, before_y = here_x, here_y
    return inside


def nearer_to(ring: Sequence[Point], *, near: Point, far: Point) -> list[Point]:
    """Cut a ring down to what lies nearer to one point than to another (Sutherland and Hodgman, 1974)."""
    kept: list[Point] = []
    before = ring[-1]
    before_side = _side(before, near=near, far=far)
    for here in ring:
        side = _side(here, near=near, far=far)
        if (side >= 0) != (before_side >= 0):
            share = before_side / (before_side - side)
            kept.append((before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])))
        if side >= 0:
            kept.append(here)
        before, before_side = here, side
    return kept


def distance(one: Point, other: Point) -> float:
    """Give the distance of two points."""
    return math.hypot(one[0] - other[0], one[1] - other[1])


def length(line: Sequence[Point]) -> float:
    """Give the length of a line."""
    return sum(distance(*pair) for pair in itertools.pairwise(line))


def along(line: Sequence[Point], *, share: float) -> Point:
    """Give the point at a share (0..1) of a line's length."""
    left = share * length(line)
    for start, end in itertools.pairwise(line):
        piece = distance(start, end)
        if left <= piece and piece > 0:
            part = left / piece
            return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])
        left -= piece
    return line[-1]


def _side(point: Point, *, near: Point, far: Point) -> float:
    """Give how much nearer a point is to one than to the other: positive when nearer to `near`."""
    return (point[0] - far[0]) ** 2 + (point[1] - far[1]) ** 2 - (point[0] - near[0]) ** 2 - (point[1] - near[1]) ** 2
