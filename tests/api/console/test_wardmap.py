"""GeoJSON into SVG: true to the ground, fitted to the frame, refused in plain words."""

from __future__ import annotations

import json
from math import hypot
from pathlib import Path

import pytest

from api.console.wardmap import HEIGHT, MARGIN, WIDTH, draw, read_map
from smartward.errors import ConfigError
from tests.api.console.sample_ward import MAP

SQUARE = [[105.70, 21.20], [105.72, 21.20], [105.72, 21.22], [105.70, 21.22], [105.70, 21.20]]


def collection(*features: tuple[str, str, object, str]) -> bytes:
    """Write features of (kind, geometry type, coordinates, name)."""
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"kind": kind, "name": name},
                    "geometry": {"type": geometry, "coordinates": coordinates},
                }
                for kind, geometry, coordinates, name in features
            ],
        }
    ).encode()


def test_the_ward_fills_the_frame_and_stays_inside_it() -> None:
    """Whatever its size and place, a ward is drawn as large as there is room, north up."""
    ward = draw(collection(("boundary", "Polygon", [SQUARE], "")))

    left, bottom = ward.plane.place(21.20, 105.70)
    right, top = ward.plane.place(21.22, 105.72)
    assert left >= MARGIN - 0.1
    assert right <= WIDTH - MARGIN + 0.1
    assert (top, bottom) == (MARGIN, HEIGHT - MARGIN)
    assert ward.paths["boundary"].startswith("M")
    assert ward.paths["boundary"].endswith("Z")


def test_a_metre_east_is_as_long_as_a_metre_north() -> None:
    """Without the cosine a ward at 21° N would be drawn 7 % too wide."""
    plane = draw(collection(("boundary", "Polygon", [SQUARE], ""))).plane
    x, y = plane.place(21.21, 105.71)
    metre = 1 / 111_320
    east = hypot(*(a - b for a, b in zip(plane.place(21.21, 105.71 + 1000 * metre / 0.9323), (x, y), strict=True)))
    north = hypot(*(a - b for a, b in zip(plane.place(21.21 + 1000 * metre, 105.71), (x, y), strict=True)))

    assert abs(east - north) < 0.2


def test_every_kind_has_its_path_and_names_stand_where_they_belong() -> None:
    """Roads, water and parks are styled by kind; a point has no path, only its name."""
    ward = draw(
        collection(
            ("boundary", "Polygon", [SQUARE], "Phường"),
            ("road_main", "LineString", [[105.72, 21.21], [105.70, 21.21]], "Đường Lê Hoa"),
            ("lane", "MultiLineString", [[[105.70, 21.20], [105.71, 21.21]], [[105.71, 21.20], [105.72, 21.21]]], ""),
            ("water", "Polygon", [SQUARE[:3]], "Hồ"),
            ("water", "LineString", SQUARE[:2], ""),
            ("neighbourhood", "Polygon", [SQUARE], "KP 1"),
            ("label", "Point", [105.71, 21.21], "Chợ"),
        )
    )

    assert set(ward.paths) == {"boundary", "road_main", "lane", "water", "lake", "neighbourhood", "label"}
    assert ward.paths["lane"].count("M") == 2
    assert ward.paths["label"] == ""
    assert [(name.text, name.kind) for name in ward.names] == [("KP 1", "neighbourhood"), ("Chợ", "label")]
    assert (ward.names[1].x, ward.names[1].y) == ward.plane.place(21.21, 105.71)
    assert ward.streets[0].text == "Đường Lê Hoa"
    start, end = ward.streets[0].path[1:].split("L")
    assert float(start.split()[0]) < float(end.split()[0])


def test_the_sample_wards_map_is_read() -> None:
    """The map that the demo draws is one that the console can draw."""
    ward = read_map(MAP)

    assert {"boundary", "road_main", "road_minor", "lane"} <= set(ward.paths)
    assert len([name for name in ward.names if name.kind == "neighbourhood"]) == 6


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"features": []}',
        collection(("road_main", "LineString", SQUARE, "")),
        collection(("boundary", "Circle", SQUARE, "")),
        collection(("boundary", "Polygon", [["x"]], "")),
        collection(("boundary", "Polygon", None, "")),
    ],
)
def test_what_is_no_ward_map_is_refused_with_file_and_remedy(tmp_path: Path, body: bytes) -> None:
    """An administrator must know which file is wrong and what it should hold."""
    path = tmp_path / "map.geojson"
    path.write_bytes(body)

    with pytest.raises(ConfigError, match=r"map\.geojson.*ward\.map_file.*not a ward map.*boundary"):
        read_map(path)


def test_a_missing_map_is_said_at_the_start(tmp_path: Path) -> None:
    """Not at the first visitor."""
    with pytest.raises(ConfigError, match=r"none\.geojson.*cannot be read"):
        read_map(tmp_path / "none.geojson")
