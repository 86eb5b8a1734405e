"""Tests of wards, sites and devices: what is registered, and how a person changes it without losing another's edit."""

from __future__ import annotations

from typing import Any

import pytest

from smartward.device import Presence, PresenceState
from smartward.instants import to_rfc3339
from smartward.ports import Projection
from tests.api.house import NOW_MS, OTHER, WARD, House

NEW = {"ward": WARD, "gateway": "gw-1", "type": "noise", "name": "Đo ồn 2", "lat": 21.24, "lon": 105.7}


def test_wards_and_sites_are_listed_by_id(house: House) -> None:
    """Names for people, ids for programs."""
    client = house.client("admin")

    assert [ward["id"] for ward in client.get("/api/v1/wards").json()["items"]] == [OTHER, WARD]
    assert client.get("/api/v1/wards").json()["items"][1] == {
        "id": WARD,
        "name": "Phường Sông Mây",
        "timezone": "Asia/Ho_Chi_Minh",
        "role": "admin",
    }
    assert client.get("/api/v1/sites").json()["items"][0]["neighbourhood"] == "Khu phố 3"


def test_a_device_tells_where_it_stands_and_how_it_is(house: House) -> None:
    """What a technician asks first."""
    presence = Presence("fld-1", WARD, PresenceState.STALE, NOW_MS - 9_000, "silent", NOW_MS - 90_000, -300_000)
    house.services.projections.project(Projection(presences=(presence,)))

    answer = house.client("viewer").get("/api/v1/devices/fld-1")

    body = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert set(body) >= {"id", "ward", "gateway", "type", "name", "site", "lat", "lon", "params", "owner", "funding"}
    assert (body["place"], body["presence"], body["presence_reason"]) == ("Hẻm 48 Bến Đò", "stale", "silent")
    assert body["heard_at"] == to_rfc3339(NOW_MS - 90_000)
    assert body["clock_skew_s"] == -300
    assert [quantity["unit"] for quantity in body["quantities"] if quantity["name"] == "depth"] == ["m"]


def test_devices_are_listed_in_pages(house: House) -> None:
    """The cursor goes on after the last id."""
    client = house.client("admin")

    first = client.get("/api/v1/devices?limit=2").json()
    second = client.get(f"/api/v1/devices?limit=9&cursor={first['next_cursor']}").json()

    assert [item["id"] for item in first["items"] + second["items"]] == ["fld-1", "gw-1", "hb-fld", "hb-gw", "nse-1"]
    assert second["next_cursor"] is None
    assert [item["id"] for item in client.get("/api/v1/devices?type=noise").json()["items"]] == ["nse-1"]


def test_an_edit_is_based_on_what_its_author_read(house: House) -> None:
    """The second of two edits made at once is refused, not silently the last to win."""
    client = house.client("chief")
    etag = client.get("/api/v1/devices/nse-1").headers["etag"]
    body = NEW | {"name": "Đo ồn chợ"}

    unbased = client.put("/api/v1/devices/nse-1", json=body)
    first = client.put("/api/v1/devices/nse-1", json=body, headers={"If-Match": etag})
    second = client.put("/api/v1/devices/nse-1", json=body, headers={"If-Match": etag})

    assert (unbased.status_code, unbased.json()["reason"]) == (428, "precondition_required")
    assert (first.status_code, first.headers["etag"], first.json()["name"]) == (200, '"2"', "Đo ồn chợ")
    assert (second.status_code, second.json()["reason"]) == (412, "precondition_failed")
    assert house.services.audit.entries(ward=WARD)[0].action == "device.put"


def test_a_new_device_is_registered_where_none_was(house: House) -> None:
    """`If-Match: "0"` says: only if there is none."""
    client = house.client("chief")

    made = client.put("/api/v1/devices/nse-2", json=NEW, headers={"If-Match": '"0"'})
    taken = client.put("/api/v1/devices/nse-1", json=NEW, headers={"If-Match": '"0"'})

    assert (made.status_code, made.json()["version"]) == (200, 1)
    assert taken.status_code == 412
    assert client.get("/api/v1/devices/nse-2").json()["gateway"] == "gw-1"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"type": "toaster"}, "type"),
        ({"site": "nowhere"}, "site"),
        ({"lat": 91}, "lat"),
        ({"id": "other-id"}, "id"),
        ({"params": {"alertLevel": 10**30}}, "params"),
        ({"gateway": "nse-1"}, "gateway"),
    ],
)
def test_a_wrong_device_is_refused_by_its_field(house: House, changes: dict[str, Any], word: str) -> None:
    """The answer says which field, its value and what to write."""
    answer = house.client("chief").put("/api/v1/devices/nse-2", json=NEW | changes, headers={"If-Match": '"0"'})

    assert answer.status_code == 422
    assert word in answer.json()["detail"]


def test_a_device_is_changed_by_a_chief_of_its_ward_only(house: House) -> None:
    """An operator acknowledges; thresholds and places are for a chief; another ward's id stays taken."""
    by_operator = house.client("operator").put("/api/v1/devices/nse-1", json=NEW, headers={"If-Match": '"1"'})
    elsewhere = house.client("chief").put(
        "/api/v1/devices/hb-fld", json=NEW | {"ward": OTHER}, headers={"If-Match": '"1"'}
    )
    moved = house.client("admin").put("/api/v1/devices/hb-fld", json=NEW, headers={"If-Match": '"1"'})
    no_gateway = house.client("chief").put(
        "/api/v1/devices/nse-2", json=NEW | {"gateway": "gw-9"}, headers={"If-Match": '"0"'}
    )

    assert (by_operator.status_code, elsewhere.status_code, moved.status_code) == (403, 404, 422)
    assert no_gateway.status_code == 404
    assert "gw-9" in no_gateway.json()["detail"]
