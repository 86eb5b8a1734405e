"""Counts: what passes a camera in a period, as the values of the flow devices behind it; pure, over sights.

`intensity` and the people in and out are crossings of counting lines in the period. `occupancy` is the mean share of
the zone that moving things cover. `people_count` is the median number of people seen at once. A thing that has stood
still for half a minute has become background and is no longer counted.
"""

from __future__ import annotations

from statistics import fmean, median

from edge.camera.analyser import Sight
from edge.camera.config import CrowdConfig, SpeedConfig, TrafficConfig
from edge.camera.lines import Crossing
from edge.camera.zones import Hysteresis, coverage, is_inside, points_inside
from smartward.observation import Value

CONGESTED = Hysteresis(raise_at=0.5, clear_at=0.35)
"""The share of the road that is covered when it is congested: the catalogue's default rule for occupancy."""
MAX_DENSITY = 10.0
MAX_SPEED_KMH = 150.0
"""The catalogue's plausible ranges; what lies beyond was not measured but mistaken."""
MAX_TRAVEL_MS = 120_000
"""A track that needs longer from one line to the other has stopped on the way: no speed."""


class SpeedGate:
    """Measures the speed of whoever crosses two lines a known distance apart."""

    def __init__(self, config: SpeedConfig) -> None:
        self._config = config
        self._first_at: dict[int, Crossing] = {}

    def add(self, crossing: Crossing) -> float | None:
        """Take a crossing; give the speed in km/h when it is the track's second line."""
        if crossing.line.name not in {self._config.first, self._config.second}:
            return None
        self._first_at = {
            track: first for track, first in self._first_at.items() if crossing.at_ms - first.at_ms <= MAX_TRAVEL_MS
        }
        first = self._first_at.pop(crossing.track, None)
        if first is None or first.line.name == crossing.line.name or first.at_ms == crossing.at_ms:
            self._first_at[crossing.track] = crossing
            return None
        speed = self._config.metres / ((crossing.at_ms - first.at_ms) / 1000) * 3.6
        return speed if speed <= MAX_SPEED_KMH else None


class TrafficCount:
    """Counts for one `traffic_flow` device, period after period."""

    def __init__(self, config: TrafficConfig) -> None:
        self.device = config.device
        self._lines = frozenset(config.lines)
        self._points = points_inside(config.zone)
        self._gate = SpeedGate(config.speed) if config.speed else None
        self._is_congested = False
        self._vehicles = 0
        self._covered: list[float] = []
        self._speeds: list[float] = []

    def add(self, sight: Sight) -> None:
        """Take one frame."""
        self._covered.append(coverage(self._points, (track.box for track in sight.believed), size=sight.size))
        for crossing in sight.crossings:
            self._vehicles += crossing.line.name in self._lines
            speed = self._gate.add(crossing) if self._gate else None
            if speed is not None:
                self._speeds.append(speed)

    def close(self) -> dict[str, Value]:
        """End the period and give its values; none when nothing was looked at in it."""
        if not self._covered:
            return {}
        occupancy = fmean(self._covered)
        self._is_congested = CONGESTED.holds(occupancy, held=self._is_congested)
        values: dict[str, Value] = {
            "intensity": self._vehicles,
            "occupancy": round(occupancy, 4),
            "congested": self._is_congested,
        }
        if self._speeds:
            values["average_speed"] = round(fmean(self._speeds), 1)
        self._vehicles, self._covered, self._speeds = 0, [], []
        return values


class CrowdCount:
    """Counts for one `crowd_flow` device, period after period."""

    def __init__(self, config: CrowdConfig) -> None:
        self.device = config.device
        self._lines = frozenset(config.lines)
        self._points = points_inside(config.zone)
        self._zone = config.zone
        self._area_m2 = config.area_m2
        self._people: list[int] = []
        self._covered: list[float] = []
        self._in = 0
        self._out = 0

    def add(self, sight: Sight) -> None:
        """Take one frame."""
        boxes = [track.box for track in sight.believed]
        width, height = sight.size
        feet = [(box.foot.x / width, (box.foot.y - 0.5) / height) for box in boxes]
        self._people.append(sum(is_inside(foot, self._zone) for foot in feet))
        self._covered.append(coverage(self._points, boxes, size=sight.size))
        for crossing in sight.crossings:
            if crossing.line.name in self._lines:
                self._in += crossing.direction == "in"
                self._out += crossing.direction == "out"

    def close(self) -> dict[str, Value]:
        """End the period and give its values; none when nothing was looked at in it."""
        if not self._people:
            return {}
        people = round(median(self._people))
        values: dict[str, Value] = {
            "people_count": people,
            "people_in": self._in,
            "people_out": self._out,
            "occupancy": round(fmean(self._covered), 4),
        }
        if self._area_m2 is not None:
            values["density"] = round(min(people / self._area_m2, MAX_DENSITY), 3)
        self._people, self._covered, self._in, self._out = [], [], 0, 0
        return values
