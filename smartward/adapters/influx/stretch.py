"""Stretches of time that are to be rolled up: hours and local days in which something was said or corrected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from smartward.adapters.influx.plan import NEVER_MS, Speaker
from smartward.adapters.sqlite.bucket import hour_of, whole_day
from smartward.instants import HOUR_MS

Span = Literal["1h", "1d"]
HOUR: Span = "1h"
DAY: Span = "1d"


class Stretch(NamedTuple):
    """An hour of UTC, or a whole local day, of one speaker, by where it begins."""

    speaker: Speaker
    span: Span
    at_ms: int


class Stretches:
    """What is dirty (its rollup is missing or old), and what of that is ready: its speaker has left it behind.

    `marked` are those of which the server knows since this process runs.
    """

    def __init__(self, timezone: str) -> None:
        self.timezone = timezone
        self.marked: set[Stretch] = set()
        self._dirty: dict[Speaker, set[Stretch]] = defaultdict(set)
        self._ready: dict[Span, dict[Stretch, None]] = {HOUR: {}, DAY: {}}

    def around(self, speaker: Speaker, at_ms: int) -> list[Stretch]:
        """Give the stretches that an instant lies in; where days do not begin on the hour there is only the hour."""
        hour = hour_of(at_ms)
        day = whole_day(hour, self.timezone)
        return [Stretch(speaker, HOUR, hour), *([Stretch(speaker, DAY, day[0])] if day else ())]

    def end_of(self, stretch: Stretch) -> int | None:
        """Say where a stretch ends; None for a day of another zone than ours."""
        if stretch.span == HOUR:
            return stretch.at_ms + HOUR_MS
        day = whole_day(hour_of(stretch.at_ms), self.timezone)
        return day[1] if day and day[0] == stretch.at_ms else None

    def touch(self, stretches: Iterable[Stretch]) -> None:
        """Take note of dirty stretches that the server has been told of."""
        for stretch in stretches:
            self.marked.add(stretch)
            self._dirty[stretch.speaker].add(stretch)

    def load(self, stretches: Iterable[Stretch]) -> None:
        """Take note of stretches that were dirty before this process began."""
        for stretch in stretches:
            self._dirty[stretch.speaker].add(stretch)

    def offer(self, speakers: Iterable[Speaker], *, newest_ms: Mapping[Speaker, int]) -> None:
        """Find what these speakers have left behind."""
        for speaker in speakers:
            for stretch in self._dirty.get(speaker, ()):
                end_ms = self.end_of(stretch)
                if end_ms is not None and newest_ms.get(speaker, NEVER_MS) >= end_ms:
                    self._ready[stretch.span][stretch] = None

    def ready(self, span: Span, *, limit: int) -> list[Stretch]:
        """List what can be rolled up now, at most `limit`."""
        return [stretch for stretch, _ in zip(self._ready[span], range(limit), strict=False)]

    def settle(self, stretches: Iterable[Stretch]) -> None:
        """Take note of stretches that are rolled up."""
        for stretch in stretches:
            self.marked.discard(stretch)
            self._dirty[stretch.speaker].discard(stretch)
            self._ready[stretch.span].pop(stretch, None)
