"""Where alerts and devices are drawn on the map, so that no two lie on each other and labels stay free."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin, sqrt
from typing import Literal

import msgspec

from api.console.views import Marker
from api.console.wardmap import HEIGHT, WIDTH, Name, Position

MARKER_SPACE = 22.0
"""Two markers nearer than this are moved apart, in SVG units."""
LETTER = 7.3
LABEL_PADDING = 16.0
LABEL_REACH, LABEL_HEIGHT = 17.0, 22.0
GOLDEN_ANGLE = pi * (3 - sqrt(5))

Box = tuple[float, float, float, float]


def spread(places: Sequence[Position], *, step: float) -> list[Position]:
    """Move things that share a place apart on a sunflower spiral, the first staying where it is."""
    seen: dict[Position, int] = {}
    moved = []
    for x, y in places:
        order = seen.get((x, y), 0)
        seen[x, y] = order + 1
        reach, angle = step * sqrt(order), order * GOLDEN_ANGLE
        moved.append((round(x + reach * cos(angle), 1), round(y + reach * sin(angle), 1)))
    return moved


def apart(markers: Sequence[Marker]) -> list[Marker]:
    """Place markers in order of urgency: each as near to its true place as the ones before leave room."""
    placed: list[Marker] = []
    for marker in markers:
        x, y = marker.x, marker.y
        for order in range(60):
            reach, angle = MARKER_SPACE * 0.55 * sqrt(order), order * GOLDEN_ANGLE
            x, y = round(marker.x + reach * cos(angle), 1), round(marker.y + reach * sin(angle), 1)
            if all((x - other.x) ** 2 + (y - other.y) ** 2 >= MARKER_SPACE**2 for other in placed):
                break
        placed.append(_moved(marker, x=x, y=y))
    return placed


def with_labels(markers: Sequence[Marker], *, names: Sequence[Name] = ()) -> list[Marker]:
    """Set each wanted label right or left of its marker where it covers nothing; leave it out where it would.

    A label may cover a name of the map when there is no other room.
    """
    taken: list[Box] = [(m.x - 12, m.y - 12, m.x + 12, m.y + 12) for m in markers]
    written: list[Box] = [_box_of(name) for name in names]
    done = []
    for marker in markers:
        if not marker.label:
            done.append(marker)
            continue
        width = round(LABEL_PADDING + LETTER * len(marker.label), 1)
        right = (marker.x + LABEL_REACH, marker.y - 11, marker.x + LABEL_REACH + width, marker.y - 11 + LABEL_HEIGHT)
        left = (marker.x - LABEL_REACH - width, marker.y - 11, marker.x - LABEL_REACH, marker.y - 11 + LABEL_HEIGHT)
        sides: tuple[tuple[Literal["right", "left"], Box], ...] = (("right", right), ("left", left))
        free = [(side, box) for side, box in sides if _is_free(box, taken)]
        best = next((one for one in free if _is_free(one[1], written)), free[0] if free else None)
        if best is None:
            done.append(marker)
            continue
        taken.append(best[1])
        done.append(_labelled(marker, side=best[0], width=width))
    return done


def _box_of(name: Name) -> Box:
    half = LETTER * len(name.text) / 2
    return name.x - half, name.y - 11, name.x + half, name.y + 4


def _is_free(box: Box, taken: Sequence[Box]) -> bool:
    x1, y1, x2, y2 = box
    if x1 < 0 or y1 < 0 or x2 > WIDTH or y2 > HEIGHT:
        return False
    return all(x2 <= a1 or x1 >= a2 or y2 <= b1 or y1 >= b2 for a1, b1, a2, b2 in taken)


def _moved(marker: Marker, *, x: float, y: float) -> Marker:
    return msgspec.structs.replace(marker, x=x, y=y)


def _labelled(marker: Marker, *, side: Literal["right", "left"], width: float) -> Marker:
    return msgspec.structs.replace(marker, side=side, width=width)
