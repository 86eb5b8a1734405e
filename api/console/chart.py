"""The geometry of the two small charts: one quantity over an hour, and alerts per ten minutes over six hours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from smartward.instants import HOUR_MS, MINUTE_MS, SECOND_MS
from smartward.ports import Point

WIDTH, HEIGHT, BOTTOM, TOP, RIGHT = 424.0, 122.0, 108.0, 8.0, 410.0
"""The line chart's drawing: its size, the y of its floor and ceiling, the x of now."""
SPAN_MS = HOUR_MS
BUCKET_MS = 15 * SECOND_MS
"""How finely the hour is drawn: 240 points are one for every two pixels."""
GAP_INTERVALS = 3
"""A line is broken where more than this many expected values are missing: silence is not drawn as a value."""

BIN_MS = 10 * MINUTE_MS
BINS = 36
FLOOD = 10
"""Ten alerts in ten minutes is an alarm flood (ISA-18.2)."""
BUSY = 5
BAR_WIDTH, BAR_HEIGHT, BAR_FLOOR = 412.0, 92.0, 96.0


class LineChart(msgspec.Struct, frozen=True):
    """One quantity over the last hour: the line with its gaps, the area under it, threshold and newest point."""

    line: str
    area: str
    last_x: float
    last_y: float
    threshold_y: float | None
    low: float
    high: float
    last: float
    from_ms: int
    to_ms: int
    width: float = WIDTH
    height: float = HEIGHT
    right: float = RIGHT

    @property
    def has_gap(self) -> bool:
        """Tell whether there was a time without data."""
        return self.line.count("M") > 1


class Bar(msgspec.Struct, frozen=True):
    """One ten-minute bin."""

    x: float
    y: float
    height: float
    is_busy: bool


class RateChart(msgspec.Struct, frozen=True):
    """Alerts per ten minutes over six hours; `observed_ms` is how much of that there was anything to hear."""

    bars: tuple[Bar, ...]
    total: int
    last: int
    observed_ms: int
    target_y: float
    flood_y: float
    marks: tuple[tuple[float, int], ...]

    @property
    def mean(self) -> float:
        """Give the mean number in ten minutes of the time observed."""
        return self.total * BIN_MS / self.observed_ms

    @property
    def is_short(self) -> bool:
        """Tell whether less than the whole window was observed."""
        return self.observed_ms < BINS * BIN_MS


def line_chart(
    points: Sequence[Point], *, now_ms: int, every_ms: int, scale: float, threshold: float | None
) -> LineChart | None:
    """Lay out the last hour of a series; None when it has no number in it.

    `every_ms` is how often the quantity is expected: a wait of more than three times that breaks the line.
    `scale` turns wire units into what people read; `threshold` is in wire units.
    """
    from_ms = now_ms - SPAN_MS
    numbers = [(p.at_ms, float(p.value) * scale) for p in points if isinstance(p.value, int | float)]
    numbers = [(at_ms, value) for at_ms, value in numbers if from_ms <= at_ms <= now_ms]
    if not numbers:
        return None
    limit = None if threshold is None else threshold * scale
    values = [value for _, value in numbers]
    floor = min([*values, *([] if limit is None else [limit])])
    ceiling = max([*values, *([] if limit is None else [limit])])
    if floor > 0 and floor < 0.6 * ceiling:
        floor = 0.0
    room = (ceiling - floor) or abs(ceiling) or 1.0
    ceiling += 0.12 * room
    if floor != 0:
        floor -= 0.12 * room

    def y_of(value: float) -> float:
        return round(BOTTOM - (value - floor) / (ceiling - floor) * (BOTTOM - TOP), 1)

    def x_of(at_ms: int) -> float:
        return round((at_ms - from_ms) / SPAN_MS * RIGHT, 1)

    gap_ms = GAP_INTERVALS * max(every_ms, BUCKET_MS)
    runs = _runs(numbers, gap_ms=gap_ms)
    drawn = [[(x_of(at_ms), y_of(value)) for at_ms, value in run] for run in runs]
    return LineChart(
        line="".join("M" + "L".join(f"{x:g} {y:g}" for x, y in run) for run in drawn),
        area="".join(
            f"M{run[0][0]:g} {BOTTOM:g}L" + "L".join(f"{x:g} {y:g}" for x, y in run) + f"L{run[-1][0]:g} {BOTTOM:g}Z"
            for run in drawn
        ),
        last_x=drawn[-1][-1][0],
        last_y=drawn[-1][-1][1],
        threshold_y=None if limit is None else y_of(limit),
        low=min(values),
        high=max(values),
        last=values[-1],
        from_ms=from_ms,
        to_ms=now_ms,
    )


def _runs(numbers: Sequence[tuple[int, float]], *, gap_ms: int) -> list[list[tuple[int, float]]]:
    """Split a series where nothing was heard for longer than the gap."""
    runs: list[list[tuple[int, float]]] = [[numbers[0]]]
    for before, here in pairwise(numbers):
        if here[0] - before[0] > gap_ms:
            runs.append([])
        runs[-1].append(here)
    return runs


def rate_chart(started: Sequence[int], *, now_ms: int, since_ms: int) -> RateChart:
    """Count alerts by their start in ten-minute bins; the last bin ends now.

    `since_ms` is when this ward was first heard of: what was before it is not counted as quiet.
    """
    counts = [0] * BINS
    for at_ms in started:
        age = (now_ms - at_ms) // BIN_MS
        if 0 <= age < BINS:
            counts[BINS - 1 - age] += 1
    full = max(FLOOD, *counts)
    unit = BAR_HEIGHT / full
    step = BAR_WIDTH / BINS
    bars = tuple(
        Bar(
            x=round(index * step + 1.2, 1),
            y=round(BAR_FLOOR - count * unit, 1),
            height=round(count * unit, 1),
            is_busy=count >= BUSY,
        )
        for index, count in enumerate(counts)
        if count
    )
    return RateChart(
        bars=bars,
        total=sum(counts),
        last=counts[-1],
        observed_ms=min(max(now_ms - since_ms, BIN_MS), BINS * BIN_MS),
        target_y=round(BAR_FLOOR - unit, 1),
        flood_y=round(BAR_FLOOR - FLOOD * unit, 1),
        marks=tuple((round(BAR_WIDTH * part / 3, 1), now_ms - (3 - part) * BINS * BIN_MS // 3) for part in range(4)),
    )
