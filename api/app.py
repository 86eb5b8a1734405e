"""The app: every resource of the API and the console on one FastAPI, behind one gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

import smartward
from api import (
    alert_deeds,
    alerts,
    audit,
    dead_letters,
    devices,
    events,
    health,
    latest,
    ledger,
    metrics,
    notifications,
    observations,
    problems,
    session,
    sites,
    stream,
    wards,
)
from api.board import Board
from api.console import install as console
from api.deeds import Deeds
from api.description import RESPONSES, describer
from api.live import Live
from api.lockout import Lockout
from api.login import Logins
from api.register import RegisterReader
from api.repeats import Repeats
from api.security import gate
from api.services import Services, Settings
from api.shield import Shield
from smartward.passwords import Passwords

ROOT = (health.router, metrics.router)
VERSIONED = (
    session.router,
    wards.router,
    sites.router,
    devices.router,
    latest.router,
    observations.router,
    events.router,
    alerts.router,
    alert_deeds.router,
    notifications.router,
    ledger.router,
    dead_letters.router,
    audit.router,
    stream.router,
)
PREFIX = "/api/v1"


def create_app(services: Services, settings: Settings, *, passwords: Passwords | None = None) -> FastAPI:
    """Build the app; starting and stopping it starts and stops the live task."""
    register = RegisterReader(services.registry)
    board = Board(services, register=register)
    live = Live(services, board=board)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        live.start()
        yield
        await live.stop()

    app = FastAPI(
        title="smartward",
        version=smartward.__version__,
        summary="What the devices of a ward say, which alerts they raise, and what people do about them.",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(gate)],
        responses=RESPONSES,
        lifespan=lifespan,
    )
    app.state.services, app.state.settings = services, settings
    app.state.register, app.state.board, app.state.live = register, board, live
    app.state.deeds = Deeds(services, board=board)
    app.state.repeats = Repeats(find=board.alert)
    app.state.logins = Logins(services, settings=settings, passwords=passwords or Passwords(), lockout=Lockout())
    app.add_middleware(Shield, https=settings.cookie_secure)
    problems.install(app)
    for resource in ROOT:
        app.include_router(resource)
    for resource in VERSIONED:
        app.include_router(resource, prefix=PREFIX)
    console.install(app, services, settings, board=board, register=register)
    app.openapi = describer(app)  # type: ignore[method-assign]  # FastAPI's own way to change the description
    return app
