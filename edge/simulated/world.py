"""The world: one seeded ward whose rain, water, traffic and crowds hang together, at any instant.

It is a function of seed, start, devices and story: the same instant gives the same state, whoever asked before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from edge.simulated import lights, parking, reports, streets
from edge.simulated.climate import Weather, fine_dust, weather
from edge.simulated.config import SimulatedDevice
from edge.simulated.hours import LocalTime, local_time
from edge.simulated.rain import Rain
from edge.simulated.story import Story
from edge.simulated.sun import altitude_deg
from edge.simulated.tickets import Board, day_book
from edge.simulated.water import Basin, Level, StreetWater, Water, ordinary_street
from smartward.errors import NotFound
from smartward.instants import MINUTE_MS, SECOND_MS, to_datetime

SOAKING_MIN = (0, 3, 6, 9, 12)
"""Minutes back at which rain is looked at to tell how soaked a place is."""
_COUNTERS = 4
_STATES_KEPT = 32


class World:
    """A simulated ward; ask it for the state at an instant. Safe from any thread."""

    def __init__(
        self,
        seed: int,
        *,
        start_ms: int,
        devices: Sequence[SimulatedDevice],
        story: Story | None = None,
        timezone: str = "Asia/Ho_Chi_Minh",
    ) -> None:
        self.seed = seed
        self.start_ms = start_ms - start_ms % SECOND_MS
        self.story = story
        offset = to_datetime(start_ms).astimezone(ZoneInfo(timezone)).utcoffset()
        self.utc_offset_ms = round(offset.total_seconds() * 1000) if offset is not None else 0
        self.middle = _middle(devices)
        self._places = {device.site: (device.lat, device.lon) for device in devices}
        self.rain = Rain(
            seed,
            start_ms=self.start_ms,
            utc_offset_ms=self.utc_offset_ms,
            middle=self.middle,
            story=story,
            place_of=self._places.get,
        )
        self.water = Water(self.rain, basins=_basins(seed, devices, story), start_ms=self.start_ms)
        self._states = lru_cache(maxsize=_STATES_KEPT)(self._make_state)

    def state_at(self, at_ms: int) -> State:
        """Give the state at the last whole second."""
        return self._states(at_ms - at_ms % SECOND_MS)

    def is_cut(self, gateway: str, *, now_ms: int) -> bool:
        """Tell whether the story has a gateway cut off from the broker at an instant."""
        return self.story is not None and self.story.is_cut(gateway, after_s=(now_ms - self.start_ms) / SECOND_MS)

    def place_of(self, site: str) -> tuple[float, float]:
        """Give where a site lies: where the last device named for it stands. Raises NotFound."""
        place = self._places.get(site)
        if place is None:
            raise NotFound(f"no simulated device stands at {site!r}; add one to the simulation's gateways")
        return place

    def _make_state(self, second_ms: int) -> State:
        return State(self, at_ms=second_ms)


class State:
    """The ward at one whole second. Everything is worked out when it is first asked for."""

    def __init__(self, world: World, *, at_ms: int) -> None:
        self.world = world
        self.at_ms = at_ms
        self.seed = world.seed
        self._soaked: dict[tuple[float, float], float] = {}

    @cached_property
    def local(self) -> LocalTime:
        """The ward's own day and hour."""
        return self.local_at(self.at_ms)

    @cached_property
    def sun_deg(self) -> float:
        """How high the sun stands over the middle of the ward."""
        return altitude_deg(self.at_ms, lat=self.world.middle[0], lon=self.world.middle[1])

    @cached_property
    def water(self) -> Level:
        """All water of the ward."""
        return self.world.water.at(self.at_ms)

    def local_at(self, at_ms: int) -> LocalTime:
        """Read any instant on the ward's clock."""
        return local_time(at_ms, utc_offset_ms=self.world.utc_offset_ms)

    def rain_mm_h(self, lat: float, lon: float) -> float:
        """Give the rain at a place now."""
        return sum(cell.falls_at(lat, lon, at_ms=self.at_ms) for cell in self.world.rain.cells(self.at_ms))

    def rain_mm(self, lat: float, lon: float, *, since_ms: int) -> float:
        """Give what fell at a place after the second of `since_ms`, second by second, so that periods add up."""
        first_ms = since_ms - since_ms % SECOND_MS + SECOND_MS
        rain = self.world.rain
        fell = (
            cell.falls_at(lat, lon, at_ms=at_ms)
            for at_ms in range(first_ms, self.at_ms + 1, SECOND_MS)
            for cell in rain.cells(at_ms)
        )
        return sum(fell) / 3600

    def soaked_mm_h(self, lat: float, lon: float) -> float:
        """Give the mean rain at a place over the last quarter of an hour, about."""
        known = self._soaked.get((lat, lon))
        if known is None:
            instants = [self.at_ms - minutes * MINUTE_MS for minutes in SOAKING_MIN]
            falls = [
                cell.falls_at(lat, lon, at_ms=at_ms) for at_ms in instants for cell in self.world.rain.cells(at_ms)
            ]
            self._soaked[lat, lon] = known = sum(falls) / len(SOAKING_MIN)
        return known

    def weather(self, lat: float, lon: float) -> Weather:
        """Give the weather at a place."""
        return weather(
            self.seed,
            at_ms=self.at_ms,
            local=self.local,
            rain_mm_h=self.rain_mm_h(lat, lon),
            soaked_mm_h=self.soaked_mm_h(lat, lon),
        )

    def fine_dust(self, lat: float, lon: float) -> float:
        """Give PM2.5 at a place in µg/m³."""
        return fine_dust(
            self.seed,
            at_ms=self.at_ms,
            local=self.local,
            traffic_load=streets.load(self.local),
            soaked_mm_h=self.soaked_mm_h(lat, lon),
        )

    def street_water(self, site: str) -> StreetWater:
        """Give the water at a site with a depth sensor. Raises KeyError at any other."""
        return self.world.water.street(self.water, site)

    def depth_near(self, lat: float, lon: float) -> float:
        """Give the deepest street water within some 150 m."""
        return self.world.water.deepest_near(self.water, lat=lat, lon=lon)

    def lamps_lit(self, cabinet: SimulatedDevice) -> int:
        """Give how many lamps of a lighting cabinet burn."""
        return lights.lamps_lit(self, cabinet)

    def spots_taken(self, lot: SimulatedDevice) -> int:
        """Give how many spots of a car park are taken."""
        return parking.spots_taken(self, lot)

    def board(self, queue: SimulatedDevice) -> Board:
        """Read the number board of a one-stop queue."""
        counters = queue.params.get("counters", _COUNTERS)
        book = day_book(
            self.seed,
            queue.id,
            day=self.local.day,
            weekday=self.local.weekday,
            counters=int(counters),
            utc_offset_ms=self.world.utc_offset_ms,
        )
        return book.board(self.at_ms)

    def reports(self) -> reports.ReportBooks:
        """Give the books of citizens' reports."""
        return reports.report_books(self.seed, at_ms=self.at_ms, utc_offset_ms=self.world.utc_offset_ms)


def _middle(devices: Sequence[SimulatedDevice]) -> tuple[float, float]:
    """Give the mean place of the devices."""
    if not devices:
        return 0.0, 0.0
    lat, lon = (sum(axis) / len(devices) for axis in zip(*((d.lat, d.lon) for d in devices), strict=True))
    return lat, lon


def _basins(seed: int, devices: Sequence[SimulatedDevice], story: Story | None) -> list[Basin]:
    """Give a low street for each depth sensor: the story's where it tells of one."""
    told = {street.site: street for street in story.low_streets} if story is not None else {}
    sites = {device.site: device for device in devices if device.type == "flood_road"}
    return [
        Basin(lat=device.lat, lon=device.lon, street=told.get(site) or ordinary_street(seed, site))
        for site, device in sites.items()
    ]
