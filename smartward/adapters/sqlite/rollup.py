"""Rollups: what is remembered of many values of one quantity, and how to put two stretches of time together."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import NamedTuple

from smartward.observation import Value

LARGEST = sys.float_info.max


class Rollup(NamedTuple):
    """Values of one stretch of time that begins at `at` (or of the first value in it).

    `energy` is the sum of 10^(x/10) as a level in decibels, 10·log10 of it: so it never overflows. Words and
    yes-or-no values have only `n` and `last`. A total beyond the largest float stays there.
    """

    at: int
    n: int
    total: float | None
    low: float | None
    high: float | None
    last: Value
    energy: float | None


def of_numbers(at: int, values: Sequence[float]) -> Rollup:
    """Roll up numbers in order of time; there is at least one."""
    return Rollup(at, len(values), total_of(values), min(values), max(values), values[-1], energy_sum(values))


def of_words(at: int, values: Sequence[Value]) -> Rollup:
    """Roll up words or yes-or-no values in order of time; there is at least one."""
    return Rollup(at, len(values), None, None, None, values[-1], None)


def merge(parts: Sequence[Rollup]) -> Rollup:
    """Put the rollups of consecutive stretches together, in order of time; there is at least one."""
    if len(parts) == 1:
        return parts[0]
    first, last = parts[0], parts[-1]
    count = sum(part.n for part in parts)
    if first.total is None:
        return Rollup(first.at, count, None, None, None, last.last, None)
    return Rollup(
        first.at,
        count,
        total_of([part.total for part in parts if part.total is not None]),
        min(part.low for part in parts if part.low is not None),
        max(part.high for part in parts if part.high is not None),
        last.last,
        energy_sum([part.energy for part in parts if part.energy is not None]),
    )


def answer(rollup: Rollup, fn: str) -> Value:
    """Say what a function gives over everything in a rollup; `check_fn` has let it pass."""
    if rollup.total is None or rollup.low is None or rollup.high is None or rollup.energy is None:
        return rollup.n if fn == "count" else rollup.last
    value: float
    match fn:
        case "count":
            value = rollup.n
        case "sum":
            value = rollup.total
        case "mean":
            value = rollup.total / rollup.n
        case "min":
            value = rollup.low
        case "max":
            value = rollup.high
        case "energy_mean":
            value = rollup.energy - 10 * math.log10(rollup.n)
        case _:
            return rollup.last
    return value


def total_of(values: Sequence[float]) -> float:
    """Add up: integers exactly while they fit 64 bits, floats without losing small ones among large ones."""
    if all(type(value) is int for value in values):
        whole = sum(values)
        return whole if -(2**63) <= whole < 2**63 else float(whole)
    try:
        return math.fsum(values)
    except OverflowError:
        return math.copysign(LARGEST, math.fsum(value / len(values) for value in values))


def energy_sum(levels: Sequence[float]) -> float:
    """Add levels in decibels up as energies: 10·log10(Σ 10^(x/10)), reckoned from the loudest (ISO 1996-1)."""
    loudest = max(levels)
    return loudest + 10 * math.log10(math.fsum(10 ** ((level - loudest) / 10) for level in levels))
