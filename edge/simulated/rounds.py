"""Rounds: which simulated device speaks when, spread so that they do not all speak at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edge.simulated.chance import stream, unit
from edge.simulated.config import SimulatedDevice
from smartward.catalogue.model import Catalogue
from smartward.instants import SECOND_MS

FIRST_WORDS_MS = 3 * SECOND_MS
"""All devices have spoken within this time of the start."""


class Turn(NamedTuple):
    """One device's word: which quantities, and the instant (ms) since which it counts."""

    device: SimulatedDevice
    quantities: frozenset[str]
    since_ms: int


class Rounds:
    """The turns of some devices, each at the intervals of its type's quantities.

    A device says all it knows the first time, and afterwards each quantity at that quantity's own interval. Missed
    turns are left out; a clock that was set back starts the turns anew. Not for more than one thread.
    """

    def __init__(self, devices: Sequence[SimulatedDevice], *, catalogue: Catalogue, seed: int) -> None:
        self._turns = [_Turns(device, catalogue=catalogue, seed=seed) for device in devices]
        self._began_ms: int | None = None
        self._latest_ms = 0

    def due(self, now_ms: int) -> list[Turn]:
        """Give the turns that have come, and take them as taken."""
        if self._began_ms is None or now_ms < self._latest_ms - SECOND_MS:
            self._began_ms = now_ms
            for turns in self._turns:
                turns.begin(now_ms)
        self._latest_ms = now_ms
        return [turn for turns in self._turns if (turn := turns.take(now_ms)) is not None]


class _Turns:
    """One device's turns, by the interval of its quantities."""

    def __init__(self, device: SimulatedDevice, *, catalogue: Catalogue, seed: int) -> None:
        self._device = device
        self._groups = _by_interval(device.type, catalogue)
        self._every_ms = min(self._groups)
        self._share = unit(stream(seed, "turn", device.id), 0)
        self._due: dict[int, int] = {}
        self._spoke_ms = 0

    def begin(self, now_ms: int) -> None:
        """Let the first turn come within the first words, at the device's own moment."""
        first_ms = now_ms + round(self._share * min(FIRST_WORDS_MS, self._every_ms))
        self._due = dict.fromkeys(self._groups, first_ms)
        self._spoke_ms = first_ms - self._every_ms

    def take(self, now_ms: int) -> Turn | None:
        """Give the turn if it has come; each group of quantities then waits for its next beat."""
        if now_ms < self._due[self._every_ms]:
            return None
        come = [every_ms for every_ms, due_ms in self._due.items() if now_ms + self._every_ms // 2 >= due_ms]
        for every_ms in come:
            behind = max(0, now_ms - self._due[every_ms]) // every_ms
            self._due[every_ms] += (behind + 1) * every_ms
        said = frozenset[str]().union(*(self._groups[every_ms] for every_ms in come))
        since_ms, self._spoke_ms = self._spoke_ms, now_ms
        return Turn(self._device, quantities=said, since_ms=since_ms)


def _by_interval(name: str, catalogue: Catalogue) -> Mapping[int, frozenset[str]]:
    """Group a type's quantities by their interval in ms."""
    groups: dict[int, set[str]] = {}
    for quantity in catalogue.types[name].quantities:
        if quantity.derived != "server":
            groups.setdefault(quantity.every_s * SECOND_MS, set()).add(quantity.name)
    return {every_ms: frozenset(names) for every_ms, names in groups.items()}
