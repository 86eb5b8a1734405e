"""Picture health on pictures that are degraded in known ways."""

from __future__ import annotations

import numpy as np
import pytest

from edge.camera.health import Verdict, is_same, judge, measure
from edge.camera.steady import Luma

RNG = np.random.default_rng(5)


def street() -> Luma:
    """Give a picture with edges, shades and noise."""
    picture = np.kron(RNG.integers(60, 200, (12, 16)), np.ones((40, 40))) + RNG.normal(0, 3, (480, 640))
    return np.clip(picture, 0, 255).astype(np.uint8)


STREET = street()
BARS = np.repeat(np.linspace(20, 235, 8), 80)[None, :].repeat(480, axis=0).astype(np.uint8)


@pytest.mark.parametrize(
    ("picture", "health"),
    [
        (STREET, "ok"),
        ((STREET * 0.2).astype(np.uint8), "dark"),
        ((STREET * 0.05).astype(np.uint8), "black"),
        (np.zeros((480, 640), np.uint8), "black"),
        (np.full((480, 640), 49, np.uint8), "no_signal"),
        (BARS, "no_signal"),
        (np.clip(STREET.astype(np.int16) + 140, 0, 255).astype(np.uint8), "overexposed"),
    ],
    ids=["street", "night", "lens cap", "blackout", "blue card", "colour bars", "into the sun"],
)
def test_a_degraded_picture_is_named(picture: Luma, health: str) -> None:
    """Each state has its own remedy, so it has its own name."""
    assert judge(measure(picture), same_for_s=0) == health


def test_a_picture_that_stands_still_is_frozen() -> None:
    """Frames that arrive and never change are worse than none: they look alive."""
    assert judge(measure(STREET), same_for_s=9.9) == "ok"
    assert judge(measure(STREET), same_for_s=10.0) == "frozen"


def test_no_frame_is_no_signal() -> None:
    """Nothing is heard, nothing is green."""
    assert judge(None, same_for_s=0) == "no_signal"


def test_one_picture_twice_is_the_same_and_noise_makes_another() -> None:
    """A real sensor never gives the same picture twice, however still the street."""
    noisy = np.clip(STREET + RNG.normal(0, 1, STREET.shape), 0, 255).astype(np.uint8)

    assert is_same(STREET, STREET.copy())
    assert not is_same(STREET, noisy)
    assert not is_same(STREET, STREET[:240])


def test_a_verdict_changes_when_three_of_four_checks_agree() -> None:
    """A lorry that fills the picture for one check is no dead camera; the first check is believed at once."""
    verdict = Verdict()

    said = [verdict.add(check) for check in ("ok", "dark", "ok", "dark", "dark", "ok", "ok", "ok")]

    assert said == ["ok", "ok", "ok", "ok", "dark", "dark", "dark", "ok"]


def test_sharpness_is_comparable_between_resolutions() -> None:
    """A camera is not sharper because its stream has more pixels."""
    large = np.kron(STREET, np.ones((2, 2))).astype(np.uint8)

    assert measure(large).sharpness == pytest.approx(measure(STREET).sharpness, rel=0.05)
