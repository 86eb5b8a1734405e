"""Metrics: the API's and the ledger's figures as Prometheus text, open to all; no device and no person is named."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import msgspec
import psutil
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from api.board import Board, BoardOf
from api.live import Live, LiveOf
from api.login import Logins, LoginsOf
from api.readiness import missing
from api.services import Services, ServicesOf
from smartward.errors import StoreUnavailable
from smartward.instants import SECOND_MS

router = APIRouter(tags=["operations"])
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PARTS = ("store", "database", "ingest")


class Family(msgspec.Struct, frozen=True):
    """One metric with its samples: label text (without braces, may be empty) to value."""

    name: str
    help: str
    kind: str
    samples: Mapping[str, float]


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(services: ServicesOf, board: BoardOf, logins: LoginsOf, live: LiveOf) -> PlainTextResponse:
    """Give the figures of this process and of the ledger."""
    families = [*_process(logins, live), *_parts(services)]
    with suppress(StoreUnavailable):  # told by smartward_part_ready; absent figures are better than old ones
        families += [*_ledger(services), *_alerts(services, board)]
    return PlainTextResponse("".join(map(text_of, families)), media_type=CONTENT_TYPE)


def text_of(family: Family) -> str:
    """Write one metric in Prometheus' text format."""
    samples = "".join(
        f"{family.name}{'{' + labels + '}' if labels else ''} {value:.15g}\n"
        for labels, value in family.samples.items()
    )
    return f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n{samples}"


def _process(logins: Logins, live: Live) -> list[Family]:
    logged_in = {f'result="{result}"': count for result, count in logins.counts.items()}
    memory = psutil.Process().memory_info().rss
    return [
        Family("smartward_api_logins_total", "Login attempts since the start, by result.", "counter", logged_in),
        Family("smartward_api_sessions", "Sessions used within the last five minutes.", "gauge", {"": logins.in_use()}),
        Family("smartward_api_streams", "Open event streams.", "gauge", {"": live.streams}),
        Family(
            "smartward_api_failed_looks_total",
            "Times that the live stream could not read what has changed.",
            "counter",
            {"": live.failed_looks},
        ),
        Family("process_resident_memory_bytes", "Resident memory of the API process.", "gauge", {"": memory}),
    ]


def _parts(services: Services) -> list[Family]:
    away = missing(services)
    samples = {f'part="{part}"': float(part not in away) for part in PARTS}
    return [Family("smartward_part_ready", "Whether a part answers (1) or not (0).", "gauge", samples)]


def _ledger(services: Services) -> list[Family]:
    ledger = services.projections.ledger()
    if ledger is None:
        return []
    figures = {f'figure="{name}"': float(value) for name, value in msgspec.to_builtins(ledger.total).items()}
    age_s = (services.clock.now_ms() - ledger.as_of_ms) / SECOND_MS
    return [
        Family("smartward_ledger_items", "Items of the ledger, all devices together, by figure.", "gauge", figures),
        Family("smartward_ledger_balances", "Whether the ledger balances (1).", "gauge", {"": ledger.total.balances}),
        Family("smartward_ledger_age_seconds", "Age of the newest ledger.", "gauge", {"": age_s}),
    ]


def _alerts(services: Services, board: Board) -> list[Family]:
    counts = board.counts([ward.id for ward in services.registry.wards()])
    by_severity = {f'severity="{severity}"': count for severity, count in counts.by_severity.items()}
    return [
        Family("smartward_alerts_open", "Alerts that wait for somebody, by severity.", "gauge", by_severity),
        Family("smartward_alerts_unacknowledged", "Open alerts that nobody has.", "gauge", {"": counts.unacknowledged}),
        Family("smartward_alerts_overdue", "Open alerts past their deadline.", "gauge", {"": counts.overdue}),
    ]
