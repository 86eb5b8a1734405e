"""Zones and hysteresis."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.camera.box import Box
from edge.camera.zones import GRID, Hysteresis, coverage, is_inside, points_inside

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
SIZE = (320, 240)


def test_a_zone_holds_the_share_of_the_grid_that_it_covers() -> None:
    """Half the picture is half the points; no polygon is the whole picture."""
    assert len(points_inside(LEFT_HALF)) == GRID * GRID // 2
    assert len(points_inside(())) == GRID * GRID


def test_a_place_is_inside_or_not() -> None:
    """A concave polygon is no trap."""
    arrow = ((0.0, 0.0), (1.0, 0.5), (0.0, 1.0), (0.5, 0.5))

    assert is_inside((0.7, 0.5), arrow)
    assert not is_inside((0.3, 0.5), arrow)
    assert is_inside((0.3, 0.5), ())


def test_coverage_counts_ground_once_however_many_stand_on_it() -> None:
    """Two boxes over one piece of road cover it once; what is outside the zone covers nothing of it."""
    points = points_inside(LEFT_HALF)
    left, right = Box(0, 0, 160, 120), Box(160, 0, 320, 240)

    assert coverage(points, [], size=SIZE) == 0
    assert coverage(points, [left], size=SIZE) == 0.5
    assert coverage(points, [left, left, right], size=SIZE) == 0.5


@given(st.lists(st.tuples(*[st.floats(-50, 400)] * 4), max_size=8))
def test_coverage_is_a_share(corners: list[tuple[float, float, float, float]]) -> None:
    """Whatever the boxes, the answer is between 0 and 1."""
    assert 0 <= coverage(points_inside(()), [Box(*box) for box in corners], size=SIZE) <= 1


def test_a_claim_begins_high_and_ends_low() -> None:
    """A value that wavers around one number does not make the claim flicker."""
    congested = Hysteresis(raise_at=0.5, clear_at=0.35)
    held, said = False, []

    for value in (0.4, 0.49, 0.5, 0.45, 0.36, 0.35, 0.4):
        held = congested.holds(value, held=held)
        said.append(held)

    assert said == [False, False, True, True, True, False, False]
