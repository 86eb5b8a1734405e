"""The small charts: gaps stay gaps, the threshold is always in sight, the last bin ends now."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.console.chart import BAR_FLOOR, BINS, BOTTOM, FLOOD, RIGHT, TOP, line_chart, rate_chart
from smartward.instants import HOUR_MS, MINUTE_MS
from smartward.ports import Point

NOW_MS = 1_800_000_000_000


def test_an_hour_of_silence_breaks_the_line_instead_of_bridging_it() -> None:
    """A straight line over twenty silent minutes would claim to know."""
    points = [Point(NOW_MS - minutes * MINUTE_MS, 0.1) for minutes in (50, 49, 48, 20, 19)]

    chart = line_chart(points, now_ms=NOW_MS, every_ms=MINUTE_MS, scale=1, threshold=None)

    assert chart is not None
    assert chart.line.count("M") == 2
    assert chart.area.count("Z") == 2


def test_a_slow_sensor_is_not_torn_apart() -> None:
    """A quantity that comes every ten minutes has no gaps after ten."""
    points = [Point(NOW_MS - minutes * MINUTE_MS, 0.1) for minutes in (50, 40, 30, 20, 10, 0)]

    chart = line_chart(points, now_ms=NOW_MS, every_ms=10 * MINUTE_MS, scale=1, threshold=None)

    assert chart is not None
    assert chart.line.count("M") == 1


def test_values_and_threshold_are_in_the_units_people_read() -> None:
    """Metres on the wire, centimetres on the wall."""
    chart = line_chart(
        [Point(NOW_MS - MINUTE_MS, 0.04), Point(NOW_MS, 0.52)], now_ms=NOW_MS, every_ms=1, scale=100.0, threshold=0.5
    )

    assert chart is not None
    assert (chart.low, chart.high, chart.last) == (4.0, 52.0, 52.0)
    assert chart.threshold_y is not None
    assert chart.last_y < chart.threshold_y < BOTTOM
    assert (chart.last_x, chart.to_ms - chart.from_ms) == (RIGHT, HOUR_MS)


def test_no_number_means_no_chart() -> None:
    """Text, emptiness and what is older than an hour are not drawn as zero."""
    old = Point(NOW_MS - HOUR_MS - 1, 0.4)

    assert line_chart([old, Point(NOW_MS, None)], now_ms=NOW_MS, every_ms=1, scale=1, threshold=0.5) is None
    assert line_chart([], now_ms=NOW_MS, every_ms=1, scale=1, threshold=None) is None


@given(
    values=st.lists(st.floats(-1_000, 1_000), min_size=1, max_size=60),
    threshold=st.none() | st.floats(-1_000, 1_000),
)
def test_whatever_is_measured_stays_inside_the_frame(values: list[float], threshold: float | None) -> None:
    """Negative temperatures, flat lines and far thresholds too."""
    points = [Point(NOW_MS - index * MINUTE_MS, value) for index, value in enumerate(values)][::-1]

    chart = line_chart(points, now_ms=NOW_MS, every_ms=MINUTE_MS, scale=1, threshold=threshold)

    assert chart is not None
    heights = [float(pair.split()[1]) for pair in chart.line[1:].replace("M", "L").split("L")]
    assert all(TOP - 0.1 <= y <= BOTTOM + 0.1 for y in [*heights, chart.last_y])
    assert chart.threshold_y is None or TOP - 0.1 <= chart.threshold_y <= BOTTOM + 0.1


def test_alerts_are_counted_in_bins_that_end_now() -> None:
    """Ten minutes ago is the bin before, six hours ago is no longer counted."""
    ages = [0, 9, 10, 359, 360, 400]

    rate = rate_chart([NOW_MS - minutes * MINUTE_MS for minutes in ages], now_ms=NOW_MS, since_ms=0)

    assert (rate.total, rate.last, len(rate.bars)) == (4, 2, 3)
    assert rate.mean == 4 / BINS
    assert [at_ms for _, at_ms in rate.marks] == [NOW_MS - hours * HOUR_MS for hours in (6, 4, 2, 0)]


def test_the_mean_is_over_the_time_observed_and_not_over_the_hours_before_it() -> None:
    """Six alerts in the first half hour of a ward are two in ten minutes, not a calm sixth of one."""
    started = [NOW_MS - 5 * minutes * MINUTE_MS for minutes in range(6)]

    young = rate_chart(started, now_ms=NOW_MS, since_ms=NOW_MS - 30 * MINUTE_MS)
    newborn = rate_chart(started[:1], now_ms=NOW_MS, since_ms=NOW_MS)
    old = rate_chart(started, now_ms=NOW_MS, since_ms=NOW_MS - 24 * HOUR_MS)

    assert (young.mean, young.is_short) == (2.0, True)
    assert (newborn.mean, newborn.is_short) == (1.0, True)
    assert (old.mean, old.is_short) == (6 / BINS, False)


def test_a_flood_of_alerts_keeps_its_line_in_sight() -> None:
    """Forty alerts in ten minutes shrink the scale instead of leaving the frame."""
    rate = rate_chart([NOW_MS] * 40, now_ms=NOW_MS, since_ms=0)

    assert rate.bars[0].y >= 0
    assert rate.bars[0].is_busy
    assert 0 < rate.flood_y < rate.target_y < BAR_FLOOR
    assert FLOOD == 10
