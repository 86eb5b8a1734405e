"""Tests of logging in and out: the token, the cookie, the lock-out, and what is never kept or said."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.lockout import Lockout
from api.login import COOKIE, WAITING_ROOM, Logins, hash_of
from api.problems import Problem
from api.services import Settings
from smartward.instants import HOUR_MS, MINUTE_MS, to_rfc3339
from smartward.passwords import Passwords
from tests.api.house import CHEAP, NOW_MS, PASSWORD, WARD, House


def sign_in(client: TestClient, username: str = "operator", password: str = PASSWORD) -> int:
    """Try to log in and give the status."""
    return client.post("/api/v1/session", json={"username": username, "password": password}).status_code


def test_a_login_gives_a_token_its_end_and_who_i_am(house: House) -> None:
    """The shape of the contract."""
    body = house.anonymous().post("/api/v1/session", json={"username": "mixed", "password": PASSWORD}).json()

    assert set(body) == {"token", "expires_at", "user"}
    assert body["expires_at"] == to_rfc3339(NOW_MS + 12 * HOUR_MS)
    assert body["user"]["username"] == "mixed"
    assert body["user"]["role"] == "operator"
    assert [(ward["id"], ward["role"]) for ward in body["user"]["wards"]] == [
        ("hoa-binh", "operator"),
        ("song-may", "viewer"),
    ]


def test_only_a_digest_of_the_token_is_kept(house: House) -> None:
    """A stolen database opens no session."""
    token = house.anonymous().post("/api/v1/session", json={"username": "admin", "password": PASSWORD}).json()["token"]

    assert len(token) >= 43
    assert house.services.people.session(token, now_ms=NOW_MS) is None
    assert house.services.people.session(hash_of(token), now_ms=NOW_MS) is not None


def test_a_browser_gets_the_session_as_a_guarded_cookie(house: House) -> None:
    """Scripts cannot read it, other sites cannot send it, and it goes nowhere but here."""
    client = house.anonymous()

    cookie = client.post("/api/v1/session", json={"username": "operator", "password": PASSWORD}).headers["set-cookie"]

    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie
    assert client.get("/api/v1/me").json()["username"] == "operator"


def test_over_https_the_cookie_is_sent_over_nothing_else(house: House) -> None:
    """One setting, and the session never travels in the clear."""
    app = create_app(house.services, Settings(cookie_secure=True), passwords=CHEAP)
    answer = TestClient(app).post("/api/v1/session", json={"username": "operator", "password": PASSWORD})

    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


def test_logging_out_ends_the_session(house: House) -> None:
    """The token is worthless then, also in other hands; a viewer may log out too."""
    client = house.client("viewer")

    assert client.delete("/api/v1/session").status_code == 204
    assert client.get("/api/v1/me").status_code == 401


def test_a_session_ends_by_itself(house: House) -> None:
    """A forgotten screen is closed after the shift."""
    client = house.client("operator")
    house.clock.advance(seconds=12 * 3600)

    assert client.get("/api/v1/me").status_code == 401


def test_wrong_name_and_wrong_password_are_told_apart_by_nobody(house: House) -> None:
    """The answer does not help to find out who works here."""
    client = house.anonymous()

    wrong_password = client.post("/api/v1/session", json={"username": "operator", "password": "x"})
    wrong_name = client.post("/api/v1/session", json={"username": "nobody", "password": "x"})

    assert wrong_password.status_code == wrong_name.status_code == 401
    assert wrong_password.json() == wrong_name.json()
    assert wrong_password.json()["reason"] == "wrong_credentials"


def test_five_wrong_passwords_lock_the_name_for_five_minutes(house: House) -> None:
    """Then even the right one waits; the answer says until when."""
    client = house.anonymous()
    wrong = [sign_in(client, password=f"wrong-{n}") for n in range(5)]

    locked = client.post("/api/v1/session", json={"username": "operator", "password": PASSWORD})
    house.clock.advance(ms=5 * MINUTE_MS)

    assert wrong == [401] * 5
    assert (locked.status_code, locked.json()["reason"]) == (429, "locked_out")
    assert locked.headers["retry-after"] == "300"
    assert locked.json()["until"] == to_rfc3339(NOW_MS + 5 * MINUTE_MS)
    assert sign_in(client) == 200


def test_a_refused_login_leaves_no_password_behind(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """People type their password into the name field: neither log, audit nor answer repeats it."""
    with caplog.at_level(logging.DEBUG):
        answer = house.anonymous().post("/api/v1/session", json={"username": "mật-khẩu-thật", "password": "mật-khẩu"})
        sign_in(house.anonymous(), password="mật-khẩu")
    too_long = house.anonymous().post("/api/v1/session", json={"username": "operator", "password": "k" * 2_000})

    kept = caplog.text + answer.text + str(house.services.audit.entries())
    assert "mật-khẩu" not in kept
    assert "kkk" not in too_long.text


def test_logins_and_refusals_are_in_the_audit(house: House) -> None:
    """Who was there, and who tried to be."""
    sign_in(house.anonymous(), password="wrong")
    client = house.client("operator")
    client.delete("/api/v1/session")

    actions = [entry.action for entry in house.services.audit.entries(ward=WARD)]

    assert actions == ["session.close", "session.open", "session.refuse"]


def test_the_cookie_of_a_closed_session_is_taken_back(house: House) -> None:
    """The browser forgets it at once."""
    client = house.anonymous()
    sign_in(client)
    answer = client.delete("/api/v1/session")

    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    assert COOKIE not in client.cookies


class Slow(Passwords):
    """Passwords that take until they are told to go on."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_kib=8, parallelism=1)
        self.go_on = threading.Event()

    def are_right(self, password: str, *, password_hash: str) -> bool:
        """Wait, then check."""
        self.go_on.wait(10)
        return super().are_right(password, password_hash=password_hash)


def test_a_flood_of_logins_leaves_the_server_to_those_on_duty(house: House) -> None:
    """A few wait, the others are sent away at once: no stranger takes every thread."""
    slow = Slow()
    logins = Logins(house.services, settings=Settings(), passwords=slow, lockout=Lockout())
    refused = threading.Semaphore(0)

    def try_once(number: int) -> str:
        try:
            logins.sign_in(f"stranger-{number}", password="x", address="10.0.0.1")
        except Problem as problem:
            if problem.reason == "busy":
                refused.release()
            return problem.reason
        return "let in"

    with ThreadPoolExecutor(WAITING_ROOM + 3) as strangers:
        answers = [strangers.submit(try_once, number) for number in range(WAITING_ROOM + 3)]
        sent_away = [refused.acquire(timeout=10) for _ in range(3)]
        slow.go_on.set()

    assert sent_away == [True] * 3
    assert sorted(answer.result() for answer in answers) == ["busy"] * 3 + ["wrong_credentials"] * WAITING_ROOM
