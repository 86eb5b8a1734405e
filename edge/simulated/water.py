"""Water: rain gathers, stands in low streets, drains away and raises the canal, in fixed steps with nothing lost.

Each street is a hollow fed by its catchment through a linear reservoir; it empties by its drain, at most at the
drain's capacity, and over its kerb by the broad-crested weir formula Q = 1.7 L h^1.5 (Chow, Open-Channel Hydraulics,
1959). What streets drain reaches the canal through a second, slower reservoir and leaves it through a third.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import msgspec

from edge.simulated.chance import between, stream
from edge.simulated.rain import Rain
from edge.simulated.story import LowStreet
from smartward.instants import HOUR_MS, MINUTE_MS, SECOND_MS

STEP_MS = SECOND_MS
WARM_UP_MS = 6 * HOUR_MS
WARM_STEP_MS = 30 * SECOND_MS
RUNOFF = 0.85
_BANK = 1.5
"""How much wider a hollow grows with depth: its volume is hollow_m2 · (d + 1.5 d²)."""
_TRACE_M3 = 1e-6
_CANAL_DELAY_S, _CANAL_EMPTIES_S, _CANAL_M2 = 180.0, 1500.0, 2000.0
_CHECKPOINTS, _RECENT = 180, 32


class StreetWater(msgspec.Struct, frozen=True):
    """The water at one low street: how deep, and the books since the world began (m³)."""

    depth_m: float
    inflow_m3: float
    standing_m3: float
    drained_m3: float


class Basin(msgspec.Struct, frozen=True):
    """A low street and where it lies; metres, square metres, m³/s and seconds."""

    lat: float
    lon: float
    street: LowStreet


class Level(msgspec.Struct, frozen=True):
    """All water of the ward after a step, basin by basin; `canal_m` is how far the canal stands above its base."""

    gathered: tuple[float, ...]
    standing: tuple[float, ...]
    inflow: tuple[float, ...]
    drained: tuple[float, ...]
    on_its_way: float = 0.0
    in_canal: float = 0.0

    @property
    def canal_m(self) -> float:
        """The canal's rise above its base level in metres."""
        return self.in_canal / _CANAL_M2


def ordinary_street(seed: int, site: str) -> LowStreet:
    """Give a street that drains as streets do: only a cloudburst floods it."""
    chance = stream(seed, "street", site)
    catchment_m2 = between(chance, 0, 2000, 6000)
    drains_mm_h = between(chance, 1, 40, 80)
    return LowStreet(
        site=site,
        catchment_m2=catchment_m2,
        hollow_m2=between(chance, 2, 60, 200),
        drain_m3_s=_flow(drains_mm_h, catchment_m2),
        spill_m=between(chance, 3, 0.25, 0.5),
        spill_length_m=20,
        gather_s=between(chance, 4, 120, 400),
    )


