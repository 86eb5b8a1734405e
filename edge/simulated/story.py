"""Stories: what happens to a simulated ward and when, as data counted in seconds from the start.

A story file holds `rain` (heavy cells over a named place), `low_streets` (places where water gathers) and `silent`
(gateways cut off for a while). What has `every_s` comes again and again; later comings vary a little with the seed.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import msgspec

from edge.simulated.chance import between, stream
from smartward.errors import ConfigError
from smartward.instants import SECOND_MS


class StoryRain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cell of heavy rain over a site: `mm_h` at its middle, full after `ramp_s`, gone `fade_s` after `to_s`."""

    site: str
    from_s: float
    to_s: float
    mm_h: float
    radius_m: float
    ramp_s: float
    fade_s: float
    every_s: float | None = None


class LowStreet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A street where water gathers: how much ground runs into how small a hollow, and what drains it."""

    site: str
    catchment_m2: float
    hollow_m2: float
    drain_m3_s: float
    spill_m: float
    spill_length_m: float
    gather_s: float


class Silence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gateway cut off from the broker from one second to another."""

    gateway: str
    from_s: float
    to_s: float
    every_s: float | None = None


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One story, with its name in both languages."""

    name: str
    vi: str
    en: str
    rain: tuple[StoryRain, ...] = ()
    low_streets: tuple[LowStreet, ...] = ()
    silent: tuple[Silence, ...] = ()

    def is_cut(self, gateway: str, *, after_s: float) -> bool:
        """Tell whether a gateway is cut off at some seconds after the start."""
        return any(_within(silence, after_s) for silence in self.silent if silence.gateway == gateway)


class Coming(msgspec.Struct, frozen=True):
    """One coming of a story's rain, in instants."""

    rain: StoryRain
    from_ms: int
    to_ms: int
    mm_h: float


def comings(story: Story, *, seed: int, start_ms: int, at_ms: int) -> list[Coming]:
    """List the story's rains that may be falling at an instant.

    The first coming is as written; later ones are up to 90 s late and between 0.8 and 1.1 times as strong.
    """
    found = []
    for order, rain in enumerate(story.rain):
        since_s = (at_ms - start_ms) / SECOND_MS - rain.from_s
        turn = int(since_s // rain.every_s) if rain.every_s and since_s > 0 else 0
        for number in {turn, max(turn - 1, 0)}:
            chance = stream(seed, "story", str(order))
            late_s = between(chance, 2 * number, 0, 90) if number else 0.0
            strength = between(chance, 2 * number + 1, 0.8, 1.1) if number else 1.0
            shift_s = number * (rain.every_s or 0) + late_s
            found.append(
                Coming(
                    rain=rain,
                    from_ms=start_ms + round((rain.from_s + shift_s) * SECOND_MS),
                    to_ms=start_ms + round((rain.to_s + shift_s) * SECOND_MS),
                    mm_h=rain.mm_h * strength,
                )
            )
    return found


def load_story(name: str) -> Story:
    """Read a shipped story by name, or one's own by a path that ends in .yaml. Raises ConfigError."""
    shipped = {
        entry.name.removesuffix(".yaml"): entry
        for entry in (files("edge.simulated") / "stories").iterdir()
        if entry.name.endswith(".yaml")
    }
    if name in shipped:
        return _parse(shipped[name].read_bytes(), file=f"stories/{name}.yaml")
    path = Path(name)
    if path.suffix != ".yaml" or not path.is_file():
        raise ConfigError(
            f"there is no story {name!r}",
            key="story",
            remedy=f"Use one of: {', '.join(sorted(shipped))}; or a path that ends in .yaml",
        )
    return _parse(path.read_bytes(), file=name)


def _parse(document: bytes, *, file: str) -> Story:
    try:
        return msgspec.yaml.decode(document, type=Story)
    except msgspec.DecodeError as error:
        raise ConfigError(str(error), file=file, remedy="Compare it with edge/simulated/stories/demo.yaml") from error


def _within(silence: Silence, after_s: float) -> bool:
    since_s = after_s - silence.from_s
    if silence.every_s and since_s >= 0:
        since_s %= silence.every_s
    return 0 <= since_s < silence.to_s - silence.from_s
