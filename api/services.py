"""What the API works with: the ports, the catalogue and the clock in one frozen bundle, and its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from smartward.catalogue.model import Catalogue
from smartward.ports import Audit, Clock, People, Projections, Registry, Requests, TelemetryStore, WorkLog


@dataclass(frozen=True, kw_only=True)
class Services:
    """The ports that the API reads and writes; chosen once, by the composition root."""

    store: TelemetryStore
    registry: Registry
    people: People
    work_log: WorkLog
    audit: Audit
    projections: Projections
    requests: Requests
    catalogue: Catalogue
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an administrator may decide about the API.

    `session_s` is how long a login lasts. `cookie_secure` is for https: the browser then sends the session over
    nothing else. `map_file` is the GeoJSON that the console draws; `footage_file` names what the cameras play.
    """

    session_s: int = 12 * 3600
    cookie_secure: bool = False
    map_file: str = ""
    footage_file: str = ""


def services_of(request: Request) -> Services:
    """Give a route the services of its app."""
    return cast("Services", request.app.state.services)


def settings_of(request: Request) -> Settings:
    """Give a route the settings of its app."""
    return cast("Settings", request.app.state.settings)


ServicesOf = Annotated[Services, Depends(services_of)]
SettingsOf = Annotated[Settings, Depends(settings_of)]
