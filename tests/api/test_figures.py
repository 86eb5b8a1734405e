"""Tests of the ledger, dead letters, notifications, audit, health and metrics: what the house says of itself."""

from __future__ import annotations

import base64

from smartward.ledger import UNATTRIBUTED, Account, Ledger, total_of
from smartward.notification import DeliveryState, Notification
from smartward.ports import DeadLetterGroup, Projection
from tests.api.house import NOW_MS, OTHER, WARD, House

ACCOUNTS = {
    "fld-1": Account(received=10, stored=7, duplicates=1, dead_lettered=1, waiting=1, corrected=2),
    "hb-fld": Account(received=5, stored=5, thinned=3),
    UNATTRIBUTED: Account(received=2, dead_lettered=2),
}


def keep_ledger(house: House, *, as_of_ms: int = NOW_MS) -> None:
    """Let ingest write its ledger."""
    house.services.projections.project(Projection(ledger=Ledger(as_of_ms, total_of(ACCOUNTS), ACCOUNTS)))


def keep_letter(house: House, id_: str, *, ward: str = WARD, last_ms: int = NOW_MS, body: bytes = b"{}") -> None:
    """Let ingest write a group of dead letters."""
    group = DeadLetterGroup(
        id_, ward, "fld-1", "out_of_range", "depth", "depth 99 m", "ward/x", 3, NOW_MS - 9, last_ms, body
    )
    house.services.projections.project(Projection(dead_letters=(group,)))


def test_the_ledger_is_shown_as_ingest_counted_it(house: House) -> None:
    """Who sees every ward sees every figure, also of what nobody can be blamed for."""
    keep_ledger(house)

    body = house.client("admin").get("/api/v1/ledger").json()

    assert set(body) == {"as_of", "total", "devices"}
    assert set(body["devices"]) == set(ACCOUNTS)
    assert body["total"] == {
        "received": 17,
        "stored": 12,
        "duplicates": 1,
        "dead_lettered": 3,
        "waiting": 1,
        "corrected": 2,
        "thinned": 3,
    }


def test_the_ledger_of_one_ward_balances_alone(house: House) -> None:
    """A ward's total is that of its own devices."""
    keep_ledger(house)

    body = house.client("viewer").get("/api/v1/ledger").json()

    assert set(body["devices"]) == {"fld-1"}
    total = body["total"]
    assert total["received"] == total["stored"] + total["duplicates"] + total["dead_lettered"] + total["waiting"] == 10


def test_before_the_first_ledger_nothing_is_made_up(house: House) -> None:
    """Zeros would look like a quiet day."""
    answer = house.client("admin").get("/api/v1/ledger")

    assert (answer.status_code, answer.json()["reason"]) == (503, "unavailable")


def test_dead_letters_show_reason_count_and_an_example(house: House) -> None:
    """A vendor sees what was wrong and how often; bytes that are no text stay bytes."""
    keep_letter(house, "d1", last_ms=NOW_MS - 5)
    keep_letter(house, "d2", body=b"\xff{")
    keep_letter(house, "d3", ward=OTHER)
    client = house.client("viewer")

    items = client.get("/api/v1/dead-letters").json()["items"]
    page = client.get("/api/v1/dead-letters?limit=1").json()

    assert [item["id"] for item in items] == ["d2", "d1"]
    assert (items[0]["body"], base64.b64decode(items[0]["body_base64"])) == (None, b"\xff{")
    assert (items[1]["body"], items[1]["count"], items[1]["reason"]) == ("{}", 3, "out_of_range")
    assert [
        item["id"] for item in client.get(f"/api/v1/dead-letters?cursor={page['next_cursor']}").json()["items"]
    ] == ["d1"]
    assert client.get("/api/v1/dead-letters?reason=bad_json").json()["items"] == []


def test_what_names_no_ward_is_shown_to_who_sees_every_ward(house: House) -> None:
    """A broken topic belongs to nobody, and still somebody has to see it."""
    keep_letter(house, "d1", ward="")

    assert [item["id"] for item in house.client("admin").get("/api/v1/dead-letters").json()["items"]] == ["d1"]
    assert house.client("viewer").get("/api/v1/dead-letters").json()["items"] == []


