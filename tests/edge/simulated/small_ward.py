"""A small ward of simulated devices, and how the tests listen to one of them."""

from __future__ import annotations

from collections.abc import Iterable

from edge.simulated.config import SimulatedDevice
from edge.simulated.sensors import sense
from edge.simulated.world import World
from smartward.instants import HOUR_MS, SECOND_MS, parse_rfc3339
from smartward.observation import Value

SEEDS = range(20)
MONDAY_MS = parse_rfc3339("2026-11-23T00:00:00+07:00")
SUNDAY_MS = parse_rfc3339("2026-11-22T00:00:00+07:00")
PHUC_YEN = (21.24, 105.70)
STORY_SITE = "songmay-hem-48-ben-do"
SILENT_GATEWAY = "songmay-gw-04"


def device(type: str, number: int = 1, *, site: str = "", **params: Value) -> SimulatedDevice:  # noqa: A002  a device's type
    """Give one device of a type near the middle of the ward."""
    lat, lon = PHUC_YEN[0] + 0.001 * (number % 5), PHUC_YEN[1] + 0.001 * (number % 7)
    return SimulatedDevice(
        id=f"songmay-{type.replace('_', '-')}-{number:03d}",
        type=type,
        site=site or f"songmay-site-{type.replace('_', '-')}-{number:03d}",
        lat=lat,
        lon=lon,
        params=params,
    )


def listen(
    world: World, spoken: SimulatedDevice, *, from_ms: int, to_ms: int, every_s: float
) -> list[tuple[int, dict[str, Value]]]:
    """Give what a device says at a steady interval, with the instants."""
    step_ms = round(every_s * SECOND_MS)
    instants = range(from_ms, to_ms + 1, step_ms)
    return [(at_ms, sense(world, spoken, now_ms=at_ms, since_ms=at_ms - step_ms)) for at_ms in instants]


def number(values: dict[str, Value], quantity: str) -> float:
    """Read a number that the device must have said."""
    value = values[quantity]
    assert isinstance(value, int | float), f"{quantity} is {value!r}, not a number"
    assert not isinstance(value, bool), f"{quantity} is {value!r}, not a number"
    return value


def whole(values: dict[str, Value], quantity: str) -> int:
    """Read a whole number that the device must have said."""
    value = values[quantity]
    assert type(value) is int, f"{quantity} is {value!r}, not a whole number"
    return value


def hour(hours: float, *, day_ms: int = MONDAY_MS) -> int:
    """Give an hour of a local day as an instant."""
    return day_ms + round(hours * HOUR_MS)


def mean(numbers: Iterable[float]) -> float:
    """Give the mean of numbers, at least one."""
    listed = list(numbers)
    return sum(listed) / len(listed)
