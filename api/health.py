"""Health: whether this process lives, and whether it can tell the truth; for supervisors, open to all."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.readiness import missing
from api.services import ServicesOf

router = APIRouter(tags=["operations"])


class Alive(BaseModel):
    """The process answers."""

    status: str = "ok"


class Readiness(BaseModel):
    """Whether all parts answer; `missing` says of each that does not what is wrong and what to do."""

    ready: bool
    missing: dict[str, str]


@router.get("/healthz")
async def healthz() -> Alive:
    """Say that this process lives."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Readiness}})
def readyz(services: ServicesOf, response: Response) -> Readiness:
    """Say whether store, database and ingest answer; 503 with what is missing when not."""
    parts = missing(services)
    response.status_code = 503 if parts else 200
    return Readiness(ready=not parts, missing=parts)
