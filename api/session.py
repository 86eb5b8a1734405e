"""The session resource: logging in, logging out, and who I am."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.login import LoginsOf, clear_cookie, set_cookie
from api.register import Register, RegisterOf
from api.security import CurrentCaller, address_of
from api.services import SettingsOf
from smartward.instants import to_rfc3339
from smartward.staff import Access, Person

router = APIRouter(tags=["session"])


class Credentials(BaseModel):
    """What a person proves who they are with."""

    username: str = Field(max_length=64)
    password: str = Field(max_length=1_024)


class WardAccess(BaseModel):
    """A ward and what the person may do there."""

    id: str
    role: Access
    name: str


class User(BaseModel):
    """A person as they see themselves; `role` is the highest over all wards, `roles` are what they answer for."""

    username: str
    name: str
    role: Access
    roles: list[str]
    wards: list[WardAccess]


class Me(User):
    """The person and the end of their session."""

    expires_at: str


class Opened(BaseModel):
    """A fresh session; the token is shown once."""

    token: str
    expires_at: str
    user: User


@router.post("/session")
def log_in(
    credentials: Credentials,
    *,
    request: Request,
    response: Response,
    logins: LoginsOf,
    settings: SettingsOf,
    register: RegisterOf,
) -> Opened:
    """Log in: a token for programs, and the same as a cookie for browsers.

    Five wrong passwords in 30 s lock this username at this address for five minutes.
    """
    login = logins.sign_in(credentials.username, password=credentials.password, address=address_of(request))
    set_cookie(response, login, settings=settings)
    user = User.model_validate(user_of(login.person, register=register))
    return Opened(token=login.token, expires_at=to_rfc3339(login.session.expires_ms), user=user)


@router.delete("/session", status_code=204)
def log_out(caller: CurrentCaller, response: Response, logins: LoginsOf, settings: SettingsOf) -> None:
    """Log out: the token is worthless from now on."""
    logins.sign_out(caller.session, person=caller.person, address=caller.address)
    clear_cookie(response, settings=settings)


@router.get("/me")
def me(caller: CurrentCaller, register: RegisterOf) -> Me:
    """Say who I am, what I may do where, and when my session ends."""
    expires_at = to_rfc3339(caller.session.expires_ms)
    return Me.model_validate(user_of(caller.person, register=register) | {"expires_at": expires_at})


def user_of(person: Person, *, register: Register) -> dict[str, object]:
    """Describe a person to themselves."""
    wards = [
        {"id": ward, "role": access, "name": register.wards[ward].name if ward in register.wards else ward}
        for ward, access in sorted(person.access.items())
    ]
    return {
        "username": person.username,
        "name": person.name,
        "role": person.highest,
        "roles": list(person.roles),
        "wards": wards,
    }
