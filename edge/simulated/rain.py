"""Rain: cells that form, drift over the ward and fade, by season and by chance, and those of a story."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from edge.simulated.chance import between, stream, unit
from edge.simulated.hours import instant_ms, local_time
from edge.simulated.story import Story, comings
from smartward.instants import DAY_MS, MINUTE_MS, SECOND_MS, to_datetime

METRES_PER_DEGREE = 111_320.0
_REACH = 2.5
_STORMS_A_DAY = (0.25, 0.3, 0.4, 0.5, 0.8, 0.9, 1.0, 1.0, 0.8, 0.5, 0.35, 0.2)
"""Mean number of showers a day from January to December in the Red River delta: our own default, no standard's."""
_STRONGEST_MM_H = (4, 4, 6, 12, 35, 45, 55, 55, 40, 25, 10, 4)


class Cell(NamedTuple):
    """One cell: full strength between two instants, with ramps before and after, drifting in metres a second."""

    from_ms: int
    to_ms: int
    ramp_ms: int
    fade_ms: int
    lat: float
    lon: float
    east_m_s: float
    north_m_s: float
    radius_m: float
    mm_h: float

    def strength(self, at_ms: int) -> float:
        """Give the share of full strength at an instant, 0..1."""
        if at_ms < self.from_ms or at_ms >= self.to_ms + self.fade_ms:
            return 0.0
        rising = (at_ms - self.from_ms) / self.ramp_ms
        fading = (self.to_ms + self.fade_ms - at_ms) / self.fade_ms
        return min(1.0, rising, fading)

    def falls_at(self, lat: float, lon: float, *, at_ms: int) -> float:
        """Give the rain at a place in mm/h."""
        strength = self.strength(at_ms)
        if strength == 0:
            return 0.0
        age_s = (at_ms - self.from_ms) / SECOND_MS
        north_m = (lat - self.lat) * METRES_PER_DEGREE - self.north_m_s * age_s
        east_m = (lon - self.lon) * METRES_PER_DEGREE * math.cos(math.radians(lat)) - self.east_m_s * age_s
        distance = (north_m * north_m + east_m * east_m) / (self.radius_m * self.radius_m)
        return 0.0 if distance > _REACH * _REACH else self.mm_h * strength * math.exp(-distance)


class Rain:
    """All rain over a ward; the same for one seed, start and story, whoever asks."""

    def __init__(  # the story's places are known only to who knows the devices
        self,
        seed: int,
        *,
        start_ms: int,
        utc_offset_ms: int,
        middle: tuple[float, float],
        story: Story | None,
        place_of: Callable[[str], tuple[float, float] | None],
    ) -> None:
        self._seed = seed
        self._start_ms = start_ms
        self._utc_offset_ms = utc_offset_ms
        self._middle = middle
        self._story = story
        self._place_of = place_of
        self._cells_of_day = lru_cache(maxsize=8)(self._make_day)

    def cells(self, at_ms: int) -> list[Cell]:
        """List the cells that rain somewhere at an instant."""
        day = local_time(at_ms, utc_offset_ms=self._utc_offset_ms).day
        natural = self._cells_of_day(day - 1) + self._cells_of_day(day)
        return [cell for cell in (*natural, *self._told(at_ms)) if cell.strength(at_ms) > 0]

    def _told(self, at_ms: int) -> list[Cell]:
        """List the story's cells near an instant; a place that no device of ours stands at is left out."""
        if self._story is None or at_ms < self._start_ms:
            return []
        told = []
        for coming in comings(self._story, seed=self._seed, start_ms=self._start_ms, at_ms=at_ms):
            place = self._place_of(coming.rain.site)
            if place is not None:
                told.append(
                    Cell(
                        from_ms=coming.from_ms,
                        to_ms=coming.to_ms,
                        ramp_ms=round(coming.rain.ramp_s * SECOND_MS),
                        fade_ms=round(coming.rain.fade_s * SECOND_MS),
                        lat=place[0],
                        lon=place[1],
                        east_m_s=0.0,
                        north_m_s=0.0,
                        radius_m=coming.rain.radius_m,
                        mm_h=coming.mm_h,
                    )
                )
        return told

    def _make_day(self, day: int) -> tuple[Cell, ...]:
        """Make one local day's natural cells."""
        month = to_datetime(day * DAY_MS).month - 1
        chance = stream(self._seed, "rain", str(day))
        showers = int(_STORMS_A_DAY[month] + unit(chance, 0))
        cells = []
        for shower in range(showers):
            begins_ms = instant_ms(day, between(chance, 100 * shower + 1, 0, 23), utc_offset_ms=self._utc_offset_ms)
            for number in range(2 + int(4 * unit(chance, 100 * shower + 2))):
                draw = 100 * shower + 10 * number + 3
                cells.append(self._make_cell(chance, draw, begins_ms=begins_ms, strongest_mm_h=_STRONGEST_MM_H[month]))
        return tuple(cells)

    def _make_cell(self, chance: int, draw: int, *, begins_ms: int, strongest_mm_h: float) -> Cell:
        """Make one natural cell: most are weak, few near the month's strongest."""
        from_ms = begins_ms + round(between(chance, draw, 0, 60) * MINUTE_MS)
        lasts_ms = round(between(chance, draw + 1, 6, 30) * MINUTE_MS)
        return Cell(
            from_ms=from_ms,
            to_ms=from_ms + lasts_ms,
            ramp_ms=4 * MINUTE_MS,
            fade_ms=8 * MINUTE_MS,
            lat=self._middle[0] + between(chance, draw + 2, -0.02, 0.02),
            lon=self._middle[1] + between(chance, draw + 3, -0.02, 0.02),
            east_m_s=between(chance, draw + 4, -2, 2),
            north_m_s=between(chance, draw + 5, -2, 2),
            radius_m=between(chance, draw + 6, 700, 2200),
            mm_h=1 + strongest_mm_h * unit(chance, draw + 7) ** 3,
        )
