"""The plane is true enough for a ward, and inside means inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartward.geo import Plane, along, contains, length, nearer_to

SQUARE = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
PLANE = Plane(lat=21.24, lon=105.70)


@given(east=st.floats(-5000, 5000), north=st.floats(-5000, 5000))
def test_metres_and_degrees_are_each_others_inverse(east: float, north: float) -> None:
    """A device drawn and read back stands where it stood, to a quarter of a metre."""
    lat, lon = PLANE.degrees((east, north))

    assert PLANE.metres(lat=lat, lon=lon) == pytest.approx((east, north), abs=0.25)


@given(x=st.floats(-5, 15), y=st.floats(-5, 15))
def test_a_point_is_inside_a_square_as_its_coordinates_say(x: float, y: float) -> None:
    """Checked against the one shape where the answer needs no algorithm."""
    if all(abs(value - edge) > 1e-9 for value in (x, y) for edge in (0, 10)):
        assert contains(SQUARE, (x, y)) == (0 < x < 10 and 0 < y < 10)


@given(x=st.floats(0.1, 9.9), y=st.floats(0.1, 9.9))
def test_two_halves_share_out_what_they_are_cut_from(x: float, y: float) -> None:
    """Each point goes to the nearer of two, and to one only."""
    left = nearer_to(SQUARE, near=(2, 5), far=(7, 6))
    right = nearer_to(SQUARE, near=(7, 6), far=(2, 5))
    nearer_left = (x - 2) ** 2 + (y - 5) ** 2 - (x - 7) ** 2 - (y - 6) ** 2

    if abs(nearer_left) > 1e-6:
        assert contains(left, (x, y)) == (nearer_left < 0)
        assert contains(right, (x, y)) == (nearer_left > 0)


def test_a_share_of_a_line_is_measured_along_it() -> None:
    """House numbers follow the street, not the crow."""
    line = ((0.0, 0.0), (30.0, 0.0), (30.0, 40.0))

    assert length(line) == 70
    assert along(line, share=0.5) == pytest.approx((30, 5))
    assert along(line, share=1.0) == (30, 40)
