"""The map of the invented ward: in step with its program, and of the shape that the console draws."""

from __future__ import annotations

import json
from collections import Counter

from smartward.demo.draw_ward import MAP_FILE, geojson
from smartward.demo.ground import PLANE, STORY_LANE, from_unit, ground
from smartward.geo import Point, contains

GROUND = ground()
KINDS = {"boundary", "neighbourhood", "road_main", "road_minor", "lane", "water", "park", "label"}


def test_the_committed_map_is_what_the_program_draws() -> None:
    """Run `python -m smartward.demo.draw_ward` after a change to the ground."""
    assert MAP_FILE.read_bytes() == geojson(GROUND)


def test_the_map_has_everything_the_console_draws() -> None:
    """One boundary, six khu phố, a canal, a park and a net of streets, each with its name, about 2.5 km across."""
    features = json.loads(MAP_FILE.read_bytes())["features"]
    kinds = Counter(feature["properties"]["kind"] for feature in features)
    lons = [position[0] for position in features[0]["geometry"]["coordinates"][0]]
    east, _ = PLANE.metres(lat=PLANE.lat, lon=max(lons))
    west, _ = PLANE.metres(lat=PLANE.lat, lon=min(lons))

    assert set(kinds) == KINDS
    assert (kinds["boundary"], kinds["neighbourhood"], kinds["park"]) == (1, 6, 1)
    assert kinds["road_main"] >= 4
    assert kinds["road_minor"] >= 12
    assert all(feature["properties"]["name"] for feature in features)
    assert 2300 < east - west < 2700


def test_neighbourhoods_share_out_the_ward_without_gap_or_overlap() -> None:
    """Wherever one stands in the ward, one stands in exactly one khu phố."""
    for east in range(-1300, 1301, 37):
        for north in range(-1100, 1101, 41):
            point = (float(east), float(north))
            around = [number for number, ring in GROUND.neighbourhoods.items() if contains(ring, point)]
            assert len(around) == contains(GROUND.boundary, point)


def test_neighbourhoods_are_whole_and_their_areas_sum_to_the_ward() -> None:
    """No khu phố is a sliver."""
    areas = {number: _area(ring) for number, ring in GROUND.neighbourhoods.items()}

    assert abs(sum(areas.values()) - _area(GROUND.boundary)) < 1
    assert min(areas.values()) > 0.05 * _area(GROUND.boundary)


def test_the_storys_lane_runs_down_from_a_street_in_khu_pho_3() -> None:
    """The place that floods is on the map."""
    assert {GROUND.neighbourhood_at(from_unit(unit)) for unit in STORY_LANE} == {3}
    assert any(road.name == "Hẻm 48 Bến Đò" for road in GROUND.roads)


def _area(ring: tuple[Point, ...]) -> float:
    """Give a ring's area by the shoelace formula."""
    pairs = zip(ring, (*ring[1:], ring[0]), strict=True)
    return abs(sum(x * after_y - after_x * y for (x, y), (after_x, after_y) in pairs)) / 2
