"""Tests that nothing is open by accident: every route of the app is tried, not a list of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from api.security import OWN, PUBLIC, SAFE, is_cross_origin
from tests.api.house import PASSWORD, House

NO_API = frozenset({"/openapi.json", "/static", "/favicon.ico"})
"""What is no route of FastAPI and public by contract: the description and static files."""


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """List (method, path) of every route of an app, with something plausible for each parameter."""
    for context in iter_route_contexts(app.routes):
        path = context.path or ""
        if path in NO_API:
            continue
        assert not isinstance(context.route, Mount), f"{path} is mounted: nothing guards it"
        for method in sorted(context.methods or set()):
            yield method, re.sub(r"{[^}]+}", "fld-1", path)


def test_every_route_needs_a_session_but_the_short_public_list(house: House) -> None:
    """A new route is closed until somebody opens it on purpose."""
    client = house.anonymous()
    open_routes = {
        (method, path)
        for method, path in routes_of(house.app)
        if client.request(method, path, headers={"Accept": "application/json"}).status_code != 401
    }

    assert open_routes <= PUBLIC
    assert len(list(routes_of(house.app))) > 25


def test_an_unknown_token_opens_nothing(house: House) -> None:
    """A guess is as good as nothing, as a header or as a cookie."""
    client = house.anonymous()
    headers = {"Authorization": "Bearer guessed", "Cookie": "smartward_session=guessed"}

    answers = {
        client.request(method, path, headers=headers).status_code
        for method, path in routes_of(house.app)
        if (method, path) not in PUBLIC
    }

    assert answers == {401}


def test_a_viewer_writes_nothing(house: House) -> None:
    """Whoever may only look cannot change anything, whatever route comes next."""
    alert = house.breach()
    client = house.client("viewer")
    writes = [route for route in routes_of(house.app) if route[0] not in SAFE and route not in PUBLIC | OWN]

    answers = {
        (method, path): client.request(method, path.replace("fld-1", alert), json={}).status_code
        for method, path in writes
    }

    assert answers
    assert set(answers.values()) == {403}
    assert not house.services.work_log.actions([alert])


def test_an_operator_elsewhere_who_may_look_here_writes_nothing_here(house: House) -> None:
    """Access is held per ward: the highest one does not count everywhere."""
    alert = house.breach()

    answer = house.client("mixed").post(f"/api/v1/alerts/{alert}/acknowledge")

    assert answer.status_code == 403
    assert answer.json()["reason"] == "forbidden"


def test_another_wards_things_do_not_exist(house: House) -> None:
    """Who belongs to one ward cannot even learn the ids of another."""
    alert = house.breach()
    client = house.client("stranger")
    paths = (
        "/devices/fld-1",
        "/devices/fld-1/latest",
        "/devices/fld-1/observations?quantity=depth",
        f"/alerts/{alert}",
        f"/notifications?alert={alert}",
        "/events?device=fld-1",
        "/latest?ward=song-may",
        "/stream?ward=song-may",
    )

    assert {client.get(f"/api/v1{path}").status_code for path in paths} == {404}
    assert client.post(f"/api/v1/alerts/{alert}/acknowledge").status_code == 404
    assert [item["id"] for item in client.get("/api/v1/devices").json()["items"]] == ["hb-fld", "hb-gw"]
    assert client.get("/api/v1/alerts").json()["items"] == []
    assert [ward["id"] for ward in client.get("/api/v1/wards").json()["items"]] == ["hoa-binh"]


def test_another_site_cannot_use_a_browsers_cookie(house: House) -> None:
    """A page elsewhere makes the operator's browser send a form; the cookie alone must not be enough."""
    alert = house.breach()
    browser = house.anonymous()
    browser.post("/api/v1/session", json={"username": "operator", "password": PASSWORD})
    path = f"/api/v1/alerts/{alert}/acknowledge"

    elsewhere = browser.post(path, headers={"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.test"})
    old_browser = browser.post(path, headers={"Origin": "http://evil.test"})
    sibling = browser.post(path, headers={"Sec-Fetch-Site": "same-site"})
    own_page = browser.post(path, headers={"Sec-Fetch-Site": "same-origin", "Origin": "http://ward.test"})

    assert [elsewhere.status_code, old_browser.status_code, sibling.status_code] == [403, 403, 403]
    assert elsewhere.json()["reason"] == "cross_origin"
    assert own_page.status_code == 200


def test_another_site_cannot_log_a_browser_in(house: House) -> None:
    """Being logged in as somebody else without knowing it would put one's deeds in another's name."""
    answer = house.anonymous().post(
        "/api/v1/session",
        json={"username": "operator", "password": PASSWORD},
        headers={"Origin": "http://evil.test"},
    )

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("site", "origin", "is_cross"),
    [
        (None, None, False),
        ("same-origin", None, False),
        ("none", None, False),
        ("cross-site", "http://ward.test", True),
        ("same-site", None, True),
        (None, "http://ward.test", False),
        (None, "http://ward.test:81", True),
        (None, "null", True),
    ],
)
def test_the_browsers_own_words_tell_where_a_request_comes_from(
    site: str | None, origin: str | None, *, is_cross: bool
) -> None:
    """Fetch metadata is believed first, then the origin; `null` is a sandbox or a file."""
    assert is_cross_origin(site=site, origin=origin, host="ward.test") is is_cross
