"""Draw the demo ward's map as GeoJSON: `python -m smartward.demo.draw_ward` writes `ward.geojson` beside this file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from smartward.demo.ground import MAP_SEED, PLANE, Ground, from_unit, ground
from smartward.geo import Point

MAP_FILE = Path(__file__).with_name("ward.geojson")
_LABELS = (("Kênh Đò Ngang", (600, 588)), ("Chợ Cầu Mới", (243, 262)), ("UBND phường", (430, 372)))


def main() -> int:
    """Write the map; it is committed, and a test holds the file to this program."""
    MAP_FILE.write_bytes(geojson(ground(MAP_SEED)))
    sys.stdout.write(f"{MAP_FILE}\n")
    return 0


def geojson(drawn: Ground) -> bytes:
    """Give the ground as a GeoJSON FeatureCollection, one feature a line, the boundary first."""
    lines = b",\n".join(msgspec.json.encode(feature) for feature in _features(drawn))
    return b'{"type":"FeatureCollection","features":[\n' + lines + b"\n]}\n"


def _features(drawn: Ground) -> Iterator[dict[str, object]]:
    """List the map's features from the ground up."""
    yield _feature("boundary", "Phường Sông Mây", _polygon(drawn.boundary))
    for number, ring in drawn.neighbourhoods.items():
        yield _feature("neighbourhood", f"KP {number}", _polygon(ring))
    yield _feature("water", "Kênh Đò Ngang", _polygon(drawn.canal))
    yield _feature("park", "Công viên", _polygon(drawn.park))
    for road in drawn.roads:
        yield _feature(road.kind, road.name, {"type": "LineString", "coordinates": _positions(road.line)})
    for text, unit in _LABELS:
        yield _feature("label", text, {"type": "Point", "coordinates": _positions([from_unit(unit)])[0]})


def _feature(kind: str, name: str, geometry: dict[str, object]) -> dict[str, object]:
    return {"type": "Feature", "properties": {"kind": kind, "name": name}, "geometry": geometry}


def _polygon(ring: Iterable[Point]) -> dict[str, object]:
    positions = _positions(ring)
    return {"type": "Polygon", "coordinates": [[*positions, positions[0]]]}


def _positions(points: Iterable[Point]) -> list[list[float]]:
    """Give points as GeoJSON positions: longitude first."""
    return [[lon, lat] for lat, lon in map(PLANE.degrees, points)]


if __name__ == "__main__":
    sys.exit(main())
