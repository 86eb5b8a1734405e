"""The demo's story: a street floods, a gateway falls silent, and both come to an end."""

from __future__ import annotations

import itertools

import pytest

from edge.simulated.sensors import sense
from edge.simulated.story import load_story
from edge.simulated.world import World
from smartward.errors import ConfigError
from smartward.instants import SECOND_MS
from tests.edge.simulated.small_ward import SEEDS, SILENT_GATEWAY, STORY_SITE, device, hour, number

FLOOD = device("flood_road", 14, site=STORY_SITE, alertLevel=0.15, dangerLevel=0.30)
ELSEWHERE = device("flood_road", 2)


def _depths(seed: int, *, start_ms: int, to_s: int) -> list[float]:
    """Give the depth said at each second after the start."""
    world = World(seed, start_ms=start_ms, devices=[FLOOD, ELSEWHERE], story=load_story("demo"))
    instants = (start_ms + after_s * SECOND_MS for after_s in range(to_s))
    return [number(sense(world, FLOOD, now_ms=at, since_ms=at - SECOND_MS), "depth") for at in instants]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_street_is_dry_then_passes_15_and_30_cm_within_45_s(seed: int) -> None:
    """A newcomer sees water rise to an alert in the first minute, at whatever hour the demo is started."""
    depths = _depths(seed, start_ms=hour(seed * 1.2), to_s=600)
    passes = {limit: next(at for at, depth in enumerate(depths) if depth >= limit) for limit in (0.15, 0.30)}

    assert max(depths[:15]) < 0.02
    assert 15 < passes[0.15] < passes[0.30] <= 40
    assert passes[0.30] - passes[0.15] >= 5
    assert 0.36 <= max(depths) <= 0.46
    assert min(depths[passes[0.30] + 5 : 100]) >= 0.30


@pytest.mark.parametrize("seed", SEEDS)
def test_the_street_drains_and_floods_again_later(seed: int) -> None:
    """Minutes of water, then a dry street, then another cell passes: an alert clears and may come again."""
    depths = _depths(seed, start_ms=hour(9), to_s=3600)
    wet = [depth >= 0.15 for depth in depths]
    floods = sum(after and not before for before, after in itertools.pairwise(wet))

    assert 2 <= floods <= 5
    assert min(depths[300:600]) < 0.05
    assert 120 <= wet[:900].index(False, wet.index(True)) - wet.index(True) <= 400


def test_the_flood_stays_where_it_is() -> None:
    """Heavy rain over one low street does not flood the ward."""
    start_ms = hour(9)
    world = World(7, start_ms=start_ms, devices=[FLOOD, ELSEWHERE], story=load_story("demo"))

    assert all(
        number(sense(world, ELSEWHERE, now_ms=start_ms + s * SECOND_MS, since_ms=start_ms), "depth") < 0.15
        for s in range(0, 1200, 5)
    )


def test_a_gateway_is_cut_for_a_while_and_comes_back() -> None:
    """Silence begins about a minute after the start and lasts about 40 s; no other gateway is touched."""
    start_ms = hour(9)
    world = World(7, start_ms=start_ms, devices=[FLOOD], story=load_story("demo"))
    cut = [after_s for after_s in range(600) if world.is_cut(SILENT_GATEWAY, now_ms=start_ms + after_s * SECOND_MS)]

    assert 55 <= cut[0] <= 65
    assert 35 <= len(cut) <= 50
    assert cut == list(range(cut[0], cut[-1] + 1))
    assert not any(world.is_cut("songmay-gw-cam", now_ms=start_ms + s * SECOND_MS) for s in range(600))


def test_without_a_story_nothing_is_cut() -> None:
    """The world just lives."""
    world = World(7, start_ms=hour(9), devices=[FLOOD])

    assert not any(world.is_cut(SILENT_GATEWAY, now_ms=hour(9) + s * SECOND_MS) for s in range(600))


def test_a_story_that_does_not_exist_is_named_with_those_there_are() -> None:
    """A wrong name in a configuration is answered with the remedy."""
    with pytest.raises(ConfigError, match=r"no story 'flod'.*demo"):
        load_story("flod")