class Water:
    """The ward's water at any instant since the start, the same whoever asks and in whatever order.

    Asking forwards costs the steps in between; asking back costs at most a minute of steps, or for something
    older than three hours the steps from the start. Safe from any thread.
    """

    def __init__(self, rain: Rain, *, basins: Sequence[Basin], start_ms: int) -> None:
        self._rain = rain
        self._basins = tuple(basins)
        self._order = {basin.street.site: number for number, basin in enumerate(self._basins)}
        self._start_ms = start_ms
        self._lock = Lock()
        self._first: Level | None = None
        self._recent: OrderedDict[int, Level] = OrderedDict()
        self._checkpoints: OrderedDict[int, Level] = OrderedDict()

    def at(self, at_ms: int) -> Level:
        """Give the water after the last whole step; before the start, or without streets, it is as at the start."""
        step = max(0, (at_ms - self._start_ms) // STEP_MS) if self._basins else 0
        with self._lock:
            known = self._recent.get(step) or self._checkpoints.get(step)
            return known if known is not None else self._advance_to(step)

    def street(self, level: Level, site: str) -> StreetWater:
        """Read one street's water. Raises KeyError where no depth sensor stands."""
        order = self._order[site]
        standing = level.standing[order]
        return StreetWater(
            depth_m=_depth(standing, self._basins[order].street.hollow_m2),
            inflow_m3=level.inflow[order],
            standing_m3=standing,
            drained_m3=level.drained[order],
        )

    def deepest_near(self, level: Level, *, lat: float, lon: float, reach_deg: float = 0.0015) -> float:
        """Give the greatest depth within some 150 m of a place, in metres."""
        depths = (
            _depth(level.standing[order], basin.street.hollow_m2)
            for order, basin in enumerate(self._basins)
            if abs(basin.lat - lat) < reach_deg and abs(basin.lon - lon) < reach_deg
        )
        return max(depths, default=0.0)

    def _advance_to(self, step: int) -> Level:
        """Step from the nearest known level; the caller holds the lock."""
        if self._first is None:
            self._first = self._warmed_up()
        before = [known for known in (*self._checkpoints, *self._recent) if known <= step]
        at = max(before, default=0)
        level = self._recent.get(at) or self._checkpoints.get(at) or self._first
        while at < step:
            at += 1
            level = self._stepped(level, at_ms=self._start_ms + at * STEP_MS, step_s=STEP_MS / SECOND_MS)
            if (self._start_ms + at * STEP_MS) % MINUTE_MS == 0:
                _keep(self._checkpoints, at, level, most=_CHECKPOINTS)
        _keep(self._recent, at, level, most=_RECENT)
        return level

    def _warmed_up(self) -> Level:
        """Give the water at the start: what the hours before have left, found in coarse steps."""
        nothing = (0.0,) * len(self._basins)
        level = Level(nothing, nothing, nothing, nothing)
        for at_ms in range(self._start_ms - WARM_UP_MS, self._start_ms, WARM_STEP_MS):
            level = self._stepped(level, at_ms=at_ms, step_s=WARM_STEP_MS / SECOND_MS)
        return level

    def _stepped(self, level: Level, *, at_ms: int, step_s: float) -> Level:
        """Give the water one step later."""
        cells = self._rain.cells(at_ms)
        drained_now = 0.0
        columns: tuple[list[float], ...] = ([], [], [], [])
        if not cells and not any(level.gathered) and not any(level.standing):
            return _flowed_on(level, step_s=step_s, drained_m3=0.0)
        for order, basin in enumerate(self._basins):
            rain_mm_h = sum(cell.falls_at(basin.lat, basin.lon, at_ms=at_ms) for cell in cells)
            gathered = level.gathered[order] + _flow(rain_mm_h, basin.street.catchment_m2) * step_s
            arrives = gathered if gathered < _TRACE_M3 else gathered * -math.expm1(-step_s / basin.street.gather_s)
            standing = level.standing[order] + arrives
            leaves = _leaves(standing, basin.street, step_s=step_s)
            drained_now += leaves
            row = (gathered - arrives, standing - leaves, level.inflow[order] + arrives, level.drained[order] + leaves)
            for column, value in zip(columns, row, strict=True):
                column.append(value)
        stepped = msgspec.structs.replace(
            level,
            gathered=tuple(columns[0]),
            standing=tuple(columns[1]),
            inflow=tuple(columns[2]),
            drained=tuple(columns[3]),
        )
        return _flowed_on(stepped, step_s=step_s, drained_m3=drained_now)


def _flowed_on(level: Level, *, step_s: float, drained_m3: float) -> Level:
    """Move drained water towards, into and out of the canal."""
    on_its_way = level.on_its_way + drained_m3
    arrives = on_its_way * -math.expm1(-step_s / _CANAL_DELAY_S)
    in_canal = level.in_canal + arrives
    return msgspec.structs.replace(
        level, on_its_way=on_its_way - arrives, in_canal=in_canal * math.exp(-step_s / _CANAL_EMPTIES_S)
    )


def _leaves(standing: float, street: LowStreet, *, step_s: float) -> float:
    """Give what leaves a street in a step: by the drain, and what stands above the kerb over it."""
    drained = min(standing, street.drain_m3_s * step_s)
    over_m = _depth(standing, street.hollow_m2) - street.spill_m
    if over_m <= 0:
        return drained
    spilling = 1.7 * street.spill_length_m * over_m * math.sqrt(over_m) * step_s
    above = standing - street.hollow_m2 * (street.spill_m + _BANK * street.spill_m**2)
    return min(standing, drained + min(spilling, above))


def _flow(mm_h: float, area_m2: float) -> float:
    """Give what rain on an area sends to its low point, in m³/s."""
    return mm_h / 3_600_000 * area_m2 * RUNOFF


def _depth(standing_m3: float, hollow_m2: float) -> float:
    """Give the depth at which a hollow holds a volume."""
    if standing_m3 <= 0:
        return 0.0
    return (math.sqrt(1 + 4 * _BANK * standing_m3 / hollow_m2) - 1) / (2 * _BANK)


def _keep(levels: OrderedDict[int, Level], step: int, level: Level, *, most: int) -> None:
    levels[step] = level
    while len(levels) > most:
        levels.popitem(last=False)
