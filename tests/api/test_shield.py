"""Tests of what surrounds every request: strict headers, a limit on bodies, and errors in one shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from api.security import PUBLIC
from api.shield import MAX_BODY_BYTES
from smartward.adapters.memory_relational import MemoryProjections
from smartward.alert import AlertCondition
from smartward.errors import StoreUnavailable
from tests.api.house import House

PROBLEM = "application/problem+json"


@pytest.mark.parametrize("path", ["/healthz", "/login", "/openapi.json", "/api/v1/me", "/nowhere"])
def test_every_answer_carries_the_strict_headers(house: House, path: str) -> None:
    """A page of ours loads nothing from elsewhere and is framed by nobody, errors included."""
    headers = house.anonymous().get(path).headers

    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_answers_of_the_api_are_kept_by_no_cache(house: House) -> None:
    """A shared computer shows nothing after logging out."""
    assert house.client("viewer").get("/api/v1/latest").headers["cache-control"] == "no-store"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(house: House) -> None:
    """With a length it is refused at once; without one as soon as it is too much."""
    client = house.client("operator")
    path = f"/api/v1/alerts/{house.breach()}/comment"

    def in_parts() -> Iterator[bytes]:
        yield b'{"text": "'
        for _ in range(MAX_BODY_BYTES // 65_536 + 1):
            yield b"x" * 65_536

    declared = client.post(path, content=b"x" * (MAX_BODY_BYTES + 1))
    streamed = client.post(path, content=in_parts(), headers={"Content-Type": "application/json"})

    for answer in (declared, streamed):
        assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
        assert answer.json()["reason"] == "too_large"
    assert "content-security-policy" in declared.headers


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/api/v1/nowhere", 404, "not_found"),
        ("PATCH", "/api/v1/me", 405, "method_not_allowed"),
        ("GET", "/api/v1/alerts/none", 404, "not_found"),
        ("GET", "/api/v1/latest?limit=0", 422, "invalid"),
        ("GET", "/api/v1/latest?ward=atlantis", 404, "not_found"),
        ("GET", "/api/v1/latest?cursor=%F0", 422, "bad_cursor"),
    ],
)
def test_every_error_is_a_problem_with_a_reason(house: House, method: str, path: str, status: int, reason: str) -> None:
    """RFC 9457: programs read the reason, people the detail."""
    answer = house.client("operator").request(method, path)

    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    body = answer.json()
    assert set(body) >= {"type", "title", "status", "detail", "reason"}
    assert (body["status"], body["reason"]) == (status, reason)


def test_broken_json_is_refused_in_plain_words(house: House) -> None:
    """Never a stack trace, never a 500."""
    answer = house.client("operator").post(f"/api/v1/alerts/{house.breach()}/comment", content=b'{"text": ')

    assert (answer.status_code, answer.json()["reason"]) == (422, "invalid")


def test_a_nul_reaches_no_database(house: House) -> None:
    """PostgreSQL keeps none in a text; a mistake of the sender must not become one of ours."""
    alert = house.breach()
    client = house.client("operator")

    in_path = client.get("/api/v1/alerts/%00")
    in_query = client.get("/api/v1/notifications?alert=a%00b")
    written = client.post(f"/api/v1/alerts/{alert}/comment", json={"text": "đang\x00 tới"})
    empty = client.post(f"/api/v1/alerts/{alert}/comment", json={"text": "\x00"})

    assert [in_path.status_code, in_query.status_code, empty.status_code] == [422, 422, 422]
    assert written.json()["timeline"][-1]["note"] == "đang tới"


class Away(MemoryProjections):
    """Projections that cannot be read now."""

    def conditions_since(self, revision: int) -> tuple[int, list[AlertCondition]]:
        """Be away."""
        raise StoreUnavailable(f"ward.db cannot be read (asked from {revision}); the disk may be full")


class Broken(MemoryProjections):
    """Projections with a mistake in them."""

    def revision(self) -> int:
        """Fail as no code should."""
        raise ZeroDivisionError


def with_projections(house: House, projections: MemoryProjections) -> TestClient:
    """Log in to a house with other projections."""
    return House(services=replace(house.services, projections=projections)).client("operator")


def test_a_database_that_is_away_is_said_and_passes(house: House) -> None:
    """503 with the reason and when to come back."""
    answer = with_projections(house, Away()).get("/api/v1/alerts")

    assert (answer.status_code, answer.json()["reason"]) == (503, "unavailable")
    assert "disk may be full" in answer.json()["detail"]
    assert answer.headers["retry-after"] == "5"


def test_a_mistake_of_ours_tells_nothing_of_the_inside(house: House) -> None:
    """The log has the traceback; the answer has not."""
    client = with_projections(house, Broken())
    quiet = TestClient(client.app, headers=dict(client.headers), raise_server_exceptions=False)

    answer = quiet.get("/api/v1/alerts")

    assert (answer.status_code, answer.json()["reason"]) == (500, "internal")
    assert "ZeroDivision" not in answer.text


def test_a_browser_without_a_session_is_led_to_the_login(house: House) -> None:
    """People see a page, htmx follows a header, programs get the problem."""
    client = house.anonymous()

    page = client.get("/", headers={"Accept": "text/html"}, follow_redirects=False)
    part = client.get("/", headers={"HX-Request": "true", "Accept": "text/html"}, follow_redirects=False)
    program = client.get("/", headers={"Accept": "application/json"}, follow_redirects=False)

    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/login")
    assert (program.status_code, program.headers["content-type"]) == (401, PROBLEM)


def test_the_description_says_how_to_log_in_and_what_every_call_answers(house: House) -> None:
    """An integrator starts from /openapi.json."""
    description = house.anonymous().get("/openapi.json").json()

    assert set(description["components"]["securitySchemes"]) == {"HTTPBearer", "APIKeyCookie"}
    operations = {
        (method.upper(), path): operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    assert {route for route, operation in operations.items() if not operation.get("security")} == PUBLIC & set(
        operations
    )
    for operation in operations.values():
        assert operation["description"]
        assert list(operation["responses"]["4XX"]["content"]) == [PROBLEM]
    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)
