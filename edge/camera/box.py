"""Boxes and points in a picture, in pixels of the analysed luma: x to the right, y downwards."""

from __future__ import annotations

from typing import NamedTuple


class Point(NamedTuple):
    """A place in the picture."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle in the picture; right and bottom are the first pixels outside."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Its extent to the right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Its extent downwards."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Its size in square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> Point:
        """Its middle."""
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    @property
    def foot(self) -> Point:
        """Where it stands on the ground: the middle of its lower edge."""
        return Point((self.left + self.right) / 2, self.bottom)

    def moved(self, *, dx: float, dy: float) -> Box:
        """Give the same box elsewhere."""
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)


def shared_area(one: Box, other: Box) -> float:
    """Give the area that lies in both."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return width * height if width > 0 and height > 0 else 0.0


def overlap(one: Box, other: Box) -> float:
    """Give the intersection over the union, 0 to 1."""
    shared = shared_area(one, other)
    return shared / (one.area + other.area - shared) if shared else 0.0


def share_inside(inner: Box, outer: Box) -> float:
    """Give the share of `inner` that lies inside `outer`, 0 to 1."""
    return shared_area(inner, outer) / inner.area if inner.area > 0 else 0.0


def union(boxes: list[Box]) -> Box:
    """Give the smallest box around them all; there must be at least one."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )
