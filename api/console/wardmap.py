"""The ward's map: GeoJSON into SVG paths, once, on a plane that is true enough for a ward.

Equirectangular with the cosine of the middle latitude: over ten kilometres the error is a few metres, far below
a pixel. Features carry `properties.kind`: boundary, neighbourhood, road_main, road_minor, lane, water, park, label.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import cos, radians
from pathlib import Path
from typing import Any, Literal

import msgspec

from smartward.errors import ConfigError

Kind = Literal["boundary", "neighbourhood", "road_main", "road_minor", "lane", "water", "park", "label"]
WIDTH, HEIGHT, MARGIN = 860.0, 772.0, 28.0
"""The drawing's size in SVG units, and how much is left free around the ward."""

Position = tuple[float, float]


class _Geometry(msgspec.Struct):
    """A GeoJSON geometry; coordinates nest as deep as the type says."""

    type: str
    coordinates: Any = None


class _Properties(msgspec.Struct):
    """What we read of a feature's properties."""

    kind: str = ""
    name: str = ""


class _Feature(msgspec.Struct):
    """A GeoJSON feature."""

    geometry: _Geometry | None
    properties: _Properties | None = None


class _Collection(msgspec.Struct):
    """A GeoJSON feature collection."""

    features: list[_Feature]


class Plane(msgspec.Struct, frozen=True):
    """The projection of one ward: longitude and latitude to SVG units, north up."""

    west: float
    north: float
    per_lon: float
    per_lat: float
    left: float
    top: float

    def place(self, lat: float, lon: float) -> Position:
        """Give the SVG position of a point on the ground, to a tenth of a unit."""
        x = self.left + (lon - self.west) * self.per_lon
        y = self.top + (self.north - lat) * self.per_lat
        return round(x, 1), round(y, 1)


class Name(msgspec.Struct, frozen=True):
    """A word written on the map."""

    text: str
    x: float
    y: float
    kind: str


class Street(msgspec.Struct, frozen=True):
    """A main road's name and the path it is written along, from left to right."""

    text: str
    path: str


class WardMap(msgspec.Struct, frozen=True):
    """A ward ready to draw: one SVG path a kind, the names, and where a device's coordinates fall.

    Water drawn as a line is `water`, as an area `lake`.
    """

    plane: Plane
    paths: dict[str, str]
    names: tuple[Name, ...]
    streets: tuple[Street, ...] = ()
    width: float = WIDTH
    height: float = HEIGHT


def read_map(path: Path) -> WardMap:
    """Read a ward's GeoJSON file; raises ConfigError naming the file and what is wrong with it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the map cannot be read: {error.strerror}",
            file=str(path),
            key="ward.map_file",
            remedy="Give the path of a GeoJSON file, or leave map_file empty",
        ) from error
    try:
        return draw(raw)
    except (msgspec.DecodeError, ValueError, TypeError) as error:
        raise ConfigError(
            f"not a ward map: {error}",
            file=str(path),
            key="ward.map_file",
            remedy="Give a GeoJSON FeatureCollection with one feature of properties.kind boundary",
        ) from error


def draw(geojson: bytes) -> WardMap:
    """Turn a GeoJSON FeatureCollection into SVG paths, fitted to its boundary.

    Raises msgspec.DecodeError when it is not GeoJSON and ValueError when it has no boundary.
    """
    features = msgspec.json.decode(geojson, type=_Collection).features
    edge = [point for feature in features if _kind(feature) == "boundary" for line in _lines(feature) for point in line]
    if not edge:
        raise ValueError("no feature has properties.kind = boundary")
    plane = _fit(edge)
    paths: dict[str, list[str]] = {}
    names: list[Name] = []
    for feature in features:
        kind = _kind(feature)
        if name := _name(feature, plane=plane):
            names.append(name)
        is_area = feature.geometry is not None and feature.geometry.type.endswith("Polygon")
        paths.setdefault("lake" if kind == "water" and is_area else kind, []).extend(_path(feature, plane=plane))
    streets = [street for feature in features if (street := _street(feature, plane=plane))]
    return WardMap(
        plane=plane,
        paths={kind: "".join(parts) for kind, parts in paths.items()},
        names=tuple(names),
        streets=tuple(streets),
    )


def _kind(feature: _Feature) -> str:
    return feature.properties.kind if feature.properties else ""


def _fit(points: list[Position]) -> Plane:
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    west, east, south, north = min(lons), max(lons), min(lats), max(lats)
    shrink = cos(radians((south + north) / 2))
    wide, tall = max((east - west) * shrink, 1e-9), max(north - south, 1e-9)
    scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / tall)
    return Plane(
        west=west,
        north=north,
        per_lon=scale * shrink,
        per_lat=scale,
        left=(WIDTH - wide * scale) / 2,
        top=(HEIGHT - tall * scale) / 2,
    )


def _lines(feature: _Feature) -> Iterator[list[Position]]:
    """List a geometry's rings and lines, whatever its type."""
    if feature.geometry is None:
        return
    match feature.geometry.type:
        case "Point":
            yield [_position(feature.geometry.coordinates)]
        case "LineString":
            yield _positions(feature.geometry.coordinates)
        case "MultiLineString" | "Polygon":
            yield from map(_positions, feature.geometry.coordinates)
        case "MultiPolygon":
            for polygon in feature.geometry.coordinates:
                yield from map(_positions, polygon)
        case other:
            raise ValueError(f"geometry {other} is not understood; use points, lines and polygons")


def _position(raw: list[float]) -> Position:
    return float(raw[0]), float(raw[1])


def _positions(raw: Iterable[list[float]]) -> list[Position]:
    return [_position(point) for point in raw]


def _path(feature: _Feature, *, plane: Plane) -> Iterator[str]:
    closed = feature.geometry is not None and feature.geometry.type.endswith("Polygon")
    for line in _lines(feature):
        if len(line) == 1:
            continue
        points = [plane.place(lat, lon) for lon, lat in line]
        body = "L".join(f"{x:g} {y:g}" for x, y in points)
        yield f"M{body}{'Z' if closed else ''}"


def _street(feature: _Feature, *, plane: Plane) -> Street | None:
    """Give a main road with its name, when it is one line."""
    name = feature.properties.name if feature.properties else ""
    if not name or _kind(feature) != "road_main" or feature.geometry is None or feature.geometry.type != "LineString":
        return None
    points = [plane.place(lat, lon) for lon, lat in _positions(feature.geometry.coordinates)]
    if points[-1][0] < points[0][0]:
        points.reverse()
    return Street(name, "M" + "L".join(f"{x:g} {y:g}" for x, y in points))


def _name(feature: _Feature, *, plane: Plane) -> Name | None:
    """Give the word to write: neighbourhoods, parks and labels have one, roads and water only by a label."""
    kind = _kind(feature)
    text = feature.properties.name if feature.properties else ""
    if not text or kind not in {"neighbourhood", "park", "label"}:
        return None
    points = [point for line in _lines(feature) for point in line]
    if not points:
        return None
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    x, y = plane.place((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)
    return Name(text=text, x=x, y=y, kind=kind)
