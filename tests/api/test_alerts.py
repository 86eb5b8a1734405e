"""Tests of the alerts resource: what an alert says, and which deeds can be done to it when."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from smartward.alert import Condition, Severity
from smartward.instants import HOUR_MS, MINUTE_MS, to_rfc3339
from smartward.notification import Notification
from smartward.ports import Projection
from tests.api.house import NOW_MS, OTHER, WARD, House

CONTRACT = {
    *("id", "ward", "rule", "device", "place", "severity", "condition", "work", "acknowledged_by", "acknowledged_at"),
    *("assignee", "started_at", "cleared_at", "resolved_at", "value", "threshold", "title", "response", "source"),
}


def do(client: TestClient, alert: str, deed: str, **body: object) -> Any:
    """Do a deed and give the answer."""
    return client.post(f"/api/v1/alerts/{alert}/{deed}", json=body)


def test_an_alert_says_all_that_the_contract_names(house: House) -> None:
    """Consoles and scripts rely on these names."""
    alert = house.breach()

    body = house.client("operator").get(f"/api/v1/alerts/{alert}").json()

    assert set(body) > CONTRACT | {"timeline"}
    assert body["title"] == "Ngập 50 cm: chặn đường, sơ tán (52 cm)"
    assert body["place"] == "Hẻm 48 Bến Đò"
    assert body["neighbourhood"] == "Khu phố 3"
    assert (body["value"], body["threshold"], body["unit"]) == (0.52, 0.5, "m")
    assert (body["condition"], body["work"], body["severity_label"]) == ("firing", "new", "Khẩn cấp")
    assert body["started_at"] == to_rfc3339(NOW_MS - MINUTE_MS)
    assert body["deadline_at"] == to_rfc3339(NOW_MS + MINUTE_MS)
    assert body["source"] == "G"
    assert body["response"]
    assert [moment["what"] for moment in body["timeline"]] == ["raised"]


def test_an_alert_can_be_read_in_english(house: House) -> None:
    """Vietnamese comes first; English is complete."""
    alert = house.breach()

    body = house.client("operator").get(f"/api/v1/alerts/{alert}?lang=en").json()

    assert body["title"].endswith("(52 cm)")
    assert "close the road" in body["title"]
    assert body["severity_label"] == "Critical"


def test_the_second_to_acknowledge_is_told_who_was_first_and_when(house: House) -> None:
    """Two operators press the key at once: one has it, the other knows who."""
    alert = house.breach()
    first = do(house.client("operator"), alert, "acknowledge")
    house.clock.advance(seconds=5)

    second = do(house.client("second"), alert, "acknowledge")
    again = do(house.client("operator"), alert, "acknowledge")

    assert first.status_code == 200
    assert (first.json()["work"], first.json()["acknowledged_by"]) == ("acknowledged", "operator")
    assert first.json()["acknowledged_at"] == to_rfc3339(NOW_MS)
    for answer in (second, again):
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["reason"] == "already_acknowledged"
        assert (answer.json()["by"], answer.json()["at"]) == ("operator", to_rfc3339(NOW_MS))


def test_a_firing_alert_is_not_closed_without_a_reason(house: House) -> None:
    """Closing what still burns is a decision that somebody signs."""
    alert = house.breach()
    client = house.client("operator")

    refused = do(client, alert, "resolve", outcome="done", note="đã xử lý")
    overridden = do(client, alert, "resolve", outcome="done", note="đã xử lý", override_reason="cảm biến hỏng")

    assert refused.status_code == 409
    assert refused.json()["reason"] == "still_firing"
    assert overridden.status_code == 200
    assert overridden.json()["work"] == "done"
    assert overridden.json()["condition"] == "firing"
    assert "cảm biến hỏng" in overridden.json()["timeline"][-1]["detail"]


def test_a_high_alert_waits_for_a_persons_word_when_it_is_over(house: House) -> None:
    """High and critical ones end with a note, never by themselves."""
    alert = house.breach(severity=Severity.HIGH)
    client = house.client("operator")
    house.clear(alert)

    waiting = client.get(f"/api/v1/alerts/{alert}").json()
    wordless = do(client, alert, "resolve", outcome="done", note=" ")
    told = do(client, alert, "resolve", outcome="false_alarm", note="người dân tát nước")

    assert (waiting["condition"], waiting["work"], waiting["resolved_at"]) == ("cleared", "new", None)
    assert (wordless.status_code, wordless.json()["reason"]) == (422, "note_required")
    assert told.json()["work"] == "false_alarm"
    assert told.json()["resolved_at"] == to_rfc3339(NOW_MS)


def test_a_medium_alert_is_done_by_the_system_when_it_clears(house: House) -> None:
    """Small things do not leave work behind."""
    alert = house.breach(rule="flood_road.flood_fast", severity=Severity.MEDIUM)
    house.clear(alert)

    body = house.client("operator").get(f"/api/v1/alerts/{alert}").json()
    reopened = do(house.client("operator"), alert, "reopen")

    assert (body["work"], body["resolved_at"]) == ("done", to_rfc3339(NOW_MS))
    assert body["timeline"][-1] == {
        "at": to_rfc3339(NOW_MS),
        "what": "closed",
        "person": "system",
        "note": "",
        "detail": "",
    }
    assert (reopened.status_code, reopened.json()["reason"]) == (409, "closed_by_system")


def test_what_is_over_takes_no_more_work_until_it_is_reopened(house: House) -> None:
    """A late click does not start the work again by accident."""
    alert = house.breach(condition=Condition.CLEARED)
    client = house.client("operator")
    do(client, alert, "acknowledge")
    do(client, alert, "resolve", outcome="done", note="nước rút")

    late = do(client, alert, "start")
    early = do(client, house.breach("nse-1", rule="noise.day", quantity="laeq"), "reopen")
    reopened = do(client, alert, "reopen", note="nước lại dâng")
    again = do(house.client("second"), alert, "acknowledge")

    assert (late.status_code, late.json()["reason"], late.json()["by"]) == (409, "already_resolved", "operator")
    assert (early.status_code, early.json()["reason"]) == (409, "not_resolved")
    assert (reopened.json()["work"], reopened.json()["acknowledged_by"]) == ("new", None)
    assert again.json()["acknowledged_by"] == "second"


def test_starting_acknowledges_too_and_only_once(house: House) -> None:
    """Whoever goes to work has the alert; the time to acknowledge is counted from that."""
    alert = house.breach()
    client = house.client("operator")

    started = do(client, alert, "start").json()
    twice = do(house.client("second"), alert, "start")

    assert (started["work"], started["acknowledged_by"]) == ("in_progress", "operator")
    assert [moment["what"] for moment in started["timeline"]] == ["raised", "acknowledge", "start"]
    assert (twice.status_code, twice.json()["reason"], twice.json()["by"]) == (409, "already_started", "operator")


def test_an_alert_is_given_only_to_somebody_of_its_ward(house: House) -> None:
    """A name that nobody has here would be work that nobody does."""
    alert = house.breach()
    client = house.client("operator")

    given = do(client, alert, "assign", person="second", note="gần đó")
    unknown = do(client, alert, "assign", person="stranger")

    assert given.json()["assignee"] == "second"
    assert (unknown.status_code, unknown.json()["reason"]) == (422, "unknown_person")


def test_the_story_tells_devices_people_and_notifications_in_order(house: House) -> None:
    """After the fact everybody can see what happened when, and who did it."""
    alert = house.breach()
    told = Notification("k1", alert, WARD, "police_duty", "file", "critical", "Ngập", NOW_MS - 30_000)
    house.services.projections.project(Projection(notifications=(told,)))
    client = house.client("operator")
    for deed, body in (("acknowledge", {}), ("comment", {"text": "đang tới"}), ("verify", {"note": "đúng"})):
        house.clock.advance(seconds=10)
        do(client, alert, deed, **body)
    house.clock.advance(seconds=10)
    house.clear(alert)

    timeline = client.get(f"/api/v1/alerts/{alert}").json()["timeline"]

    assert [(moment["what"], moment["person"]) for moment in timeline] == [
        ("raised", "system"),
        ("notified", "system"),
        ("acknowledge", "operator"),
        ("comment", "operator"),
        ("verify", "operator"),
        ("cleared", "system"),
    ]
    assert timeline[3]["note"] == "đang tới"
    assert timeline[-1]["detail"] == "recovered"


def test_alerts_are_found_by_condition_work_severity_and_who_has_them(house: House) -> None:
    """The filters are what people ask: what burns, what is new, what is mine."""
    flood = house.breach(started_ms=NOW_MS - HOUR_MS)
    noise = house.breach("nse-1", rule="noise.day", severity=Severity.HIGH, quantity="laeq", value=84)
    over = house.breach("nse-1", rule="noise.night", severity=Severity.LOW, condition=Condition.CLEARED)
    house.breach("hb-fld", ward=OTHER)
    client = house.client("operator")
    do(client, flood, "acknowledge")

    def found(query: str) -> list[str]:
        return [item["id"] for item in client.get(f"/api/v1/alerts?{query}").json()["items"]]

    assert set(found("")) == {flood, noise, over}
    assert found("")[-1] == flood
    assert found("condition=cleared") == [over]
    assert found("work=acknowledged") == [flood]
    assert set(found("severity=critical,high")) == {flood, noise}
    assert found("mine=true") == [flood]
    assert client.get("/api/v1/alerts?work=finished").status_code == 422


def test_a_pending_alert_is_nobodys_business_yet(house: House) -> None:
    """Until the hold time has passed nothing is told to people."""
    alert = house.breach(condition=Condition.PENDING)
    client = house.client("operator")

    assert client.get("/api/v1/alerts").json()["items"] == []
    assert client.get(f"/api/v1/alerts/{alert}").status_code == 404


def test_every_deed_is_recorded_with_who_when_and_from_where(house: House) -> None:
    """The audit can tell it in a year."""
    alert = house.breach()
    do(house.client("operator"), alert, "resolve", outcome="done", note="xong", override_reason="đã đo tay")

    entry = house.services.audit.entries(ward=WARD, limit=1)[0]

    assert (entry.person, entry.action, entry.target, entry.at_ms) == ("operator", "alert.resolve", alert, NOW_MS)
    assert entry.address == "testclient"
    assert entry.detail == "done; đã đo tay"


@pytest.mark.parametrize("body", [{"outcome": "gone"}, {"note": "x"}, {"outcome": "done", "note": "x" * 2_001}])
def test_a_malformed_resolution_names_its_field(house: House, body: dict[str, str]) -> None:
    """The answer says what to correct."""
    answer = do(house.client("operator"), house.breach(), "resolve", **body)

    assert answer.status_code == 422
    assert answer.json()["reason"] == "invalid"
    assert "body." in answer.json()["detail"]


def test_a_request_sent_again_does_nothing_more(house: House) -> None:
    """A phone in a lift sends twice: one comment is written, and the acknowledgement is no conflict with itself."""
    alert = house.breach()
    client = house.client("operator")
    path = f"/api/v1/alerts/{alert}"

    for _ in range(2):
        taken = client.post(f"{path}/acknowledge", headers={"Idempotency-Key": "k1"})
        written = client.post(f"{path}/comment", json={"text": "đang tới"}, headers={"Idempotency-Key": "k2"})
        assert (taken.status_code, written.status_code) == (200, 200)
    other = client.post(f"{path}/comment", json={"text": "đã tới"}, headers={"Idempotency-Key": "k2"})
    elsewhere = house.client("second").post(f"{path}/acknowledge", headers={"Idempotency-Key": "k1"})

    assert [moment["what"] for moment in written.json()["timeline"]] == ["raised", "acknowledge", "comment"]
    assert (other.status_code, other.json()["reason"]) == (422, "idempotency_key_reused")
    assert elsewhere.status_code == 409


def test_a_refused_request_may_be_sent_again(house: House) -> None:
    """What did nothing the first time is tried anew."""
    alert = house.breach(severity=Severity.HIGH)
    client = house.client("operator")
    send: dict[str, Any] = {"json": {"outcome": "done", "note": "xong"}, "headers": {"Idempotency-Key": "k1"}}

    firing = client.post(f"/api/v1/alerts/{alert}/resolve", **send)
    house.clear(alert)
    over = client.post(f"/api/v1/alerts/{alert}/resolve", **send)

    assert (firing.status_code, over.status_code) == (409, 200)
