"""The planned ward could be registered, drawn and simulated as it stands."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from edge.simulated.config import SimulationConfig
from edge.simulated.sensors import SENSED_TYPES
from edge.simulated.story import load_story
from smartward.catalogue.load import load
from smartward.demo.ground import PLANE, ground
from smartward.demo.plan import CAMERA_GATEWAY, Plan, plan
from smartward.errors import ConfigError
from smartward.topics import is_id

GROUND = ground()
SEEDS = (1, 7, 42)
SIZES = (20, 60, 200, 600)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_site_lies_in_the_ward_and_in_the_neighbourhood_it_names(seed: int) -> None:
    """A device drawn outside the boundary would be the first thing a chair notices."""
    for site in plan(seed).sites:
        assert site.lat is not None
        assert site.lon is not None
        assert f"Khu phố {GROUND.neighbourhood_at(PLANE.metres(lat=site.lat, lon=site.lon))}" == site.neighbourhood


def test_two_hundred_devices_of_every_type_stand_behind_ten_gateways() -> None:
    """Beside them two cameras that really run, with what they count, on a gateway of their own."""
    planned = plan()
    simulated = [device for device in planned.devices if device.id not in planned.real and not device.is_gateway]

    assert len(simulated) == 200
    assert len(planned.gateways) == 10
    assert {device.type for device in planned.devices} == set(load().types)
    assert {device.id for device in planned.behind(CAMERA_GATEWAY)} == planned.real
    assert {"songmay-cam-001", "songmay-cam-002", CAMERA_GATEWAY} <= planned.real
    assert all(5 <= len(planned.behind(gateway)) <= 45 for gateway in planned.gateways)


@pytest.mark.parametrize("devices", SIZES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_of_any_size_holds_together(seed: int, devices: int) -> None:
    """Ids are unique and allowed, each device stands at a site of the plan behind a gateway of the plan."""
    planned = plan(seed, devices=devices)
    sites = {site.id for site in planned.sites}
    gateways = {device.id for device in planned.devices if device.is_gateway}
    counts = Counter(device.type for device in planned.devices if device.id not in planned.real)

    assert len({device.id for device in planned.devices}) == len(planned.devices)
    assert all(is_id(device.id) and device.site in sites and device.gateway in gateways for device in planned.devices)
    assert all(device.owner and device.funding and device.name for device in planned.devices)
    assert sum(number for kind, number in counts.items() if kind != "edge_gateway") == devices
    assert set(counts) == set(load().types)


def test_one_seed_is_one_ward() -> None:
    """The demo can be shown twice."""
    assert plan(7) == plan(7)
    assert plan(7) != plan(8)


@pytest.mark.parametrize("devices", SIZES)
def test_the_story_happens_where_a_sensor_stands(devices: int) -> None:
    """The flooded alley has its depth sensor, whose gateway is not the one that falls silent."""
    planned, story = plan(devices=devices), load_story("demo")
    flooded = next(device for device in planned.devices if device.id == "songmay-fld-014")
    site = next(site for site in planned.sites if site.id == flooded.site)

    assert (site.name, site.neighbourhood) == ("Hẻm 48 Bến Đò", "Khu phố 3")
    assert {rain.site for rain in story.rain} == {street.site for street in story.low_streets} == {flooded.site}
    assert flooded.gateway not in {silence.gateway for silence in story.silent}


def test_the_silent_gateway_is_one_of_the_plan_and_takes_many_devices_with_it() -> None:
    """One alert must stand for many devices, or the demo proves nothing."""
    planned, story = plan(), load_story("demo")

    for silence in story.silent:
        assert len(planned.behind(silence.gateway)) > 10


@pytest.mark.parametrize("devices", SIZES)
def test_the_simulating_process_can_read_its_part_of_the_plan(devices: int) -> None:
    """What the plan writes is what the edge's configuration reads, to the last key."""
    planned: Plan = plan(devices=devices)
    told = msgspec.json.encode(planned.simulation(profile="demo", story="demo", started_ms=1_795_432_700_000))
    config = msgspec.json.decode(told, type=SimulationConfig)
    expected = {d.id for d in planned.devices} - planned.real

    assert {device.id for device in config.devices} == expected
    assert {device.type for device in config.devices} <= SENSED_TYPES
    assert (config.ward, config.seed, config.story, config.profile) == ("songmay", 7, "demo", "demo")


def test_too_small_a_ward_is_refused_with_what_would_do() -> None:
    """A wrong number on the command line is answered plainly."""
    with pytest.raises(ConfigError, match="at least 20"):
        plan(devices=5)
