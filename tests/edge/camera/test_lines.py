"""Counting lines on scripted tracks: no picture, no detector, one right answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from hypothesis import assume, given
from hypothesis import strategies as st

from edge.camera.box import Box, Point
from edge.camera.lines import DEAD_BAND, Crossing, Line, LineWatch, crossing_place, signed_distance
from edge.camera.tracker import Track

HEIGHT = 40.0
BAND = DEAD_BAND * HEIGHT
LINE = Line("gate", Point(100, 0), Point(100, 200), "person")
LENGTHWISE = st.floats(20, 180)
CLEAR = st.floats(BAND + 0.1, 90)
SWAY = st.floats(-BAND * 0.99, BAND * 0.99)


def track_at(foot: Point, *, is_believed: bool = True) -> Track:
    """Give a track that stands at a place."""
    box = Box(foot.x - 8, foot.y - HEIGHT, foot.x + 8, foot.y)
    sightings = 9 if is_believed else 1
    return Track(
        id=1,
        box=box,
        seen_box=box,
        seen_ms=0,
        first_box=box,
        first_ms=-1000,
        sightings=sightings,
        has_moved=is_believed,
    )


def walk(feet: Iterable[Point], *, line: Line = LINE) -> list[Crossing]:
    """Let one believed track stand at these places in turn."""
    watch = LineWatch(line)
    return [
        crossing for number, foot in enumerate(feet) for crossing in watch.step([track_at(foot)], at_ms=number * 200)
    ]


@given(start=CLEAR, end=CLEAR, ys=st.lists(LENGTHWISE, min_size=2, max_size=2), steps=st.integers(1, 40))
def test_one_passage_is_one_crossing_in_its_direction(start: float, end: float, ys: list[float], steps: int) -> None:
    """Whoever goes from one side to the other is counted once, however fast."""
    way = [
        Point(100 - start + (start + end) * step / steps, ys[0] + (ys[1] - ys[0]) * step / steps)
        for step in range(steps + 1)
    ]

    assert [crossing.direction for crossing in walk(way)] == ["in"]
    assert [crossing.direction for crossing in walk(reversed(way))] == ["out"]


@given(start=CLEAR, sways=st.lists(st.tuples(SWAY, LENGTHWISE), max_size=30))
def test_whoever_sways_on_the_line_is_not_counted(start: float, sways: list[tuple[float, float]]) -> None:
    """A box trembles by a pixel or two in every frame; somebody who waits on the line would be counted for ever."""
    way = [Point(100 - start, 100), *(Point(100 + x, y) for x, y in sways), Point(100 - start, 100)]

    assert walk(way) == []


@given(out=CLEAR, back=CLEAR, sways=st.lists(SWAY, max_size=10))
def test_there_and_back_is_two_crossings(out: float, back: float, sways: list[float]) -> None:
    """Both passages are facts, one in each direction, also with trembling between them."""
    there = [Point(100 - back, 90), *(Point(100 + x, 90) for x in sways), Point(100 + out, 90)]

    assert [crossing.direction for crossing in walk([*there, *reversed(there)])] == ["in", "out"]


@given(y=st.one_of(st.floats(-300, -1), st.floats(201, 500)), start=CLEAR, end=CLEAR)
def test_passing_beside_the_line_is_not_crossing_it(y: float, start: float, end: float) -> None:
    """A line has two ends: the pavement beside the gate is not the gate."""
    assert walk([Point(100 - start, y), Point(100 + end, y)]) == []


@given(
    a=st.tuples(st.floats(0, 300), st.floats(0, 300)),
    b=st.tuples(st.floats(0, 300), st.floats(0, 300)),
    feet=st.lists(st.tuples(st.floats(0, 300), st.floats(0, 300)), min_size=2, max_size=30),
)
def test_directions_alternate_for_one_track(
    a: tuple[float, float], b: tuple[float, float], feet: list[tuple[float, float]]
) -> None:
    """For an endless line nobody goes in twice without having come out, whatever the way and the slope."""
    assume(abs(a[0] - b[0]) + abs(a[1] - b[1]) > 1)
    far = Point(a[0] + (b[0] - a[0]) * 10_000, a[1] + (b[1] - a[1]) * 10_000)
    near = Point(a[0] - (b[0] - a[0]) * 10_000, a[1] - (b[1] - a[1]) * 10_000)

    directions = [crossing.direction for crossing in walk([Point(*f) for f in feet], line=Line("l", near, far, "x"))]

    assert all(one != other for one, other in itertools.pairwise(directions))


def test_a_crossing_is_said_only_of_a_believed_track_and_then_with_its_own_instant() -> None:
    """A flicker that jumps over the line is nobody; a passer-by who was new at the line is counted all the same."""
    watch = LineWatch(LINE)

    assert watch.step([track_at(Point(80, 90), is_believed=False)], at_ms=1000) == []
    assert watch.step([track_at(Point(120, 90), is_believed=False)], at_ms=1200) == []
    said = watch.step([track_at(Point(140, 90))], at_ms=1400)

    assert said == [Crossing(LINE, "in", track=1, at_ms=1200)]
    assert watch.step([], at_ms=1600) == []


def test_in_is_towards_the_left_hand_along_the_line() -> None:
    """The rule that an installer reads in the configuration holds."""
    assert signed_distance(Point(110, 50), LINE) == 10
    assert signed_distance(Point(50, 90), Line("l", Point(0, 100), Point(200, 100), "x")) == 10


def test_the_place_of_a_passage_is_given_along_the_line() -> None:
    """0 is the line's first point, 1 its second; no passage has no place."""
    assert crossing_place(Point(90, 50), Point(110, 50), LINE) == 0.25
    assert crossing_place(Point(90, 50), Point(95, 150), LINE) is None
