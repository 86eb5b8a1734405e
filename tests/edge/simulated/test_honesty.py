"""What simulated sensors say would be believed of real ones, and can be said again to the letter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.simulated.sensors import SENSED_TYPES, sense
from edge.simulated.story import load_story
from edge.simulated.world import World
from smartward.catalogue.load import load
from smartward.instants import HOUR_MS, SECOND_MS, parse_rfc3339
from tests.edge.simulated.small_ward import MONDAY_MS, SEEDS, device, hour

CATALOGUE = load()
EVERY_TYPE = [device(name) for name in sorted(CATALOGUE.types)]
SEASONS = [parse_rfc3339(f"2026-{month:02d}-18T00:00:00+07:00") for month in (1, 4, 7, 9)]
OF_TYPE = {"number": (int, float), "integer": (int,), "boolean": (bool,), "string": (str,)}


def test_every_type_of_the_catalogue_has_a_sensor() -> None:
    """No core type is missing from the ward, and no optional one either."""
    assert frozenset(CATALOGUE.types) == SENSED_TYPES


@pytest.mark.parametrize("seed", SEEDS)
def test_every_value_is_of_the_catalogues_type_and_within_its_range(seed: int) -> None:
    """A value that ingest refuses would be a lie about our own contract; derived ones are the server's to say."""
    start_ms = SEASONS[seed % len(SEASONS)] + round(seed * 1.2 * HOUR_MS)
    world = World(seed, start_ms=start_ms, devices=EVERY_TYPE, story=load_story("demo"))
    for spoken in EVERY_TYPE:
        quantities = {quantity.name: quantity for quantity in CATALOGUE.types[spoken.type].quantities}
        for at_ms in (start_ms + after_s * SECOND_MS for after_s in (0, 30, 60, 99, 1200, 5000)):
            for name, value in sense(world, spoken, now_ms=at_ms, since_ms=at_ms - 5000).items():
                kind = quantities[name]
                assert kind.derived != "server", f"{spoken.type}.{name} is derived by the server"
                assert isinstance(value, OF_TYPE[kind.type]), f"{spoken.type}.{name} = {value!r}"
                assert kind.type == "boolean" or not isinstance(value, bool), f"{spoken.type}.{name} = {value!r}"
                if isinstance(value, str):
                    assert not kind.enum or value in kind.enum
                else:
                    assert kind.min is None or value >= kind.min, f"{spoken.type}.{name} = {value!r}"
                    assert kind.max is None or value <= kind.max, f"{spoken.type}.{name} = {value!r}"


@pytest.mark.parametrize("spoken", EVERY_TYPE, ids=lambda spoken: spoken.type)
def test_a_device_says_all_that_its_type_must(spoken: object) -> None:
    """What is neither optional nor derived is said; a gateway's backlog only the agent that has it can say."""
    assert spoken in EVERY_TYPE
    for one in EVERY_TYPE:
        if one is spoken:
            world = World(7, start_ms=MONDAY_MS, devices=EVERY_TYPE)
            must = {
                quantity.name
                for quantity in CATALOGUE.types[one.type].quantities
                if not quantity.optional and quantity.derived != "server"
            } - {"buffer_messages"}
            assert must <= sense(world, one, now_ms=hour(9), since_ms=hour(9) - 5000).keys()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    asked_s=st.lists(st.floats(0, 900, allow_nan=False), min_size=1, max_size=12),
)
def test_the_world_does_not_depend_on_who_asks_when(seed: int, asked_s: list[float]) -> None:
    """Same seed and same instant give the same values, whatever was asked before and in whatever order."""
    one = World(seed, start_ms=MONDAY_MS, devices=EVERY_TYPE, story=load_story("demo"))
    for after_s in asked_s:
        at_ms = MONDAY_MS + round(after_s * SECOND_MS)
        fresh = World(seed, start_ms=MONDAY_MS, devices=EVERY_TYPE, story=load_story("demo"))
        for spoken in EVERY_TYPE:
            said = sense(one, spoken, now_ms=at_ms, since_ms=at_ms - 5000)
            assert said == sense(fresh, spoken, now_ms=at_ms, since_ms=at_ms - 5000)


def test_another_seed_is_another_ward() -> None:
    """The seed is what tells two wards apart."""
    one, other = (World(seed, start_ms=MONDAY_MS, devices=EVERY_TYPE) for seed in (1, 2))
    differing = [
        spoken.type
        for spoken in EVERY_TYPE
        if sense(one, spoken, now_ms=hour(9), since_ms=hour(9) - 60_000)
        != sense(other, spoken, now_ms=hour(9), since_ms=hour(9) - 60_000)
    ]

    assert len(differing) > len(EVERY_TYPE) / 2
