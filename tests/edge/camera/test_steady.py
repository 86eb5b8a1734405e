"""Steadying of pictures that shake as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from edge.camera.steady import MAX_UNSURE, STILL, Luma, Steadier

MARGIN = 20


def street(rng: np.random.Generator) -> Luma:
    """Give a picture with edges everywhere, larger than what the camera sees of it."""
    return np.kron(rng.integers(60, 200, (24, 30)), np.ones((12, 12))).astype(np.uint8)


def seen(ground: Luma, *, dx: int, dy: int, rng: np.random.Generator) -> Luma:
    """Give what a camera that shakes by so many pixels sees of the ground: things shift by dx to the right, dy down."""
    height, width = ground.shape
    part = ground[MARGIN - dy : height - MARGIN - dy, MARGIN - dx : width - MARGIN - dx]
    return np.clip(part + rng.normal(0, 3, part.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("dx", "dy"), [(4, 0), (0, -6), (-8, 5), (12, 10)])
def test_a_shaken_picture_is_put_back(dx: int, dy: int) -> None:
    """A pole in the wind moves every edge of the street; none of them is a passer-by."""
    rng = np.random.default_rng(6)
    ground = street(rng)
    steadier = Steadier()
    first = seen(ground, dx=0, dy=0, rng=rng)
    steadier.steady(first)

    steadied = steadier.steady(seen(ground, dx=dx, dy=dy, rng=rng))

    assert np.allclose(steadied.shift, (dx, dy), atol=0.75)
    inner = np.s_[MARGIN:-MARGIN, MARGIN:-MARGIN]
    assert np.abs(steadied.luma[inner].astype(int) - first[inner]).mean() < 10


def test_a_still_picture_is_not_touched() -> None:
    """Most cameras stand still most of the time: noise alone must not make them tremble."""
    rng = np.random.default_rng(7)
    ground = street(rng)
    steadier = Steadier()

    for _ in range(50):
        luma = seen(ground, dx=0, dy=0, rng=rng)
        steadied = steadier.steady(luma)
        assert steadied.shift == STILL
        assert np.array_equal(steadied.luma, luma)


def test_a_bus_that_passes_does_not_move_the_street() -> None:
    """Something large and full of edges shifts a third of the picture, and the street behind it stays where it is."""
    rng = np.random.default_rng(8)
    ground, bus = street(rng), street(rng)[60:140, :110]
    steadier = Steadier()

    for x in range(60, 160, 8):
        luma = seen(ground, dx=0, dy=0, rng=rng)
        luma[80:160, x : x + 110] = bus
        assert steadier.steady(luma).shift == STILL


def test_a_camera_that_was_turned_for_good_gets_a_new_place() -> None:
    """After a while its new view is the one that is held."""
    rng = np.random.default_rng(9)
    steadier = Steadier()
    steadier.steady(seen(street(rng), dx=0, dy=0, rng=rng))
    elsewhere = street(rng)
    for _ in range(MAX_UNSURE + 2):
        steadier.steady(seen(elsewhere, dx=0, dy=0, rng=rng))

    assert np.allclose(steadier.steady(seen(elsewhere, dx=6, dy=0, rng=rng)).shift, (6, 0), atol=0.75)
