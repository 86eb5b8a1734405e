"""Who may do what: every route needs a session by structure, every write at least an operator.

The gate is a dependency of the whole app, so a new route is closed until its path stands in the short list below.
A browser's unsafe request must come from our own pages: `Sec-Fetch-Site`, else `Origin`, is checked whenever the
caller is not known by a bearer token (which no other site can send). A request with neither header does not come
from a browser that has them (all since 2023), and the cookie is SameSite=Lax besides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from api.login import COOKIE, Logins, LoginsOf
from api.problems import Problem, Unauthenticated
from smartward.staff import Access, Person, Session

PUBLIC = frozenset(
    {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/login"),
        ("POST", "/login"),
        ("POST", "/api/v1/session"),
    }
)
"""What needs no session. `/openapi.json` and static files are no FastAPI routes and are public too."""

OWN = frozenset({("DELETE", "/api/v1/session"), ("POST", "/logout")})
"""Writes that concern nobody but the caller: a viewer may too."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_bearer = HTTPBearer(auto_error=False, description="The token that POST /api/v1/session gives.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="The same token, as the browser keeps it.")


class Caller(msgspec.Struct, frozen=True):
    """Who makes a request, with which session, from where."""

    person: Person
    session: Session
    address: str

    @property
    def username(self) -> str:
        """Name the person."""
        return self.person.username

    def wards(self, ward: str | None = None) -> tuple[str, ...]:
        """List the wards that this person sees, or the one asked for; raises Problem 404 when it is not theirs."""
        if not ward:
            return tuple(sorted(self.person.access))
        if ward not in self.person.access:
            raise Problem(
                404, "not_found", f"There is no ward {ward!r}, or it is not yours; GET /api/v1/wards lists yours"
            )
        return (ward,)

    def sees(self, ward: str) -> bool:
        """Tell whether this person may know of a ward."""
        return ward in self.person.access

    def may(self, needed: Access, *, ward: str) -> bool:
        """Tell whether this person has at least this access in a ward."""
        held = self.person.access.get(ward)
        return held is not None and held.allows(needed)

    def require(self, needed: Access, *, ward: str) -> None:
        """Raise Problem 403 unless this person has at least this access in a ward."""
        if not self.may(needed, ward=ward):
            raise _forbidden(needed, place=f"in ward {ward}")


def authenticate(request: Request, logins: Logins) -> Caller:
    """Find out who makes a request, by bearer token or cookie; raises Unauthenticated.

    The answer is kept on the request, so that the gate and the route ask once.
    """
    known = getattr(request.state, "caller", None)
    if isinstance(known, Caller):
        return known
    token = _bearer_token(request) or request.cookies.get(COOKIE, "")
    if not token:
        raise Unauthenticated("Log in first: POST /api/v1/session, then send the token as `Authorization: Bearer …`")
    found = logins.find(token)
    if found is None:
        raise Unauthenticated("The session is unknown or has ended; log in again")
    session, person = found
    caller = Caller(person, session, address_of(request))
    request.state.caller = caller
    return caller


def gate(
    request: Request,
    logins: LoginsOf,
    _bearer_scheme: Annotated[object, Depends(_bearer)],
    _cookie_scheme: Annotated[object, Depends(_cookie)],
) -> None:
    """Let a request through when it may: same origin, logged in, and at least an operator for a write."""
    route = request.method, request.url.path
    if request.method not in SAFE and not _bearer_token(request):
        refuse_cross_origin(request)
    if route in PUBLIC:
        return
    caller = authenticate(request, logins)
    if request.method not in SAFE and route not in OWN and not caller.person.highest.allows(Access.OPERATOR):
        raise _forbidden(Access.OPERATOR, place="to change anything")


def refuse_cross_origin(request: Request) -> None:
    """Raise Problem 403 when a browser says that the request comes from another site."""
    if is_cross_origin(
        site=request.headers.get("sec-fetch-site"),
        origin=request.headers.get("origin"),
        host=request.headers.get("host", ""),
    ):
        raise Problem(403, "cross_origin", "The request comes from another site; use our own pages, or a bearer token")


def is_cross_origin(*, site: str | None, origin: str | None, host: str) -> bool:
    """Tell from a browser's own headers whether a request comes from another site."""
    if site is not None:
        return site not in ("same-origin", "none")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != host.lower()
    return False


def current_caller(request: Request, logins: LoginsOf) -> Caller:
    """Give a route who makes the request."""
    return authenticate(request, logins)


def current_person(caller: Annotated[Caller, Depends(current_caller)]) -> Person:
    """Give a route the person who makes the request."""
    return caller.person


def may_stay(caller: Caller, *, logins: Logins) -> Callable[[], bool]:
    """Give the question whether a caller's session still stands, with the same rights."""

    def asked() -> bool:
        found = logins.find_hashed(caller.session.token_hash)
        return found is not None and found[1].access == caller.person.access

    return asked


CurrentCaller = Annotated[Caller, Depends(current_caller)]
CurrentPerson = Annotated[Person, Depends(current_person)]


def address_of(request: Request) -> str:
    """Say from where a request comes."""
    return request.client.host if request.client else ""


def _bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _forbidden(needed: Access, *, place: str) -> Problem:
    return Problem(403, "forbidden", f"You need to be at least {needed.value} {place}; ask an administrator")
