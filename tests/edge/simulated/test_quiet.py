"""A simulated ward in which nothing happens raises next to no alerts, at any hour and in any season."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from edge.simulated.config import SimulatedDevice, SimulationConfig
from edge.simulated.input import build_world
from edge.simulated.sensors import sense
from smartward.catalogue.load import load
from smartward.demo.plan import plan
from smartward.instants import HOUR_MS, parse_rfc3339
from smartward.observation import Value
from smartward.rule import Rule, SiteValue

CATALOGUE = load("demo")
BREACHES: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "eq": operator.eq,
}


@pytest.mark.parametrize("date", ["2026-01-14", "2026-07-08", "2026-11-23"])
@pytest.mark.parametrize("seed", [1, 7])
def test_without_a_story_hardly_a_device_is_past_its_threshold(seed: int, date: str) -> None:
    """An operator who sees ten alerts in a calm hour stops looking; holds and windows are not even counted here."""
    start_ms = parse_rfc3339(f"{date}T00:00:00+07:00")
    told = plan(seed).simulation(profile="demo", story="", started_ms=start_ms)
    config = msgspec.convert(told, SimulationConfig)
    world = build_world(config, now_ms=start_ms)

    for hour in range(1, 24, 3):
        at_ms = start_ms + hour * HOUR_MS
        breached = [
            f"{device.id} {rule.id}"
            for device in config.devices
            for rule in _breached(device, sense(world, device, now_ms=at_ms, since_ms=at_ms - 5000), hour=hour)
        ]
        assert len(breached) <= 4, breached


def _breached(device: SimulatedDevice, values: dict[str, Value], *, hour: int) -> list[Rule]:
    """List the rules on plain numbers whose threshold the values are past, hours and zones minded."""
    return [
        rule
        for rule in CATALOGUE.types[device.type].rules
        if rule.op in BREACHES
        and rule.quantity in values
        and (rule.agg is None or rule.agg.fn == "energy_mean")
        and _is_active(rule, hour)
        and all(device.params.get(name) == value for name, value in rule.when.items())
        and _is_past(rule, device, values[rule.quantity])
    ]


def _is_past(rule: Rule, device: SimulatedDevice, value: Value) -> bool:
    limit = device.params[rule.value.site] if isinstance(rule.value, SiteValue) else rule.value
    return bool(BREACHES[rule.op](value, limit))


def _is_active(rule: Rule, hour: int) -> bool:
    if not rule.active:
        return True
    start, end = (int(text[:2]) + int(text[3:]) / 60 for text in rule.active.split("-"))
    return start <= hour < end if start < end else hour >= start or hour < end
