"""Errors as RFC 9457 problem+json: one shape, with a `reason` that a program can rely on."""

from __future__ import annotations

import logging
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from smartward.errors import Conflict, NotFound, SmartwardError, StoreUnavailable
from smartward.instants import to_rfc3339

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
REASONS = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "locked_out",
    503: "unavailable",
}
"""The reason of an error that names none of its own."""


class Problem(SmartwardError):
    """A refusal with its HTTP status, reason and plain detail; `more` are further members of the answer."""

    def __init__(
        self, status: int, reason: str, detail: str, *, headers: dict[str, str] | None = None, **more: object
    ) -> None:
        self.status, self.reason, self.detail = status, reason, detail
        self.headers, self.more = headers or {}, more
        super().__init__(detail)


class Unauthenticated(Problem):
    """Nobody is logged in."""

    def __init__(self, detail: str) -> None:
        super().__init__(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


def body_of(problem: Problem) -> bytes:
    """Write a problem as its JSON body."""
    return msgspec.json.encode(
        {
            "type": f"urn:smartward:problem:{problem.reason}",
            "title": HTTPStatus(problem.status).phrase,
            "status": problem.status,
            "detail": problem.detail,
            "reason": problem.reason,
            **problem.more,
        }
    )


def respond(problem: Problem) -> Response:
    """Answer with a problem."""
    return Response(body_of(problem), problem.status, problem.headers, MEDIA_TYPE)


def as_problem(error: Exception) -> Problem:
    """Give any error that may reach the edge as the problem that people and programs see."""
    match error:
        case Problem():
            return error
        case Conflict():
            return conflict("conflict", str(error), by=error.by, at_ms=error.at_ms)
        case NotFound():
            return Problem(404, "not_found", str(error))
        case StoreUnavailable():
            return Problem(503, "unavailable", str(error), headers={"Retry-After": "5"})
        case _:
            return _of_framework(error)


def conflict(reason: str, detail: str, *, by: str = "", at_ms: int = 0) -> Problem:
    """Say that somebody was first: who, and when."""
    return Problem(409, reason, detail, by=by or None, at=to_rfc3339(at_ms) if at_ms else None)


def _of_framework(error: Exception) -> Problem:
    """Give an error that FastAPI raised, or one that nobody foresaw."""
    if isinstance(error, RequestValidationError):
        return Problem(422, "invalid", "; ".join(_fault(fault) for fault in error.errors()))
    if isinstance(error, HTTPException):
        reason = REASONS.get(error.status_code, "error")
        return Problem(error.status_code, reason, error.detail, headers=dict(error.headers or {}))
    return Problem(500, "internal", "The server made a mistake; its log says more. Try again, or tell the technicians")


def install(app: FastAPI) -> None:
    """Make every error of this app a problem; a person without a session is led to the login page instead."""
    for kind in (Problem, Conflict, NotFound, StoreUnavailable, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _handle)
    app.add_exception_handler(Exception, _handle_unexpected)


async def _handle(request: Request, error: Exception) -> Response:
    problem = as_problem(error)
    if problem.status == HTTPStatus.UNAUTHORIZED and not request.url.path.startswith("/api/"):
        return _to_login(request, problem)
    return respond(problem)


async def _handle_unexpected(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed: %r", request.method, request.url.path, error)
    return respond(as_problem(error))


def _to_login(request: Request, problem: Problem) -> Response:
    """Lead a browser to the login page; htmx follows a header, the event stream and programs get the problem."""
    if request.headers.get("hx-request") == "true":
        response = respond(problem)
        response.headers["HX-Redirect"] = "/login"
        return response
    if "text/html" in request.headers.get("accept", "") and request.method == "GET":
        return RedirectResponse("/login", status_code=303)
    return respond(problem)


def _fault(fault: dict[str, object]) -> str:
    """Say one validation fault in a line: where, what, and the value."""
    place = fault.get("loc", ())
    where = ".".join(str(step) for step in place) if isinstance(place, tuple) else str(place)
    given = fault.get("input")
    shown = (
        f" (given: {given!r:.80})" if isinstance(given, str | int | float | bool) and "password" not in where else ""
    )
    return f"{where}: {fault.get('msg', 'wrong')}{shown}"
