"""Seeded chance: numbers that depend on a stream and an index alone, so that nobody's asking changes them.

A stream is a 64-bit number made of the seed and names; the n-th number of a stream is found without the ones
before it. The mixing is splitmix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from statistics import NormalDist

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_BELL = NormalDist()
_EDGE = 1e-9


@lru_cache(maxsize=16_384)
def stream(seed: int, *names: str) -> int:
    """Name a stream of numbers; equal names under one seed are the same stream."""
    text = "\x1f".join((str(seed), *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def unit(of: int, index: int) -> float:
    """Give the stream's number at an index, evenly spread in 0 ≤ x < 1."""
    mixed = (of + (index & _MASK) * _GOLDEN) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)


def between(of: int, index: int, low: float, high: float) -> float:
    """Give the stream's number at an index, evenly spread in low ≤ x < high."""
    return low + (high - low) * unit(of, index)


def normal(of: int, index: int) -> float:
    """Give the stream's number at an index, normally spread about 0 with deviation 1."""
    return _BELL.inv_cdf(min(max(unit(of, index), _EDGE), 1 - _EDGE))


def drift(of: int, at_ms: int, *, period_s: float) -> float:
    """Give a value in -1..1 that wanders smoothly, finding a new direction about every `period_s` seconds."""
    index, within = divmod(at_ms / (period_s * 1000), 1.0)
    before, after = unit(of, int(index)), unit(of, int(index) + 1)
    blend = (1 - math.cos(math.pi * within)) / 2
    return 2 * (before + (after - before) * blend) - 1
