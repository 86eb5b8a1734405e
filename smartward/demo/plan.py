"""The demo's plan: an invented ward with its sites and devices, who stands where, behind which gateway.

Pure and the same for a seed. The map never changes with the seed, only who stands where on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import msgspec

from smartward.catalogue.load import load
from smartward.demo.ground import PLANE, dice, from_unit, ground
from smartward.demo.kinds import KINDS, Kind
from smartward.demo.places import FITTINGS, PLACES, slug
from smartward.device import Device, Site, Ward
from smartward.errors import ConfigError
from smartward.geo import Point, along, contains, distance, length
from smartward.observation import Value

WARD = Ward(id="songmay", name="Phường Sông Mây")
CAMERA_GATEWAY = "songmay-gw-cam"
DEVICES = 200
_DEVICES_A_GATEWAY = 20
_SECTORS = (1, 2, 3, 5, 4, 6, 4, 5, 3)
"""Which khu phố each gateway in turn stands in; the last gateway of all is the ward office's."""
_LINKS = ("fibre", "5g", "fibre", "4g", "5g", "fibre", "4g", "5g", "fibre")
_OFFICE_TYPES = frozenset({"service_queue", "dossier_kpi", "citizen_report", "web_service"})
_OFFICE = "UBND phường Sông Mây"
_APART_M = 12.0
_TRIES = 2000
_LONGEST_STREET_M = 1800


class Plan(msgspec.Struct, frozen=True):
    """A ward to register and to simulate; `real` are devices that truly run: cameras on footage and their gateway."""

    seed: int
    ward: Ward
    sites: tuple[Site, ...]
    devices: tuple[Device, ...]
    real: frozenset[str]

    @property
    def gateways(self) -> tuple[str, ...]:
        """The ids of the simulated gateways, in order; the camera gateway is not among them."""
        return tuple(device.id for device in self.devices if device.is_gateway and device.id not in self.real)

    def behind(self, gateway: str) -> tuple[Device, ...]:
        """List the devices that a gateway speaks for, itself among them."""
        return tuple(device for device in self.devices if device.gateway == gateway)

    def simulation(self, *, profile: str, story: str, started_ms: int | None = None) -> dict[str, object]:
        """Give what the simulating edge process is told, as plain JSON (the form is edge/simulated/config.py's)."""
        return {
            "ward": self.ward.id,
            "seed": self.seed,
            "profile": profile,
            "story": story,
            "timezone": self.ward.timezone,
            "started_ms": started_ms,
            "gateways": [
                {"id": gateway, "devices": [_told(device) for device in self.behind(gateway)]}
                for gateway in self.gateways
            ],
        }


def plan(seed: int = 7, *, devices: int = DEVICES) -> Plan:
    """Plan a ward with so many simulated devices, their gateways not counted, and two real cameras beside them.

    Raises ConfigError for fewer devices than there are types.
    """
    if devices < len(KINDS):
        raise ConfigError(
            f"{devices} devices are too few", key="devices", remedy=f"Ask for at least {len(KINDS)}, one of each type"
        )
    return _Planner(seed, devices).plan()


