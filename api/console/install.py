"""Sets the console up on an app: its files, its addresses, and errors that people can read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import cast
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.board import Board
from api.console import entry, routes
from api.console.desk import STATIC, Desk
from api.console.texts import texts_for
from api.console.times import clock_time
from api.problems import Problem, as_problem
from api.register import RegisterReader
from api.services import Services, Settings

WARD_CLOCK = ZoneInfo("Asia/Ho_Chi_Minh")
"""The clock of an error's code: it is compared with a log, by people who are in Việt Nam."""

Handler = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI, services: Services, settings: Settings, *, board: Board, register: RegisterReader) -> None:
    """Add the console to an app whose error handlers are already there.

    Raises ConfigError when the map or the list of footage is not what it should be.
    """
    desk = Desk(services, settings, board=board, register=register)
    app.state.desk = desk
    app.mount(STATIC, desk.files)
    app.include_router(entry.router)
    app.include_router(routes.router)
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _page_or(cast("Handler", handler), desk=desk))


def _page_or(handler: Handler, *, desk: Desk) -> Handler:
    """Answer a person's browser with a page; leave programs, scripts and the way to the login to the handler."""

    async def handle(request: Request, error: Exception) -> Response:
        answer = await handler(request, error)
        problem = as_problem(error)
        if problem.status == HTTPStatus.UNAUTHORIZED or not _is_a_person(request):
            return answer
        return error_page(problem, desk=desk, language=request.query_params.get("lang"))

    return handle


def error_page(problem: Problem, *, desk: Desk, language: str | None) -> HTMLResponse:
    """Say in plain words what went wrong, and what to do."""
    texts = texts_for(language)
    what = {404: texts.error_not_found, 403: texts.error_forbidden, 503: texts.error_store}.get(problem.status)
    moment = clock_time(desk.screens.now_ms(), zone=WARD_CLOCK)
    is_ours = problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    html = desk.rendering.error(
        texts=texts,
        status=problem.status,
        what=what or (texts.error_other if is_ours else texts.error_refused.format(why=problem.detail)),
        remedy=texts.error_remedy.format(code=f"{problem.reason} {moment}") if is_ours else "",
    )
    return HTMLResponse(html, status_code=problem.status, headers={"Cache-Control": "no-store"} | problem.headers)


def _is_a_person(request: Request) -> bool:
    is_program = request.url.path.startswith("/api/") or request.headers.get("hx-request") == "true"
    return not is_program and "text/html" in request.headers.get("accept", "")
