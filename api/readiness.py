"""Readiness: what is missing for the API to tell the truth, in plain words."""

from __future__ import annotations

from collections.abc import Callable

from api.services import Services
from smartward.errors import SmartwardError
from smartward.instants import SECOND_MS, to_rfc3339

INGEST_SILENT_MS = 10 * SECOND_MS
"""A ledger older than this means that ingest has stopped or cannot write."""
NO_DEVICE = "-"


def missing(services: Services) -> dict[str, str]:
    """Name the parts that do not answer, each with what is wrong and what to do; empty when all is well."""
    parts: dict[str, Callable[[Services], str | None]] = {"store": _store, "database": _database, "ingest": _ingest}
    said = {part: _ask(check, services) for part, check in parts.items()}
    return {part: problem for part, problem in said.items() if problem}


def _ask(check: Callable[[Services], str | None], services: Services) -> str | None:
    try:
        return check(services)
    except SmartwardError as error:
        return str(error)


def _store(services: Services) -> None:
    """Ask the store for something small: an id that no device may have."""
    services.store.latest(device=NO_DEVICE)


def _database(services: Services) -> None:
    services.registry.revision()


def _ingest(services: Services) -> str | None:
    ledger = services.projections.ledger()
    if ledger is None:
        return "Ingest has never written its ledger; start it: smartward ingest"
    if services.clock.now_ms() - ledger.as_of_ms > INGEST_SILENT_MS:
        return f"Ingest is silent since {to_rfc3339(ledger.as_of_ms)}; see its log, or start it: smartward ingest"
    return None
