"""A simulated gateway's devices speak soon, in turn, with the present instant, until stopped."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

from edge.simulated.config import SimulatedGateway, SimulationConfig, read_config, write_config
from edge.simulated.input import build_world, simulated_input
from edge.simulated.rounds import Rounds
from smartward.adapters.clock import FakeClock, SystemClock
from smartward.catalogue.load import load
from smartward.errors import ConfigError
from smartward.instants import HOUR_MS, SECOND_MS
from smartward.observation import Observation
from tests.edge.simulated.small_ward import MONDAY_MS, STORY_SITE, device
from tests.edge.sinks import MemorySink

DEMO = load("demo")
TWO_HUNDRED = [device(name, number) for number in range(1, 11) for name in sorted(DEMO.types)][:200]
GATEWAY = SimulatedGateway(
    id="songmay-gw-03",
    devices=(device("flood_road", 14, site=STORY_SITE), device("weather"), device("edge_gateway")),
)
CONFIG = SimulationConfig(ward="songmay", gateways=(GATEWAY,), story="demo", profile="demo", started_ms=MONDAY_MS)


def test_every_device_speaks_within_five_seconds_and_never_all_at_once() -> None:
    """A newcomer sees the whole ward at once; the broker does not see it in one burst."""
    rounds = Rounds(TWO_HUNDRED, catalogue=DEMO, seed=7)
    spoken: Counter[str] = Counter()
    bursts = []
    for quarter in range(20):
        turns = rounds.due(MONDAY_MS + quarter * 250)
        spoken.update(turn.device.id for turn in turns)
        bursts.append(len(turns))

    assert len(spoken) == 200
    assert max(bursts) < 40


def test_each_device_keeps_to_its_interval() -> None:
    """In a minute of the demo's five seconds each device speaks twelve times, evenly."""
    rounds = Rounds(TWO_HUNDRED, catalogue=DEMO, seed=7)
    instants: dict[str, list[int]] = {}
    for quarter in range(4 * 64):
        now_ms = MONDAY_MS + quarter * 250
        for turn in rounds.due(now_ms):
            instants.setdefault(turn.device.id, []).append(now_ms)

    for spoken in instants.values():
        gaps = {after - before for before, after in itertools.pairwise(spoken)}
        assert gaps <= {4750, 5000, 5250}
        assert 12 <= len(spoken) <= 13


def test_slow_quantities_are_said_at_their_own_slow_interval() -> None:
    """Under the catalogue's own intervals energy is said once an hour, the door once a minute; at first all is said."""
    cabinet = device("streetlight_cabinet")
    rounds = Rounds([cabinet], catalogue=load(), seed=7)
    said: Counter[str] = Counter()
    first = None
    for second in range(2 * 3600):
        for turn in rounds.due(MONDAY_MS + second * SECOND_MS):
            first = first or turn.quantities
            said.update(turn.quantities)

    assert first is not None
    assert {"energy", "active_power", "door_open"} <= first
    assert "lamp_fault_ratio" not in said
    assert said["energy"] == 2
    assert said["active_power"] == 24
    assert 119 <= said["door_open"] <= 121


def test_turns_that_were_missed_are_left_out() -> None:
    """A machine that slept for an hour does not say 720 things at once."""
    rounds = Rounds(TWO_HUNDRED, catalogue=DEMO, seed=7)
    for quarter in range(24):
        rounds.due(MONDAY_MS + quarter * 250)

    assert len(rounds.due(MONDAY_MS + HOUR_MS)) == 200
    assert rounds.due(MONDAY_MS + HOUR_MS + 1) == []


def test_a_clock_set_back_does_not_silence_the_ward() -> None:
    """Within five seconds of the new time all speak again."""
    rounds = Rounds(TWO_HUNDRED, catalogue=DEMO, seed=7)
    for quarter in range(24):
        rounds.due(MONDAY_MS + quarter * 250)
    back_ms = MONDAY_MS - HOUR_MS
    spoken = {turn.device.id for quarter in range(20) for turn in rounds.due(back_ms + quarter * 250)}

    assert len(spoken) == 200


def test_a_gateways_input_says_the_present_until_it_is_stopped() -> None:
    """Started like any input, on the real clock; the backlog is the agent's own."""
    sink, clock = MemorySink(), SystemClock()
    world = build_world(CONFIG, now_ms=clock.now_ms())
    from_ms = clock.now_ms()
    spoken = simulated_input(GATEWAY, world=world, catalogue=DEMO, clock=clock, backlog=lambda: 17)

    spoken.start(sink)
    said = [fact for fact in sink.wait_for(3) if isinstance(fact, Observation)]
    spoken.stop()
    said_at_stop = len(sink.said)
    spoken.stop()

    assert {observation.device for observation in said} == {one.id for one in GATEWAY.devices}
    assert all(from_ms <= (observation.observed_ms or 0) <= clock.now_ms() for observation in said)
    assert {o.values.get("buffer_messages") for o in said if o.device == GATEWAY.devices[2].id} == {17}
    assert len(sink.said) == said_at_stop


def test_the_story_counts_from_the_configured_start(tmp_path: Path) -> None:
    """Several processes, or one that is started again, tell one story."""
    path = tmp_path / "simulation.json"
    write_config(CONFIG, path)
    clock = FakeClock(MONDAY_MS + 50 * SECOND_MS)
    world = build_world(read_config(path), now_ms=clock.now_ms())

    assert world.start_ms == MONDAY_MS
    assert world.state_at(clock.now_ms()).street_water(STORY_SITE).depth_m > 0.3


def test_a_wrong_key_or_type_is_named(tmp_path: Path) -> None:
    """What a person wrote wrongly is answered with file, key and remedy."""
    path = tmp_path / "simulation.json"
    path.write_text('{"ward": "songmay", "gateways": [], "sead": 7}', "utf-8")
    with pytest.raises(ConfigError, match=r"simulation\.json: .*sead"):
        read_config(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path / "missing.json")
    strange = SimulationConfig(ward="songmay", gateways=(SimulatedGateway(id="g", devices=(device("toaster"),)),))
    with pytest.raises(ConfigError, match=r"toaster.*not simulated"):
        build_world(strange, now_ms=MONDAY_MS)
