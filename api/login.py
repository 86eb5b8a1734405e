"""Logging in and out: who may, how a session is kept, and how it travels as a cookie."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from typing import Annotated, NoReturn, cast

import msgspec
from fastapi import Depends, Request
from starlette.responses import Response

from api.lockout import Lockout
from api.problems import Problem
from api.services import Services, Settings
from smartward.instants import MINUTE_MS, to_rfc3339
from smartward.passwords import Passwords
from smartward.ports import AuditEntry
from smartward.staff import Person, Session

logger = logging.getLogger(__name__)
COOKIE = "smartward_session"
WAITING_ROOM = 8
"""An argon2 hash takes 64 MiB and a core, so passwords are checked one by one; more than these are sent away, or
strangers could take every thread from the people on duty."""


class Login(msgspec.Struct, frozen=True):
    """A fresh login. `token` is shown once: only its SHA-256 is kept."""

    token: str
    session: Session
    person: Person


class Logins:
    """Opens and closes sessions, counts attempts, and knows which sessions were used lately."""

    def __init__(self, services: Services, *, settings: Settings, passwords: Passwords, lockout: Lockout) -> None:
        self._services, self._settings, self._passwords, self._lockout = services, settings, passwords, lockout
        self._one_by_one = threading.Lock()
        self._waiting_room = threading.BoundedSemaphore(WAITING_ROOM)
        self._used_ms: dict[str, int] = {}
        self.counts = {"right": 0, "wrong": 0, "locked": 0}

    def sign_in(self, username: str, *, password: str, address: str) -> Login:
        """Open a session.

        Raises Problem: 401 `wrong_credentials`, 429 `locked_out` after five wrong ones in 30 s, 503 `busy`.
        """
        now_ms = self._services.clock.now_ms()
        username = username.replace("\x00", "")
        locked_until_ms = self._lockout.attempt(username, address=address, now_ms=now_ms)
        if locked_until_ms is not None:
            self.counts["locked"] += 1
            raise _locked_out(locked_until_ms, now_ms=now_ms)
        person = self._services.people.person(username)
        right = self._is_right(password, password_hash=person.password_hash if person else "")
        if person is None or not right or not person.access:
            self._refuse(person, address=address, now_ms=now_ms)
        self._lockout.passed(username, address=address)
        token = secrets.token_urlsafe(32)
        expires_ms = now_ms + self._settings.session_s * 1_000
        session = Session(hash_of(token), person.username, now_ms, expires_ms)
        self._services.people.open_session(session)
        self._used_ms[session.token_hash] = now_ms
        self._record(person, action="session.open", address=address, now_ms=now_ms)
        self.counts["right"] += 1
        return Login(token, session, person)

    def sign_out(self, session: Session, *, person: Person, address: str) -> None:
        """Close a session; its token is worthless from now on."""
        self._services.people.close_session(session.token_hash)
        self._used_ms.pop(session.token_hash, None)
        self._record(person, action="session.close", address=address, now_ms=self._services.clock.now_ms())

    def find(self, token: str) -> tuple[Session, Person] | None:
        """Find who holds a token; None when it is unknown, closed or expired, or the person is gone."""
        return self.find_hashed(hash_of(token))

    def find_hashed(self, token_hash: str) -> tuple[Session, Person] | None:
        """Find who holds the token of this hash."""
        now_ms = self._services.clock.now_ms()
        session = self._services.people.session(token_hash, now_ms=now_ms)
        person = self._services.people.person(session.username) if session else None
        if session is None or person is None or not person.access:
            return None
        self._used_ms[token_hash] = now_ms
        return session, person

    def in_use(self) -> int:
        """Count the sessions that were used within the last five minutes."""
        since_ms = self._services.clock.now_ms() - 5 * MINUTE_MS
        self._used_ms = {token: at_ms for token, at_ms in self._used_ms.copy().items() if at_ms >= since_ms}
        return len(self._used_ms)

    def _is_right(self, password: str, *, password_hash: str) -> bool:
        if not self._waiting_room.acquire(blocking=False):
            detail = "Too many people are logging in at this moment; try again in a few seconds"
            raise Problem(503, "busy", detail, headers={"Retry-After": "2"})
        try:
            with self._one_by_one:
                return self._passwords.are_right(password, password_hash=password_hash)
        finally:
            self._waiting_room.release()

    def _refuse(self, person: Person | None, *, address: str, now_ms: int) -> NoReturn:
        """Say no without saying which of the two was wrong; people type passwords into the name: never log it."""
        self.counts["wrong"] += 1
        logger.warning("login refused for %s from %s", person.username if person else "an unknown name", address)
        if person is not None:
            self._record(person, action="session.refuse", address=address, now_ms=now_ms)
        raise Problem(
            401,
            "wrong_credentials",
            "The username or the password is wrong; check both and try again",
            headers={"WWW-Authenticate": "Bearer"},
        )

    def _record(self, person: Person, *, action: str, address: str, now_ms: int) -> None:
        for ward in person.access:
            self._services.audit.record(AuditEntry(ward, person.username, action, person.username, now_ms, address))


def hash_of(token: str) -> str:
    """Give what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def set_cookie(response: Response, login: Login, *, settings: Settings) -> None:
    """Give the session to a browser: out of reach of scripts, and of other sites' forms and frames."""
    response.set_cookie(
        COOKIE,
        login.token,
        max_age=settings.session_s,
        path="/",
        secure=settings.cookie_secure,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, *, settings: Settings) -> None:
    """Take the session from a browser."""
    response.delete_cookie(COOKIE, path="/", secure=settings.cookie_secure, httponly=True, samesite="lax")


def logins_of(request: Request) -> Logins:
    """Give a route the logins of its app."""
    return cast("Logins", request.app.state.logins)


LoginsOf = Annotated[Logins, Depends(logins_of)]


def _locked_out(until_ms: int, *, now_ms: int) -> Problem:
    wait_s = -(-(until_ms - now_ms) // 1_000)
    return Problem(
        429,
        "locked_out",
        f"Too many wrong attempts from here; try again in {wait_s} s, or ask an administrator for a new password",
        headers={"Retry-After": str(wait_s)},
        until=to_rfc3339(until_ms),
    )
