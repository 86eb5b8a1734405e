"""Rollups of parts, put together, are the rollup of the whole."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartward.adapters.sqlite.rollup import answer, merge, of_numbers, of_words, total_of

NUMBERS = st.floats(-1e12, 1e12) | st.integers(-(2**40), 2**40).map(float)
PARTS = st.lists(st.lists(NUMBERS, min_size=1), min_size=1)


@given(PARTS)
def test_parts_together_answer_as_the_whole(parts: list[list[float]]) -> None:
    """A day out of its hours is the day out of its values."""
    whole = of_numbers(0, [value for part in parts for value in part])
    merged = merge([of_numbers(0, part) for part in parts])

    assert (merged.n, merged.low, merged.high, merged.last) == (whole.n, whole.low, whole.high, whole.last)
    scale = max(1.0, *(abs(value) for part in parts for value in part))
    for fn in ("sum", "mean", "energy_mean"):
        assert answer(merged, fn) == pytest.approx(answer(whole, fn), rel=1e-9, abs=1e-9 * scale)


@given(st.lists(st.lists(st.text(), min_size=1), min_size=1))
def test_words_are_counted_and_the_last_is_kept(parts: list[list[str]]) -> None:
    """Nothing else can be said of them."""
    merged = merge([of_words(0, part) for part in parts])

    assert (answer(merged, "count"), answer(merged, "last")) == (sum(len(part) for part in parts), parts[-1][-1])


def test_energies_of_any_level_stay_finite() -> None:
    """A mistaken quantity with values of thousands is no reason to fail."""
    rollup = of_numbers(0, [5_000.0, 5_000.0, -5_000.0])

    assert answer(rollup, "energy_mean") == pytest.approx(5_000 + 10 * math.log10(2 / 3))


def test_integers_add_up_exactly_while_they_fit_and_stay_finite_beyond() -> None:
    """A counter near the end of its range neither overflows nor loses its ones."""
    assert total_of([2**62, 2**61, 1]) == 2**62 + 2**61 + 1
    assert total_of([2**62, 2**62]) == float(2**63)
    assert total_of([sys.float_info.max, sys.float_info.max]) == sys.float_info.max
    assert total_of([-sys.float_info.max, -sys.float_info.max]) == -sys.float_info.max


def test_small_numbers_are_not_lost_among_large_ones() -> None:
    """Energy meters add small steps to large counts."""
    assert total_of([1e16, 1.0, -1e16]) == 1.0