def test_a_replay_is_asked_of_ingest_and_recorded(house: House) -> None:
    """Who asked is known; ingest finds the request where it looks."""
    keep_letter(house, "d1")

    answer = house.client("operator").post("/api/v1/dead-letters/d1/replay")

    assert (answer.status_code, answer.json()) == (202, {"id": "d1", "request": 1})
    (asked,) = house.services.requests.requests_since(0)
    assert (asked.kind, asked.target, asked.ward, asked.person) == ("replay", "d1", WARD, "operator")
    (entry, *_) = house.services.audit.entries(ward=WARD)
    assert (entry.action, entry.target, entry.person) == ("dead_letter.replay", "d1", "operator")


def test_a_replay_is_for_operators_of_the_ward(house: House) -> None:
    """Looking is not asking, and another ward's refusals are not there."""
    keep_letter(house, "d1")
    keep_letter(house, "d2", ward=OTHER)
    keep_letter(house, "d3", ward="")

    assert house.client("viewer").post("/api/v1/dead-letters/d1/replay").status_code == 403
    assert [
        house.client("operator").post(f"/api/v1/dead-letters/{id_}/replay").status_code for id_ in ("d2", "d3")
    ] == [
        404,
        404,
    ]
    assert house.client("admin").post("/api/v1/dead-letters/d3/replay").status_code == 202
    assert house.services.requests.requests_since(0, limit=9)[0].target == "d3"


def test_notifications_tell_who_was_told_and_how_far_it_came(house: House) -> None:
    """Nobody has to guess whether the phone rang."""
    alert = house.breach()
    told = Notification(
        "k1",
        alert,
        WARD,
        "police_duty",
        "file",
        "critical",
        "Ngập",
        NOW_MS,
        DeliveryState.FAILED,
        3,
        answer="disk full",
    )
    house.services.projections.project(Projection(notifications=(told,)))

    items = house.client("viewer").get(f"/api/v1/notifications?alert={alert}").json()["items"]

    assert [(item["recipient"], item["state"], item["attempts"], item["answer"]) for item in items] == [
        ("police_duty", "failed", 3, "disk full")
    ]


def test_the_audit_is_for_chiefs(house: House) -> None:
    """Who did what, when, from where; an operator has no business in it."""
    alert = house.breach()
    house.client("operator").post(f"/api/v1/alerts/{alert}/acknowledge")

    newest = house.client("chief").get("/api/v1/audit?limit=2").json()["items"]

    assert [(entry["action"], entry["person"]) for entry in newest] == [
        ("session.open", "chief"),
        ("alert.acknowledge", "operator"),
    ]
    assert house.client("operator").get("/api/v1/audit").status_code == 403


def test_readiness_says_what_is_missing_in_plain_words(house: House) -> None:
    """A supervisor reads 503, a person reads why."""
    client = house.anonymous()

    never = client.get("/readyz")
    keep_ledger(house)
    ready = client.get("/readyz")
    house.clock.advance(seconds=10.001)
    silent = client.get("/readyz")

    assert client.get("/healthz").json() == {"status": "ok"}
    assert (never.status_code, set(never.json()["missing"])) == (503, {"ingest"})
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "missing": {}})
    assert silent.status_code == 503
    assert "silent since 2026-11-23T07:32:08.120Z" in silent.json()["missing"]["ingest"]


def test_metrics_are_prometheus_text_with_help_for_each(house: House) -> None:
    """A scraper takes every line; each figure says what it is, and none names a device or a person."""
    keep_ledger(house)
    house.breach()
    house.client("operator")

    text = house.anonymous().get("/metrics").text

    samples = [line for line in text.splitlines() if not line.startswith("#")]
    names = {line.split("{")[0].split(" ")[0] for line in samples}
    assert 'smartward_ledger_items{figure="received"} 17' in samples
    assert 'smartward_alerts_open{severity="critical"} 1' in samples
    assert "smartward_api_sessions 1" in samples
    assert {line.split(" ")[2] for line in text.splitlines() if line.startswith("# HELP")} == names
    assert "fld-1" not in text
    assert "operator" not in text
