"""Tests of latest, observations and events: what devices said, as people and programs read it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.observations import parse_every
from smartward.device import Presence, PresenceState
from smartward.event import Event
from smartward.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, parse_rfc3339, to_rfc3339
from smartward.ports import Batch, Projection, StoredEvent
from tests.api.house import NOW_MS, WARD, House


def pages(client: TestClient, path: str) -> Iterator[dict[str, Any]]:
    """Read a list to its end, page by page."""
    cursor = ""
    while True:
        page = client.get(f"/api/v1{path}{'&' if '?' in path else '?'}cursor={cursor}").json()
        yield page
        cursor = page["next_cursor"]
        if cursor is None:
            return


def test_latest_shows_every_device_with_age_and_presence(house: House) -> None:
    """A device that never spoke is there too, as unknown: nothing heard never looks well."""
    house.say({"depth": 0.1}, at_ms=NOW_MS - MINUTE_MS, received_ms=NOW_MS - MINUTE_MS + 40)
    house.say({"depth": 0.2}, at_ms=NOW_MS - 1_500, received_ms=NOW_MS - 1_400)
    presence = Presence("fld-1", WARD, PresenceState.ONLINE, NOW_MS - HOUR_MS, "heard", NOW_MS)
    house.services.projections.project(Projection(presences=(presence,)))

    items = house.client("operator").get("/api/v1/latest").json()["items"]

    assert [(item["id"], item["presence"]) for item in items] == [
        ("fld-1", "online"),
        ("gw-1", "unknown"),
        ("nse-1", "unknown"),
    ]
    assert items[0] == {
        "ward": WARD,
        "id": "fld-1",
        "type": "flood_road",
        "presence": "online",
        "values": {
            "depth": {
                "value": 0.2,
                "observed_at": to_rfc3339(NOW_MS - 1_500),
                "received_at": to_rfc3339(NOW_MS - 1_400),
                "age_s": 1.5,
            }
        },
    }
    assert items[1]["values"] == {}


def test_latest_of_one_device_and_of_one_type(house: House) -> None:
    """The two ways to ask for less."""
    house.say({"depth": 0.2})
    client = house.client("admin")

    assert client.get("/api/v1/devices/fld-1/latest").json()["values"]["depth"]["value"] == 0.2
    assert [item["id"] for item in client.get("/api/v1/latest?type=flood_road").json()["items"]] == ["fld-1", "hb-fld"]
    assert [item["id"] for item in client.get("/api/v1/latest?ward=hoa-binh").json()["items"]] == ["hb-fld", "hb-gw"]
    assert client.get("/api/v1/devices/fld-9/latest").json()["reason"] == "not_found"


def test_raw_observations_come_in_order_and_in_pages(house: House) -> None:
    """A cursor goes on exactly where the page ended: nothing twice, nothing missed."""
    for n in range(7):
        house.say({"depth": n / 100}, at_ms=NOW_MS - n * SECOND_MS)
    path = "/devices/fld-1/observations?quantity=depth&limit=3"

    read = list(pages(house.client("viewer"), path))

    assert [len(page["items"]) for page in read] == [3, 3, 1]
    assert [item["value"] for page in read for item in page["items"]] == [n / 100 for n in reversed(range(7))]
    assert {key: read[0][key] for key in ("quantity", "unit", "every", "fn")} == {
        "quantity": "depth",
        "unit": "m",
        "every": None,
        "fn": None,
    }


def test_daily_buckets_begin_at_the_wards_midnight(house: House) -> None:
    """A day of Vietnam, not of Greenwich."""
    evening = parse_rfc3339("2026-11-21T23:30:00+07:00")
    for at_ms, depth in ((evening, 0.1), (evening + HOUR_MS, 0.3), (evening + 2 * HOUR_MS, 0.5)):
        house.say({"depth": depth}, at_ms=at_ms)

    body = (
        house.client("viewer")
        .get(
            "/api/v1/devices/fld-1/observations",
            params={"quantity": "depth", "from": "2026-11-20T00:00:00+07:00", "every": "1d", "fn": "max"},
        )
        .json()
    )

    assert body["items"] == [
        {"at": "2026-11-20T17:00:00.000Z", "value": 0.1},
        {"at": "2026-11-21T17:00:00.000Z", "value": 0.5},
    ]
    assert (body["every"], body["fn"]) == ("1d", "max")


def test_buckets_come_in_pages_too(house: House) -> None:
    """The page boundary falls between buckets, never through one."""
    for n in range(50):
        house.say({"depth": n / 100}, at_ms=NOW_MS - n * 20 * SECOND_MS)
    client = house.client("viewer")
    path = "/devices/fld-1/observations?quantity=depth&every=1m&fn=count"

    whole = next(pages(client, path))["items"]
    cut = [item for page in pages(client, path + "&limit=4") for item in page["items"]]

    assert cut == whole
    assert sum(item["value"] for item in whole) == 50


def test_observations_can_be_taken_into_a_spreadsheet(house: House) -> None:
    """CSV with a header, and where more follows the answer says from where."""
    for n in range(3):
        house.say({"depth": n / 10}, at_ms=NOW_MS - n * SECOND_MS)
    client = house.client("viewer")
    path = "/api/v1/devices/fld-1/observations?quantity=depth&format=csv&limit=2"

    answer = client.get(path)
    rest = client.get(f"{path}&cursor={answer.headers['x-next-cursor']}")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["at", "depth"],
        [to_rfc3339(NOW_MS - 2_000), "0.2"],
        [to_rfc3339(NOW_MS - 1_000), "0.1"],
    ]
    assert list(csv.reader(io.StringIO(rest.text)))[1:] == [[to_rfc3339(NOW_MS), "0.0"]]
    assert "x-next-cursor" not in rest.headers


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("quantity=height", "unknown_quantity"),
        ("quantity=depth&every=1x", "invalid"),
        ("quantity=depth&every=36h", "invalid"),
        ("quantity=depth&every=1h&fn=energy_mean", "bad_type"),
        ("quantity=status&every=1h", "bad_type"),
        ("quantity=depth&from=yesterday", "bad_time"),
        ("quantity=depth&from=2026-11-23T07:00:00", "bad_time"),
        ("quantity=depth&from=99999999999999999", "bad_time"),
        ("quantity=depth&from=2000&to=1000", "invalid"),
        ("quantity=depth&cursor=%25", "bad_cursor"),
        ("quantity=depth&cursor=eA", "bad_cursor"),
        ("quantity=depth&limit=5001", "invalid"),
        ("quantity=depth&fn=median&every=1h", "invalid"),
        ("", "invalid"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_its_reason(house: House, query: str, reason: str) -> None:
    """Never an empty list for a misspelt name."""
    answer = house.client("viewer").get(f"/api/v1/devices/fld-1/observations?{query}")

    assert answer.status_code == 422
    assert answer.json()["reason"] == reason


def test_from_and_to_are_instants_in_any_writing(house: House) -> None:
    """RFC 3339 with any offset or milliseconds, also with a plus sign that was not escaped."""
    house.say({"depth": 0.1}, at_ms=NOW_MS)
    client = house.client("viewer")
    starts = (str(NOW_MS), to_rfc3339(NOW_MS), "2026-11-23T14:32:08.120+07:00", "2026-11-23T14:32:08.120%2B07:00")

    counts = {
        len(client.get(f"/api/v1/devices/fld-1/observations?quantity=depth&from={start}").json()["items"])
        for start in starts
    }

    assert counts == {1}


@given(st.integers(min_value=1, max_value=999_999), st.sampled_from("smhd"))
def test_a_bucket_length_is_read_as_it_is_written(number: int, unit: str) -> None:
    """`90s` is ninety seconds."""
    lengths = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}

    assert parse_every(f"{number}{unit}") == number * lengths[unit]


def test_events_come_newest_first_and_in_pages_that_lose_none_of_one_instant(house: House) -> None:
    """Two lines crossed in one millisecond are two events, wherever the page ends."""
    events = tuple(
        StoredEvent(WARD, "traffic_flow", NOW_MS, Event("nse-1", f"e{n}", "line_crossed", NOW_MS - (n // 3) * 1_000))
        for n in range(8)
    )
    house.services.store.write(Batch(1, events=events))
    client = house.client("operator")

    read = list(pages(client, "/events?limit=2"))

    assert [item["event_id"] for page in read for item in page["items"]] == [f"e{n}" for n in range(8)]
    first = read[0]["items"][0]
    assert (first["type"], first["device"], first["at"]) == ("line_crossed", "nse-1", to_rfc3339(NOW_MS))
    assert first["phase"] == "new"
    assert client.get("/api/v1/events?device=fld-1").json()["items"] == []
