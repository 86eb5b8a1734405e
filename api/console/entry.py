"""The door: the login page and the way out, as plain forms that need no script."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.console.desk import Desk, DeskOf
from api.console.texts import Texts, texts_for
from api.login import LoginsOf, clear_cookie, set_cookie
from api.problems import Problem
from api.security import CurrentCaller, address_of
from api.services import SettingsOf

router = APIRouter(include_in_schema=False)
Lang = Annotated[str, Query(max_length=8)]


@router.get("/login")
def ask(desk: DeskOf, *, lang: Lang = "vi") -> HTMLResponse:
    """Show the login page."""
    return _page(desk, texts=texts_for(lang))


@router.post("/login")
def enter(
    request: Request,
    desk: DeskOf,
    logins: LoginsOf,
    settings: SettingsOf,
    *,
    username: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=1_024)] = "",
    lang: Lang = "vi",
) -> Response:
    """Log in and go to the duty screen; a wrong password shows the page again, without saying which was wrong."""
    texts = texts_for(lang)
    try:
        login = logins.sign_in(username.strip(), password=password, address=address_of(request))
    except Problem as problem:
        wrong = texts.wrong_login
        if problem.reason == "locked_out":
            minutes = -(-int(problem.headers.get("Retry-After", "60")) // 60)
            wrong = texts.locked.format(minutes=minutes)
        return _page(desk, texts=texts, username=username, wrong=wrong, status=problem.status)
    response = RedirectResponse("/?lang=en" if texts.language == "en" else "/", status_code=303)
    set_cookie(response, login, settings=settings)
    return response


@router.post("/logout")
def leave(caller: CurrentCaller, logins: LoginsOf, settings: SettingsOf) -> Response:
    """Log out and show the login page."""
    logins.sign_out(caller.session, person=caller.person, address=caller.address)
    response = RedirectResponse("/login", status_code=303)
    clear_cookie(response, settings=settings)
    return response


def _page(desk: Desk, *, texts: Texts, username: str = "", wrong: str = "", status: int = 200) -> HTMLResponse:
    """Show the login page with the ward's name, when there is only one."""
    wards = desk.services.registry.wards()
    html = desk.rendering.login(
        texts=texts,
        ward_name=wards[0].name if len(wards) == 1 else "",
        username=username,
        wrong=wrong,
        is_demo=desk.services.catalogue.profile.name == "demo",
    )
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})
