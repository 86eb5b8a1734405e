"""The simulated ward keeps its books: what goes in comes out or is still there."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right

import pytest

from edge.simulated.config import SimulatedDevice
from edge.simulated.sensors import sense
from edge.simulated.story import load_story
from edge.simulated.world import World
from smartward.instants import DAY_MS, MINUTE_MS, SECOND_MS
from tests.edge.simulated.small_ward import MONDAY_MS, SEEDS, STORY_SITE, device, hour, listen, number, whole

QUEUE = device("service_queue", counters=5)


def _world(seed: int, *devices: SimulatedDevice, start_ms: int = MONDAY_MS, story: str = "") -> World:
    return World(seed, start_ms=start_ms, devices=devices, story=load_story(story) if story else None)


@pytest.mark.parametrize("seed", SEEDS)
def test_tickets_waiting_are_those_issued_and_not_yet_called(seed: int) -> None:
    """The one identity of a queue, as whole numbers, at every instant of a working day."""
    said = listen(_world(seed, QUEUE), QUEUE, from_ms=hour(6.5), to_ms=hour(20), every_s=37)

    assert all(
        whole(values, "waiting") == whole(values, "last_issued") - whole(values, "serving") >= 0 for _, values in said
    )
    assert max(whole(values, "waiting") for _, values in said) > 0
    assert whole(said[-1][1], "waiting") == 0
    assert whole(said[-1][1], "last_issued") > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_ticket_numbers_and_votes_only_grow_within_a_day_and_begin_again_at_midnight(seed: int) -> None:
    """Satisfied votes are some of all votes, and no more votes than served tickets."""
    said = [values for _, values in listen(_world(seed, QUEUE), QUEUE, from_ms=hour(0), to_ms=hour(23.9), every_s=293)]

    for quantity in ("last_issued", "serving", "votes_happy", "votes_total"):
        counts = [whole(values, quantity) for values in said]
        assert counts[0] == 0
        assert counts == sorted(counts)
        assert counts[-1] > 0
    assert all(
        whole(values, "votes_happy") <= whole(values, "votes_total") <= whole(values, "serving") for values in said
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_called_where_no_counter_is_open(seed: int) -> None:
    """A closed service has no counters, and its ticket numbers stand still."""
    said = [values for _, values in listen(_world(seed, QUEUE), QUEUE, from_ms=hour(5), to_ms=hour(21), every_s=60)]

    assert {values["service_status"] for values in said} >= {"Open", "Closed"}
    for before, after in itertools.pairwise(said):
        assert (before["service_status"] == "Closed") == (whole(before, "counters_open") == 0)
        if before["service_status"] == after["service_status"] == "Closed":
            assert before["serving"] == after["serving"]


@pytest.mark.parametrize("seed", [0, 7, 13])
def test_the_waiting_time_is_that_of_real_tickets(seed: int) -> None:
    """An outsider who watches the number board every second finds the same 90th percentile."""
    world = _world(seed, QUEUE)
    said = listen(world, QUEUE, from_ms=hour(7), to_ms=hour(10), every_s=1)
    issued = [whole(values, "last_issued") for _, values in said]
    called = [whole(values, "serving") for _, values in said]
    now = len(said) - 1
    waits = []
    for ticket in range(1, issued[-1] + 1):
        came = bisect_right(issued, ticket - 1)
        went = bisect_right(called, ticket - 1)
        if went > now:
            waits.append(now - came)
        elif went > now - 3600:
            waits.append(went - came)
    expected_min = sorted(waits)[math.ceil(0.9 * len(waits)) - 1] / 60

    assert number(said[-1][1], "wait_p90") == pytest.approx(expected_min, abs=0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_street_water_is_what_came_in_and_has_not_drained(seed: int) -> None:
    """Not a drop is made or lost between rain, street and drain; depth is nothing but standing water."""
    flood = device("flood_road", site=STORY_SITE)
    world = _world(seed, flood, story="demo")

    for after_s in range(0, 900, 13):
        water = world.state_at(MONDAY_MS + after_s * SECOND_MS).street_water(STORY_SITE)
        assert water.inflow_m3 == pytest.approx(water.standing_m3 + water.drained_m3, abs=1e-6)
        assert (water.depth_m > 0) == (water.standing_m3 > 0)
        assert min(water.inflow_m3, water.standing_m3, water.drained_m3) >= 0


@pytest.mark.parametrize("seed", SEEDS)
def test_rain_comes_first_then_the_street_then_the_canal(seed: int) -> None:
    """Street depth lags the rain by seconds to minutes, the canal by far more, and both fall again."""
    flood, canal = device("flood_road", site=STORY_SITE), device("river_level")
    world = _world(seed, flood, canal, story="demo")
    instants = range(MONDAY_MS, MONDAY_MS + 15 * MINUTE_MS, 5 * SECOND_MS)
    lat, lon = world.place_of(STORY_SITE)
    rain = [world.state_at(at_ms).rain_mm_h(lat, lon) for at_ms in instants]
    depth = [world.state_at(at_ms).street_water(STORY_SITE).depth_m for at_ms in instants]
    stage = [number(sense(world, canal, now_ms=at_ms, since_ms=at_ms), "water_level") for at_ms in instants]
    rains_from, deepest, highest = _first_over(rain, 20), depth.index(max(depth)), stage.index(max(stage))

    assert rains_from < _first_over(depth, 0.05) < _first_over(stage, stage[0] + 0.02)
    assert deepest < highest
    assert stage[highest] - stage[0] > 0.05
    last_rain = max(at for at, fall in enumerate(rain) if fall > 1)
    assert max(depth[last_rain + 60 : last_rain + 80]) < max(depth) / 3


def _first_over(series: list[float], threshold: float) -> int:
    return next(at for at, value in enumerate(series) if value > threshold)


@pytest.mark.parametrize("seed", SEEDS)
def test_without_rain_the_street_stays_dry(seed: int) -> None:
    """Depth follows rain and nothing else."""
    flood = device("flood_road")
    world = _world(seed, flood)
    lat, lon = world.place_of(flood.site)
    wet = dry = 0.0

    for after_s in range(0, 7200, 60):
        state = world.state_at(MONDAY_MS + after_s * SECOND_MS)
        water = state.street_water(flood.site)
        wet += state.rain_mm_h(lat, lon)
        dry = max(dry, water.depth_m)
    assert dry == 0 or wet > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rain_gauge_sums_to_what_fell(seed: int) -> None:
    """Rain in the period, added over periods of any length, is the same rain."""
    gauge = device("weather", site=STORY_SITE)
    world = _world(seed, gauge, story="demo")
    window = {"from_ms": MONDAY_MS + 60 * SECOND_MS, "to_ms": MONDAY_MS + 660 * SECOND_MS}
    totals = []
    for every_s in (5, 60):
        said = listen(world, gauge, every_s=every_s, **window)[1:]
        totals.append(sum(number(values, "rain") for _, values in said))

    assert totals[0] == pytest.approx(totals[1], abs=0.01)
    assert totals[1] > 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_people_present_change_by_those_who_came_and_went(seed: int) -> None:
    """Counts towards and away, over any stretch of periods, explain the count in view."""
    crowd = device("crowd_flow", area_m2=400, capacity=300)
    said = [values for _, values in listen(_world(seed, crowd), crowd, from_ms=hour(6), to_ms=hour(19), every_s=60)]
    balance = whole(said[0], "people_count")

    for values in said[1:]:
        balance += whole(values, "people_in") - whole(values, "people_out")
        assert whole(values, "people_count") == balance >= 0
    assert max(whole(values, "people_count") for values in said) > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_spots_free_and_spots_taken_are_all_spots(seed: int) -> None:
    """A car park neither gains nor loses a spot, and is neither always full nor always empty."""
    lot = device("parking", total_spots=80)
    world = _world(seed, lot)
    free = []
    for at_ms, values in listen(world, lot, from_ms=hour(0), to_ms=hour(24), every_s=600):
        taken = world.state_at(at_ms).spots_taken(lot)
        assert whole(values, "available_spots") + taken == whole(values, "total_spots") == 80
        free.append(whole(values, "available_spots"))
    assert 0 <= min(free) < 40 < max(free) <= 80


@pytest.mark.parametrize("seed", SEEDS)
def test_vehicles_counted_do_not_depend_on_the_interval(seed: int) -> None:
    """Twelve counts of five seconds are the count of that minute."""
    road = device("traffic_flow", road="main")
    world = _world(seed, road)
    fine = listen(world, road, from_ms=hour(7), to_ms=hour(7.5), every_s=5)[1:]
    coarse = listen(world, road, from_ms=hour(7), to_ms=hour(7.5), every_s=60)[1:]

    assert sum(whole(values, "intensity") for _, values in fine) == sum(
        whole(values, "intensity") for _, values in coarse
    )
    assert all(whole(values, "two_wheelers") <= whole(values, "intensity") for _, values in fine)


@pytest.mark.parametrize("seed", SEEDS)
def test_open_reports_are_those_made_and_not_closed(seed: int) -> None:
    """Overdue reports are some of the open ones; open ones change by what came and what was closed."""
    desk = device("citizen_report")
    world = _world(seed, desk)

    for at_ms, values in listen(world, desk, from_ms=MONDAY_MS, to_ms=MONDAY_MS + 3 * DAY_MS, every_s=1800):
        books = world.state_at(at_ms).reports()
        assert whole(values, "open") == books.made - books.closed >= whole(values, "overdue") >= 0
