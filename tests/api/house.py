"""A small house to test in: two wards with devices and people, the API over it, and a clock that stands still."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import msgspec
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.board import Board
from api.services import Services, Settings
from smartward.adapters.clock import FakeClock
from smartward.adapters.memory_relational import (
    MemoryAudit,
    MemoryPeople,
    MemoryProjections,
    MemoryRegistry,
    MemoryRequests,
    MemoryWorkLog,
)
from smartward.adapters.memory_store import MemoryTelemetry
from smartward.alert import AlertCondition, Condition, Severity, alert_id
from smartward.catalogue.load import load
from smartward.device import Device, Site, Ward
from smartward.instants import MINUTE_MS, parse_rfc3339
from smartward.observation import Value
from smartward.passwords import Passwords
from smartward.ports import Batch, Projection, StoredObservation
from smartward.staff import Access, Person

NOW_MS = parse_rfc3339("2026-11-23T07:32:08.120Z")
WARD, OTHER = "song-may", "hoa-binh"
PASSWORD = "đúng-mật-khẩu"
CHEAP = Passwords(time_cost=1, memory_kib=8, parallelism=1)
PEOPLE = {
    "admin": {WARD: Access.ADMIN, OTHER: Access.ADMIN},
    "chief": {WARD: Access.CHIEF},
    "operator": {WARD: Access.OPERATOR},
    "second": {WARD: Access.OPERATOR},
    "viewer": {WARD: Access.VIEWER},
    "stranger": {OTHER: Access.OPERATOR},
    "mixed": {WARD: Access.VIEWER, OTHER: Access.OPERATOR},
}
_HASH = CHEAP.hash(PASSWORD)


@dataclass(frozen=True, kw_only=True)
class House:
    """The services, and the app over them."""

    services: Services

    @property
    def clock(self) -> FakeClock:
        """Give the clock, which stands still."""
        clock = self.services.clock
        assert isinstance(clock, FakeClock)
        return clock

    @cached_property
    def app(self) -> FastAPI:
        """Build the app when it is first used."""
        return create_app(self.services, Settings(), passwords=CHEAP)

    @property
    def board(self) -> Board:
        """Give the app's board."""
        board = self.app.state.board
        assert isinstance(board, Board)
        return board

    def anonymous(self) -> TestClient:
        """Give a client that is nobody."""
        return TestClient(self.app, base_url="http://ward.test")

    def client(self, username: str) -> TestClient:
        """Give a client that is logged in, known by its bearer token and not by a cookie."""
        answer = self.anonymous().post("/api/v1/session", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client = self.anonymous()
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client

    def breach(
        self,
        device: str = "fld-1",
        *,
        rule: str = "flood_road.flood_danger",
        severity: Severity = Severity.CRITICAL,
        started_ms: int = NOW_MS - MINUTE_MS,
        condition: Condition = Condition.FIRING,
        value: Value | None = 0.52,
        threshold: Value | None = 0.5,
        quantity: str = "depth",
        ward: str = WARD,
        inhibits: int = 0,
    ) -> str:
        """Let ingest raise an alert; gives its id."""
        raised = AlertCondition(
            id=alert_id(ward, device, rule, started_ms=started_ms),
            ward=ward,
            rule=rule,
            device=device,
            place="",
            severity=severity,
            condition=condition,
            started_ms=started_ms,
            changed_ms=started_ms,
            value=value,
            threshold=threshold,
            quantity=quantity,
            inhibits=inhibits,
        )
        self.project(raised)
        if condition is Condition.CLEARED:
            self.clear(raised.id)
        return raised.id

    def clear(self, alert: str) -> None:
        """Let ingest say that a condition is over."""
        present = self.services.projections.condition(alert)
        assert present is not None
        now_ms = self.services.clock.now_ms()
        self.project(
            msgspec.structs.replace(
                present, condition=Condition.CLEARED, cleared_ms=now_ms, changed_ms=now_ms, reason="recovered"
            )
        )

    def project(self, *conditions: AlertCondition) -> None:
        """Let ingest show alert conditions."""
        self.services.projections.project(Projection(conditions=conditions))

    def say(
        self,
        values: dict[str, Value],
        *,
        device: str = "fld-1",
        type: str = "flood_road",  # noqa: A002  # the catalogue's name
        ward: str = WARD,
        at_ms: int = NOW_MS,
        received_ms: int | None = None,
    ) -> None:
        """Let ingest store an observation."""
        observation = StoredObservation(
            ward, device, type, at_ms, at_ms if received_ms is None else received_ms, values
        )
        self.services.store.write(Batch(next(_NUMBERS), (observation,)))


_NUMBERS = itertools.count(1)


def furnish(services: Services) -> None:
    """Register two wards, their sites and devices, and the people."""
    registry = services.registry
    registry.put_ward(Ward(WARD, "Phường Sông Mây"))
    registry.put_ward(Ward(OTHER, "Phường Hòa Bình"))
    registry.put_site(Site("ben-do", WARD, "Hẻm 48 Bến Đò", "Khu phố 3", lat=21.2376, lon=105.7042))
    registry.put_device(Device("gw-1", WARD, "gw-1", "edge_gateway", name="Trạm biên 1"))
    registry.put_device(
        Device("fld-1", WARD, "gw-1", "flood_road", name="Đo ngập Bến Đò", site="ben-do", params={"dangerLevel": 0.3})
    )
    registry.put_device(Device("nse-1", WARD, "gw-1", "noise", name="Đo ồn"))
    registry.put_device(Device("hb-gw", OTHER, "hb-gw", "edge_gateway"))
    registry.put_device(Device("hb-fld", OTHER, "hb-gw", "flood_road"))
    for username, access in PEOPLE.items():
        services.people.put_person(Person(username, f"Người {username}", access, password_hash=_HASH))


@pytest.fixture
def house() -> House:
    """Give a furnished house."""
    catalogue = load()
    services = Services(
        store=MemoryTelemetry(catalogue=catalogue),
        registry=MemoryRegistry(),
        people=MemoryPeople(),
        work_log=MemoryWorkLog(),
        audit=MemoryAudit(),
        projections=MemoryProjections(),
        requests=MemoryRequests(),
        catalogue=catalogue,
        clock=FakeClock(NOW_MS),
    )
    furnish(services)
    return House(services=services)
