"""Markers and labels on the map: apart, inside, and never one on another."""

from __future__ import annotations

from itertools import combinations
from math import hypot

from hypothesis import given
from hypothesis import strategies as st

from api.console.markers import MARKER_SPACE, apart, spread, with_labels
from api.console.views import Marker
from api.console.wardmap import HEIGHT, WIDTH, Name
from smartward.alert import Severity

PLACES = st.lists(st.tuples(st.integers(100, 700), st.integers(100, 600)), min_size=1, max_size=25)


def marker(x: float, y: float, *, label: str = "52 cm") -> Marker:
    """Give a marker at a place."""
    return Marker(id=f"a{x}-{y}", severity=Severity.HIGH, stage="new", x=x, y=y, title="", label=label)


def box(placed: Marker) -> tuple[float, float, float, float]:
    """Give the box of a marker's label."""
    left = placed.x + 17 if placed.side == "right" else placed.x - 17 - placed.width
    return left, placed.y - 11, left + placed.width, placed.y + 11


@given(PLACES)
def test_markers_never_hide_each_other(places: list[tuple[int, int]]) -> None:
    """Three alerts at one crossing are three things to click."""
    placed = apart([marker(x, y) for x, y in places])

    assert all(hypot(a.x - b.x, a.y - b.y) >= MARKER_SPACE - 0.1 for a, b in combinations(placed, 2))
    assert (placed[0].x, placed[0].y) == places[0]


@given(PLACES)
def test_labels_cover_neither_labels_nor_markers_and_stay_on_the_map(places: list[tuple[int, int]]) -> None:
    """A label that cannot be placed is left out: the queue says it anyway."""
    placed = with_labels(apart([marker(x, y) for x, y in places]))
    labels = [box(one) for one in placed if one.side]
    marks = [(one.x - 12, one.y - 12, one.x + 12, one.y + 12) for one in placed]

    for a, b in combinations(labels, 2):
        assert not overlap(a, b)
    for label in labels:
        assert label[0] >= 0
        assert label[2] <= WIDTH
        assert label[3] <= HEIGHT
        assert not any(overlap(label, mark) for mark in marks)


def test_a_label_prefers_the_side_that_leaves_the_maps_names_readable() -> None:
    """`KP 3` is how people say where it is."""
    name = Name("KP 3", 350, 304, "neighbourhood")

    assert with_labels([marker(300, 300)])[0].side == "right"
    assert with_labels([marker(300, 300)], names=[name])[0].side == "left"


def test_an_urgent_label_covers_a_name_when_both_sides_are_named() -> None:
    """Better to cover a name than to hide how deep the water is."""
    names = [Name("KP 3", 350, 304, "neighbourhood"), Name("KP 2", 250, 304, "neighbourhood")]

    assert with_labels([marker(300, 300)], names=names)[0].side == "right"


def test_devices_that_share_a_pole_are_drawn_around_it() -> None:
    """Five sensors on one mast are five dots."""
    places = spread([(100.0, 100.0)] * 5 + [(300.0, 300.0)], step=7)

    assert places[0] == (100.0, 100.0)
    assert places[5] == (300.0, 300.0)
    assert len(set(places)) == 6


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    """Tell whether two boxes share ground, a rounding error aside."""
    return a[0] < b[2] - 0.2 and b[0] < a[2] - 0.2 and a[1] < b[3] - 0.2 and b[1] < a[3] - 0.2
