"""The description at `/openapi.json`: what FastAPI derives from the routes, made true about errors and open doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from api.problems import MEDIA_TYPE
from api.security import PUBLIC


class ProblemItem(BaseModel):
    """An error as RFC 9457 writes it; `reason` is for programs, `detail` for people.

    A 409 says who was first (`by`) and when (`at`), where somebody was.
    """

    type: str
    title: str
    status: int
    detail: str
    reason: str
    by: str | None = None
    at: str | None = None


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ProblemItem, "description": "Refused; `reason` says why, `detail` what to do."},
    "5XX": {"model": ProblemItem, "description": "A part of the server is away; try again."},
}


def describer(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Give the function that describes an app, to be put in place of FastAPI's own; the answer is made once."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            description = describe()
            for path, operations in description["paths"].items():
                for method, operation in operations.items():
                    _correct(operation, is_public=(method.upper(), path) in PUBLIC)
        return describe()

    return described


def _correct(operation: dict[str, Any], *, is_public: bool) -> None:
    """Say of one operation which media type its errors have, and that a public one needs no session."""
    for status in RESPONSES:
        response = operation["responses"][status]
        response["content"] = {MEDIA_TYPE: next(iter(response["content"].values()))}
    if is_public:
        operation.pop("security", None)
