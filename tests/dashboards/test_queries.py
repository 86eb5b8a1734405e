"""What the panels' queries answer on a real InfluxDB, with the values that a ward's devices said."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.build import render
from tests.dashboards.influxd import InfluxDB, running

MINUTE_S = 60
WARD = "phuc-yen"
SPOKEN = [  # measurement, ward, device, seconds ago, quantity, value
    ("flood_road", WARD, "fl-cho", 600, "depth", 0.02),
    ("flood_road", WARD, "fl-cho", 20, "depth", 0.41),
    ("flood_road", WARD, "fl-ham", 30, "depth", 0.12),
    ("flood_road", WARD, "fl-im", 2 * 3600, "depth", 1.9),
    ("flood_road", "other", "fl-xa", 10, "depth", 2.5),
    ("river_level", WARD, "rv-1", 300, "water_level", 6.31),
    ("weather", WARD, "we-1", 1800, "rain", 12.0),
    ("weather", WARD, "we-1", 600, "rain", 20.5),
    ("weather", WARD, "we-1", 5 * 3600, "rain", 40.0),
    ("weather", WARD, "we-2", 600, "rain", 3.0),
]


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    """Run a server that holds what the devices said."""
    with running(tmp_path_factory.mktemp("influx")) as server:
        now_ns = time.time_ns()
        server.write(
            "\n".join(
                f"{kind},ward={ward},device={device} {quantity}={value} {now_ns - ago_s * 1_000_000_000}"
                for kind, ward, device, ago_s, quantity, value in SPOKEN
            )
        )
        yield server


def asked(panel_id: int, *, ward: str = WARD) -> str:
    """Give a panel's query as Grafana sends it."""
    board: dict[str, Any] = json.loads(render()["street-water.json"])
    panel = next(panel for panel in board["panels"] if panel["id"] == panel_id)
    query: str = panel["targets"][0]["query"]
    return (
        query.replace("${ward:regex}", ward).replace("$timeFilter", "time > now() - 6h").replace("$__interval", "10m")
    )


def number(series: list[dict[str, Any]]) -> float:
    """Give the one number that a tile shows."""
    assert len(series) == 1
    assert len(series[0]["values"]) == 1
    value: float = series[0]["values"][0][1]
    return value


def test_the_deepest_street_is_the_deepest_that_still_speaks(influx: InfluxDB) -> None:
    """A gauge that fell silent at 1.9 m two hours ago is not now, and another ward's water is not ours."""
    assert number(influx.query(asked(2))) == 0.41


def test_the_rivers_stage_is_its_last_word(influx: InfluxDB) -> None:
    """Five minutes old is now for a gauge that speaks every ten."""
    assert number(influx.query(asked(3))) == 6.31


def test_rain_is_told_by_the_wettest_gauge(influx: InfluxDB) -> None:
    """Two gauges under one cloud are not added up."""
    assert number(influx.query(asked(4))) == 32.5
    assert number(influx.query(asked(5))) == 72.5


def test_only_gauges_that_speak_are_counted(influx: InfluxDB) -> None:
    """The third one is silent."""
    assert number(influx.query(asked(6))) == 2


def test_each_place_has_its_line(influx: InfluxDB) -> None:
    """The chart names lines by device; gaps are null."""
    lines = {series["tags"]["device"]: series["values"] for series in influx.query(asked(8))}

    assert set(lines) == {"fl-cho", "fl-ham", "fl-im"}
    assert [value for _, value in lines["fl-cho"] if value is not None] == [0.02, 0.41]
    assert None in [value for _, value in lines["fl-cho"]]


def test_places_are_ranked_by_their_depth_now(influx: InfluxDB) -> None:
    """The silent one is left to the table of last words."""
    bars = {series["tags"]["device"]: series["values"][0][1] for series in influx.query(asked(9))}

    assert bars == {"fl-cho": 0.41, "fl-ham": 0.12}


def test_the_table_keeps_the_silent(influx: InfluxDB) -> None:
    """With its last word and its age."""
    rows = {series["tags"]["device"]: series["values"][0] for series in influx.query(asked(13))}

    assert set(rows) == {"fl-cho", "fl-ham", "fl-im"}
    assert rows["fl-im"][1] == 1.9


def test_a_ward_without_devices_answers_nothing(influx: InfluxDB) -> None:
    """Which the panels show as no data, not as zero."""
    for panel_id in (2, 3, 4, 5, 6, 8, 9, 10, 11, 13):
        assert influx.query(asked(panel_id, ward="nobody")) == []


def test_the_list_of_wards_is_what_spoke(influx: InfluxDB) -> None:
    """The viewer chooses among wards that exist."""
    board = json.loads(render()["street-water.json"])
    ward = next(variable for variable in board["templating"]["list"] if variable["name"] == "ward")

    assert [value for _, value in influx.query(ward["query"])[0]["values"]] == ["other", WARD]
