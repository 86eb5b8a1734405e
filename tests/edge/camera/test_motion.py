"""Motion against a learnt background."""

from __future__ import annotations

import numpy as np
import pytest

from edge.camera.motion import MotionDetector, analysed
from edge.camera.steady import Luma

FPS = 5.0


def street(rng: np.random.Generator, *, block_at: int | None = None, level: float = 120) -> Luma:
    """Give a noisy picture, with a dark figure at a place."""
    picture = level + rng.normal(0, 3, (240, 320))
    if block_at is not None:
        picture[100:140, block_at : block_at + 16] = 30
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_noise_is_no_motion() -> None:
    """A night camera trembles in every pixel; an empty street has nobody in it."""
    rng = np.random.default_rng(1)
    detector = MotionDetector(fps=FPS)

    assert all(not detector.detect(street(rng)).boxes for _ in range(60))


def test_a_figure_is_one_box_where_it_is() -> None:
    """The box is right to two pixels."""
    rng = np.random.default_rng(2)
    detector = MotionDetector(fps=FPS)
    for _ in range(20):
        detector.detect(street(rng))

    for x in range(40, 240, 8):
        (box,) = detector.detect(street(rng, block_at=x)).boxes
        assert np.allclose(box, (x, 100, x + 16, 140), atol=2)


def test_another_scene_is_said_and_learnt_anew() -> None:
    """A cut in a recording, or a camera that was turned, is not a crowd."""
    rng = np.random.default_rng(3)
    detector = MotionDetector(fps=FPS)

    assert detector.detect(street(rng)).is_new_scene
    assert not any(detector.detect(street(rng)).is_new_scene for _ in range(20))
    assert detector.detect(street(rng, level=200)).is_new_scene
    assert all(not detector.detect(street(rng, level=200)).boxes for _ in range(20))


@pytest.mark.parametrize("step", [-0.5, 0.5])
def test_the_sun_behind_a_cloud_is_not_a_crowd(step: float) -> None:
    """Light that changes by a tenth over five seconds moves nobody."""
    rng = np.random.default_rng(4)
    detector = MotionDetector(fps=FPS)
    for _ in range(32):
        detector.detect(street(rng))

    seen = [detector.detect(street(rng, level=120 + step * number)).boxes for number in range(25)]

    assert not any(seen)


def test_a_camera_that_sets_its_exposure_moves_nobody() -> None:
    """The whole picture is a tenth brighter from one frame to the next, and a figure is still found in it."""
    rng = np.random.default_rng(5)
    detector = MotionDetector(fps=FPS)
    for _ in range(32):
        detector.detect(street(rng))

    assert not detector.detect(street(rng, level=135)).boxes
    assert len(detector.detect(street(rng, level=135, block_at=60)).boxes) == 1


def test_a_soft_shadow_is_no_part_of_who_casts_it() -> None:
    """Shadows join people who walk side by side, and put their feet where nobody stands."""
    rng = np.random.default_rng(6)
    detector = MotionDetector(fps=FPS)
    for _ in range(32):
        detector.detect(street(rng))
    luma = street(rng, block_at=100)
    luma[125:145, 116:160] = (luma[125:145, 116:160] * 0.8).astype(np.uint8)

    (box,) = detector.detect(luma).boxes

    assert np.allclose(box, (100, 100, 116, 140), atol=3)


@pytest.mark.parametrize("shape", [(576, 768), (1080, 1920), (272, 640)])
def test_pictures_are_analysed_at_one_width_in_their_proportions(shape: tuple[int, int]) -> None:
    """Lines are shares of the picture: its proportions may not change."""
    small = analysed(np.zeros(shape, np.uint8))

    assert small.shape[1] == 320
    assert abs(small.shape[0] / small.shape[1] - shape[0] / shape[1]) < 0.01


def test_a_small_picture_is_analysed_as_it_is() -> None:
    """Enlarging adds no information."""
    assert analysed(np.zeros((120, 160), np.uint8)).shape == (120, 160)
