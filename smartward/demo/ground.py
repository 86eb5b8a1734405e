"""The ground of the invented ward "Phường Sông Mây": its boundary, six khu phố, roads, canal and park, in metres.

The outline, the canal and the park are drawn by hand; the streets are a bent grid that a seed shakes a little.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable

import msgspec

from smartward.geo import Plane, Point, contains, nearer_to

PLANE = Plane(lat=21.24, lon=105.70)
"""The middle of the ward, near Phúc Yên."""
MAP_SEED = 7
_METRES_PER_UNIT = 3.25
_MIDDLE_UNIT = (437.0, 373.0)

_OUTLINE = (
    (815, 376), (822, 433), (804, 487), (765, 533), (719, 571), (677, 607), (636, 643), (587, 671), (531, 685),
    (473, 685), (418, 682), (364, 681), (308, 677), (257, 658), (216, 623), (186, 582), (157, 545), (122, 510),
    (87, 472), (64, 426), (56, 376), (55, 325), (53, 270), (56, 212), (76, 155), (121, 111), (181, 86), (244, 73),
    (304, 64), (362, 61), (418, 69), (469, 91), (512, 120), (553, 141), (600, 153), (653, 167), (703, 192),
    (739, 230), (767, 275), (792, 323),
)  # fmt: skip
_CENTRES = {1: (125, 372), 2: (273, 207), 3: (341, 492), 4: (583, 284), 5: (679, 508), 6: (178, 600)}
_CANAL = ((-60, 580), (20, 545), (95, 536), (160, 562), (215, 592), (300, 606), (370, 604), (440, 588), (500, 576),
          (560, 582), (640, 618), (730, 655), (820, 660), (900, 636))  # fmt: skip
_PARK = ((437, 214), (507, 201), (522, 252), (451, 265))
_CANAL_HALF_WIDTH_M = 17.0
_TILT_DEG = 13.0
_STEP_M = 20.0
_REACH_M = 1750.0
_SHORTEST = 8
_NO_LANE_SHARE = 0.35
_BEYOND_M = 260.0
"""How far main roads are drawn beyond the boundary."""

_ACROSS = ((-960, "Phố Lò Gốm"), (-760, "Phố Vườn Cam"), (-545, "Phố Trạm Bơm"), (-290, "Đường Bến Đò"),
           (-115, "Phố Cây Gạo"), (95, "Phố Ao Sen"), (305, "Đường Lê Hoa"), (500, "Phố Chợ Cũ"),
           (690, "Phố Giếng Ngọc"), (880, "Phố Hàng Tre"))  # fmt: skip
_UP = ((-1050, "Phố Nhà Thờ"), (-850, "Phố Đình Mây"), (-640, "Đường Cầu Mới"), (-425, "Phố Lụa"),
       (-220, "Phố Bạch Mai"), (-10, "Đường Hòa Bình"), (195, "Phố Hoa Sen"), (400, "Phố Ga Cũ"),
       (610, "Đường Phượng Vĩ"), (810, "Phố Xóm Mới"), (1010, "Phố Đồng Quê"))  # fmt: skip
"""Streets running east and streets running north: where they cross the middle, in metres, and their names."""


class Road(msgspec.Struct, frozen=True):
    """A street: `kind` is road_main, road_minor or lane."""

    kind: str
    name: str
    line: tuple[Point, ...]


class Ground(msgspec.Struct, frozen=True):
    """All that the map shows, in metres east and north of the middle; rings are open."""

    boundary: tuple[Point, ...]
    neighbourhoods: dict[int, tuple[Point, ...]]
    roads: tuple[Road, ...]
    canal: tuple[Point, ...]
    park: tuple[Point, ...]

    def neighbourhood_at(self, point: Point) -> int | None:
        """Tell which khu phố a point lies in; None outside the ward."""
        if not contains(self.boundary, point):
            return None
        return next((number for number, ring in self.neighbourhoods.items() if contains(ring, point)), None)


def dice(seed: int, purpose: str) -> random.Random:
    """Give seeded chance of its own for one purpose; only `random()` and `uniform()` are the same on every Python."""
    return random.Random(f"{seed}/{purpose}")  # noqa: S311 - an invented map needs no secrets


def ground(seed: int = MAP_SEED) -> Ground:
    """Draw the ward; the seed moves streets by some metres and chooses the lanes, never boundary or canal."""
    boundary = _smoothed([from_unit(unit) for unit in _OUTLINE])
    centres = {number: from_unit(unit) for number, unit in _CENTRES.items()}
    canal_middle = _curve([from_unit(unit) for unit in _CANAL])
    canal = _ribbon(canal_middle, half_width_m=_CANAL_HALF_WIDTH_M)
    chance = dice(seed, "streets")
    roads = [*_streets(chance, boundary, canal), *_lanes(chance, boundary, canal)]
    return Ground(
        boundary=boundary,
        neighbourhoods={number: _share_of(boundary, number, centres) for number in centres},
        roads=tuple(roads),
        canal=canal,
        park=tuple(from_unit(unit) for unit in _PARK),
    )


def from_unit(unit: tuple[float, float]) -> Point:
    """Give a point of the hand drawing (units, y down) in metres."""
    return (unit[0] - _MIDDLE_UNIT[0]) * _METRES_PER_UNIT, (_MIDDLE_UNIT[1] - unit[1]) * _METRES_PER_UNIT


def _share_of(boundary: tuple[Point, ...], number: int, centres: dict[int, Point]) -> tuple[Point, ...]:
    """Give what of the ward lies nearer to one khu phố's middle than to any other's."""
    ring: list[Point] = list(boundary)
    for other, centre in centres.items():
        if other != number:
            ring = nearer_to(ring, near=centres[number], far=centre)
    return tuple(ring)


def _streets(chance: random.Random, boundary: tuple[Point, ...], canal: tuple[Point, ...]) -> list[Road]:
    """Draw the grid: main roads run on beyond the boundary and bridge the canal, the others do neither."""
    roads = []
    for is_across, streets in ((True, _ACROSS), (False, _UP)):
        for offset, name in streets:
            is_main = name.startswith("Đường")
            shift = chance.uniform(-14, 14)
            line = [
                _bent(s, offset + shift) if is_across else _bent(offset + shift, s) for s in _span(-_REACH_M, _REACH_M)
            ]
            if is_main:
                pieces = [[point for point in line if _is_near(boundary, point)]]
            else:
                pieces = _inside(line, boundary, canal)
            kind = "road_main" if is_main else "road_minor"
            roads += [Road(kind=kind, name=name, line=_thinned(piece)) for piece in pieces if len(piece) > _SHORTEST]
    return roads


def _lanes(chance: random.Random, boundary: tuple[Point, ...], canal: tuple[Point, ...]) -> list[Road]:
    """Draw dead-end lanes off the streets, numbered as in Vietnam by the house they start at."""
    roads = []
    for offset, name in _ACROSS:
        for start, _ in _UP:
            if chance.random() < _NO_LANE_SHARE:
                continue
            at = start + chance.uniform(50, 150)
            side = 1 if chance.uniform(-1, 1) > 0 else -1
            reach = chance.uniform(70, 120)
            line = [_bent(at, offset + side * step) for step in (0, reach / 2, reach)]
            house = 2 * int((at + 1300) / 18) + (1 if side > 0 else 0)
            if len(_inside(line, boundary, canal)[:1]) and all(contains(boundary, p) for p in line):
                roads.append(Road(kind="lane", name=f"Hẻm {house} {name.split(' ', 1)[1]}", line=tuple(line)))
    roads.append(Road(kind="lane", name="Hẻm 48 Bến Đò", line=tuple(from_unit(u) for u in STORY_LANE)))
    return roads


STORY_LANE = ((307, 493), (301, 508), (296, 523))
"""Hẻm 48 Bến Đò, in khu phố 3: from the street down to its low end."""


def _bent(u: float, v: float) -> Point:
    """Give a point of the grid: turned, and bent as streets are."""
    u, v = u + 30 * math.sin(v / 410 + 0.6), v + 26 * math.sin(u / 520 - 0.4)
    tilt = math.radians(_TILT_DEG)
    return u * math.cos(tilt) - v * math.sin(tilt), u * math.sin(tilt) + v * math.cos(tilt)


def _span(start: float, end: float) -> Iterable[float]:
    return (start + step * _STEP_M for step in range(int((end - start) / _STEP_M) + 1))


def _is_near(boundary: tuple[Point, ...], point: Point) -> bool:
    """Tell whether a point is inside the ward or a short way outside."""
    if contains(boundary, point):
        return True
    shrink = 1 - _BEYOND_M / max(math.hypot(*point), 1.0)
    return contains(boundary, (point[0] * shrink, point[1] * shrink))


def _inside(line: list[Point], boundary: tuple[Point, ...], canal: tuple[Point, ...]) -> list[list[Point]]:
    """Cut a line to its pieces within the ward and out of the water."""
    pieces: list[list[Point]] = [[]]
    for point in line:
        if contains(boundary, point) and not contains(canal, point):
            pieces[-1].append(point)
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _thinned(line: list[Point], *, every: int = 5) -> tuple[Point, ...]:
    """Keep every fifth point and the last."""
    return (*line[:-1:every], line[-1])


def _smoothed(ring: list[Point]) -> tuple[Point, ...]:
    """Round a ring's corners once (Chaikin, 1974)."""
    rounded: list[Point] = []
    for (x, y), (after_x, after_y) in zip(ring, [*ring[1:], ring[0]], strict=True):
        rounded.append((0.75 * x + 0.25 * after_x, 0.75 * y + 0.25 * after_y))
        rounded.append((0.25 * x + 0.75 * after_x, 0.25 * y + 0.75 * after_y))
    return tuple(rounded)


def _curve(line: list[Point]) -> list[Point]:
    """Round a line's corners twice, keeping its ends (Chaikin, 1974)."""
    for _ in range(2):
        rounded = [line[0]]
        for (x, y), (after_x, after_y) in itertools.pairwise(line):
            rounded.append((0.75 * x + 0.25 * after_x, 0.75 * y + 0.25 * after_y))
            rounded.append((0.25 * x + 0.75 * after_x, 0.25 * y + 0.75 * after_y))
        line = [*rounded, line[-1]]
    return line


def _ribbon(line: list[Point], *, half_width_m: float) -> tuple[Point, ...]:
    """Give the ring around a line, half a width to each side."""
    left: list[Point] = []
    right: list[Point] = []
    for before, here, after in zip([line[0], *line[:-1]], line, [*line[1:], line[-1]], strict=True):
        east, north = after[0] - before[0], after[1] - before[1]
        scale = half_width_m / math.hypot(east, north)
        left.append((here[0] - north * scale, here[1] + east * scale))
        right.append((here[0] + north * scale, here[1] - east * scale))
    return (*left, *reversed(right))