class _Planner:
    """Fills the ward, type by type."""

    def __init__(self, seed: int, devices: int) -> None:
        self._seed = seed
        self._wanted = _numbers(devices)
        self._ground = ground()
        self._types = load().types
        self._chance = dice(seed, "plan")
        self._sites: dict[str, Site] = {}
        self._points: list[Point] = []
        self._gateways = [f"songmay-gw-{number + 1:02d}" for number in range(max(1, devices // _DEVICES_A_GATEWAY))]
        self._turn: dict[int, int] = {}

    def plan(self) -> Plan:
        """Place everything."""
        gateways = [self._gateway(number, gateway) for number, gateway in enumerate(self._gateways)]
        simulated = [device for kind in KINDS for device in self._of_kind(kind)]
        real = self._real()
        return Plan(
            seed=self._seed,
            ward=WARD,
            sites=tuple(self._sites.values()),
            devices=(*gateways, *simulated, *real),
            real=frozenset(device.id for device in real),
        )

    def _of_kind(self, kind: Kind) -> list[Device]:
        """Place all devices of a type: at their named places first, then along the streets."""
        wanted = self._wanted[kind.type]
        fittings = [fitting for fitting in FITTINGS if fitting.type == kind.type][:wanted]
        placed = [
            self._device(kind, fitting.number, self._named(fitting.place), params=fitting.params)
            for fitting in fittings
        ]
        numbers = _free_numbers(kind.first, taken={fitting.number for fitting in fittings})
        roads = kind.roads
        for _ in range(wanted - len(fittings)):
            site, road = self._along_a_street(roads)
            params: dict[str, Value] = (
                {"road": road.removeprefix("road_")} if kind.type in {"traffic_flow", "noise"} else {}
            )
            placed.append(self._device(kind, next(numbers), site, params=params))
        return sorted(placed, key=lambda device: device.id)

    def _device(self, kind: Kind, number: int, site: Site, *, params: dict[str, Value]) -> Device:
        """Make one device, with its type's site parameters, its owner and who pays."""
        owner, funding = kind.owners[math.floor(self._chance.random() * len(kind.owners))]
        label = str(params.get("service", "")) or site.name
        neighbourhood = site.neighbourhood.removeprefix("Khu phố ")
        return Device(
            id=f"{WARD.id}-{kind.code}-{number:03d}",
            ward=WARD.id,
            gateway=self._gateway_for(kind, int(neighbourhood)),
            type=kind.type,
            name=f"{kind.called} {label}",
            site=site.id,
            lat=site.lat,
            lon=site.lon,
            params=self._types[kind.type].site_param | kind.more(self._chance) | params,
            owner=owner.format(kp=neighbourhood),
            funding=funding,
        )

    def _gateway(self, number: int, gateway: str) -> Device:
        """Make one gateway; the last one of several stands in the ward office."""
        is_office = len(self._gateways) > 1 and number == len(self._gateways) - 1
        sector = _SECTORS[number % len(_SECTORS)]
        site = (
            self._named(_OFFICE) if is_office else self._along_a_street(("road_main", "road_minor"), sector=sector)[0]
        )
        link = "tslcd" if is_office else _LINKS[number % len(_LINKS)]
        return _gateway_device(gateway, site, link=link)

    def _gateway_for(self, kind: Kind, sector: int) -> str:
        """Choose the gateway that speaks for a device: the office's, or by turns those of its khu phố."""
        street = self._gateways[:-1] or self._gateways
        if kind.type in _OFFICE_TYPES:
            return self._gateways[-1]
        near = [gateway for number, gateway in enumerate(street) if _SECTORS[number % len(_SECTORS)] == sector]
        turn = self._turn[sector] = self._turn.get(sector, -1) + 1
        return near[turn % len(near)] if near else street[turn % len(street)]

    def _real(self) -> list[Device]:
        """Place the two cameras that play real footage, what they count, and their gateway."""
        square, crossing = self._named("Quảng trường Sông Mây"), self._named("Ngã tư Lê Hoa – Hòa Bình")
        gateway = _gateway_device(CAMERA_GATEWAY, self._named(_OFFICE), link="fibre")
        street, people = "songmay-cam-001", "songmay-cam-002"
        fitted: tuple[tuple[str, str, Site, dict[str, Value]], ...] = (
            ("camera", street, crossing, {}),
            ("traffic_flow", "songmay-trf-001", crossing, {"camera": street, "road": "main"}),
            ("camera", people, square, {}),
            ("crowd_flow", "songmay-crd-001", square, {"camera": people, "area_m2": 300}),
        )
        kinds = {kind.type: kind for kind in KINDS}
        return [gateway] + [
            msgspec.structs.replace(self._device(kinds[name], 0, site, params=params), id=id_, gateway=CAMERA_GATEWAY)
            for name, id_, site, params in fitted
        ]

    def _named(self, name: str) -> Site:
        """Give the site of a named place."""
        place = next(place for place in PLACES if place.name == name)
        return self._site(name, from_unit(place.at))

    def _along_a_street(self, roads: Iterable[str], *, sector: int | None = None) -> tuple[Site, str]:
        """Give a new site at a house along a street of some kinds, and the kind of street, apart from all others."""
        streets = [road for road in self._ground.roads if road.kind in roads]
        for _ in range(_TRIES):
            road = streets[math.floor(self._chance.random() * len(streets))]
            if self._chance.random() * _LONGEST_STREET_M > length(road.line):
                continue
            share = self._chance.uniform(0.04, 0.96)
            point = along(road.line, share=share)
            number = self._ground.neighbourhood_at(point)
            if number is None or (sector is not None and number != sector) or contains(self._ground.canal, point):
                continue
            if any(distance(point, other) < _APART_M for other in self._points):
                continue
            house = 2 * int(share * length(road.line) / 14) + 1 + (self._chance.random() < 0.5)  # noqa: PLR2004 - a side
            street = road.name.split(" ", 1)[1]
            name = f"Số {house} {road.name}" if road.kind == "lane" else f"{house} {street}"
            if f"{WARD.id}-{slug(name)}" not in self._sites:
                return self._site(name, point), road.kind
        raise ConfigError("the invented ward has no room for so many devices", key="devices", remedy="Ask for fewer")

    def _site(self, name: str, point: Point) -> Site:
        """Give the site of this name, made when it is first named."""
        site_id = f"{WARD.id}-{slug(name)}"
        if site_id not in self._sites:
            lat, lon = PLANE.degrees(point)
            number = self._ground.neighbourhood_at(point)
            self._sites[site_id] = Site(
                id=site_id, ward=WARD.id, name=name, neighbourhood=f"Khu phố {number}", lat=lat, lon=lon
            )
            self._points.append(point)
        return self._sites[site_id]


def _gateway_device(gateway: str, site: Site, *, link: str) -> Device:
    """Make a gateway that speaks for itself."""
    return Device(
        id=gateway,
        ward=WARD.id,
        gateway=gateway,
        type="edge_gateway",
        name=f"Cổng kết nối {site.name}",
        site=site.id,
        lat=site.lat,
        lon=site.lon,
        params={"link_type": link},
        owner="UBND phường Sông Mây",
        funding="Ngân sách phường 2026",
    )


def _numbers(devices: int) -> dict[str, int]:
    """Share a number of devices among the types in the demo's proportion, at least one of each (largest remainder)."""
    usual = sum(kind.usual for kind in KINDS)
    spare = devices - len(KINDS)
    exact = {kind.type: (kind.usual - 1) * spare / (usual - len(KINDS)) for kind in KINDS}
    numbers = {name: 1 + int(share) for name, share in exact.items()}
    left = devices - sum(numbers.values())
    for name in sorted(exact, key=lambda name: exact[name] % 1, reverse=True)[:left]:
        numbers[name] += 1
    return numbers


def _free_numbers(first: int, *, taken: set[int]) -> Iterator[int]:
    """Count upwards, leaving out the numbers that named places have."""
    number = first
    while True:
        if number not in taken:
            yield number
        number += 1


def _told(device: Device) -> dict[str, object]:
    """Give what the simulation is told of one device."""
    return {
        "id": device.id,
        "type": device.type,
        "site": device.site,
        "lat": device.lat,
        "lon": device.lon,
        "params": device.params,
    }
