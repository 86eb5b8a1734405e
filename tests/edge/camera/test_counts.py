"""Counts per period, from scripted sights."""

from __future__ import annotations

import pytest

from edge.camera.analyser import Sight
from edge.camera.box import Box, Point
from edge.camera.config import CrowdConfig, SpeedConfig, TrafficConfig
from edge.camera.counts import CrowdCount, SpeedGate, TrafficCount
from edge.camera.lines import Crossing, Direction, Line
from edge.camera.tracker import Track
from tests.edge.camera.vocabulary import check_values

SIZE = (100, 100)
GATE = Line("gate", Point(50, 0), Point(50, 100), "person")


def crossing(direction: Direction, *, line: str = "gate", track: int = 1, at_ms: int = 0) -> Crossing:
    """Give a crossing of a line."""
    return Crossing(Line(line, GATE.start, GATE.end, "person"), direction, track=track, at_ms=at_ms)


def sight(*boxes: Box, crossings: tuple[Crossing, ...] = (), believed: bool = True) -> Sight:
    """Give one frame with somebody in each box."""
    tracks = [
        Track(id=n, box=box, seen_box=box, seen_ms=0, first_box=box, first_ms=-1000, sightings=9, has_moved=believed)
        for n, box in enumerate(boxes)
    ]
    return Sight(0, SIZE, Point(0, 0), tracks, list(crossings), is_new_scene=False)


def person(x: float, y: float) -> Box:
    """Give somebody whose foot is there."""
    return Box(x - 5, y - 20, x + 5, y)


def test_people_are_counted_by_direction_at_the_device_s_own_lines() -> None:
    """Two devices behind one camera do not count each other's passers-by, and a period begins at zero."""
    count = CrowdCount(CrowdConfig("crowd-1", ("gate",)))
    count.add(sight(crossings=(crossing("in"), crossing("in"), crossing("out"), crossing("out", line="other"))))

    first = count.close()
    count.add(sight())

    assert (first["people_in"], first["people_out"]) == (2, 1)
    assert count.close() == {"people_count": 0, "people_in": 0, "people_out": 0, "occupancy": 0.0}


def test_people_in_view_are_the_median_of_the_period() -> None:
    """One frame with a flicker, or one where somebody is hidden, does not change the number."""
    count = CrowdCount(CrowdConfig("crowd-1"))
    for boxes in ([person(20, 50), person(60, 50)],) * 5 + ([],) + ([person(20, 50)] * 9,):
        count.add(sight(*boxes))

    assert count.close()["people_count"] == 2


def test_only_who_stands_in_the_zone_is_counted() -> None:
    """The foot decides: a tall person behind the square is not on it."""
    lower_half = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    count = CrowdCount(CrowdConfig("crowd-1", zone=lower_half, area_m2=10))
    count.add(sight(person(20, 40), person(60, 60), person(80, 100)))

    values = count.close()

    assert values["people_count"] == 2
    assert values["density"] == 0.2


def test_density_is_left_out_where_nobody_measured_the_ground() -> None:
    """A number that cannot be known is not said."""
    count = CrowdCount(CrowdConfig("crowd-1"))
    count.add(sight(person(20, 40)))

    assert "density" not in count.close()


def test_tracks_that_are_not_believed_do_not_count() -> None:
    """A waving flag is no crowd."""
    count = CrowdCount(CrowdConfig("crowd-1"))
    count.add(sight(person(20, 40), believed=False))

    assert count.close()["people_count"] == 0


def test_a_period_in_which_nothing_was_looked_at_says_nothing() -> None:
    """A dead camera does not report an empty road."""
    assert TrafficCount(TrafficConfig("road-1", ())).close() == {}
    assert CrowdCount(CrowdConfig("crowd-1")).close() == {}


def test_congestion_is_raised_and_cleared_by_the_covered_share_of_the_road() -> None:
    """It follows the mean of a period, with a gap between raising and clearing."""
    count = TrafficCount(TrafficConfig("road-1", ("gate",)))
    said = []
    for right in (40, 60, 40, 30):
        count.add(sight(Box(0, 0, right, 100), crossings=(crossing("in"),)))
        values = count.close()
        said.append(values["congested"])
        assert values["intensity"] == 1

    assert said == [False, True, True, False]


def test_speed_is_the_measured_distance_over_the_time_between_two_lines() -> None:
    """10 m in 1.2 s are 30 km/h; other tracks and other lines have nothing to do with it."""
    gate = SpeedGate(SpeedConfig("first", "second", metres=10))

    assert gate.add(crossing("in", line="first", track=7, at_ms=1000)) is None
    assert gate.add(crossing("in", line="elsewhere", track=7, at_ms=1300)) is None
    assert gate.add(crossing("in", line="second", track=8, at_ms=1500)) is None
    assert gate.add(crossing("in", line="second", track=7, at_ms=2200)) == pytest.approx(30)


def test_who_turns_back_or_flies_has_no_speed() -> None:
    """The same line twice is no distance, and 360 km/h is a mistaken track."""
    gate = SpeedGate(SpeedConfig("first", "second", metres=10))

    assert gate.add(crossing("in", line="first", at_ms=0)) is None
    assert gate.add(crossing("out", line="first", at_ms=4000)) is None
    assert gate.add(crossing("in", line="second", at_ms=4100)) is None


def test_average_speed_is_said_only_where_two_lines_were_measured() -> None:
    """The catalogue has the quantity; without a calibration nobody may fill it."""
    gate = SpeedConfig("first", "second", metres=10)
    passing = sight(
        crossings=(crossing("in", line="first", at_ms=1000), crossing("in", line="second", at_ms=2000)),
    )
    with_gate = TrafficCount(TrafficConfig("road-1", ("first",), speed=gate))
    without = TrafficCount(TrafficConfig("road-1", ("first",)))
    for count in (with_gate, without):
        count.add(passing)

    assert with_gate.close()["average_speed"] == 36.0
    assert "average_speed" not in without.close()


def test_all_values_are_the_catalogue_s_quantities_in_their_types() -> None:
    """What the server does not know or type otherwise would become dead letters."""
    gate = SpeedConfig("first", "second", metres=10)
    traffic, crowd = (
        TrafficCount(TrafficConfig("t", (), speed=gate)),
        CrowdCount(CrowdConfig("c", area_m2=5)),
    )
    passing = sight(
        person(20, 50),
        crossings=(crossing("in", line="first", at_ms=1000), crossing("in", line="second", at_ms=2000)),
    )
    for kind, count in (("traffic_flow", traffic), ("crowd_flow", crowd)):
        count.add(passing)
        check_values(kind, count.close())
