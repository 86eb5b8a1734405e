"""Offices: the one-stop counter, the dossier system's counts and the citizens' reports."""

from __future__ import annotations

import math

from edge.simulated.chance import between, stream, unit
from edge.simulated.config import SimulatedDevice
from edge.simulated.hours import SATURDAY, SUNDAY, DayCurve
from edge.simulated.world import State
from smartward.instants import DAY_MS, to_datetime
from smartward.observation import Value

_DOSSIERS_A_YEAR = 6000
_RATES = {
    "on_time": (0.985, 0.96),
    "online": (0.9438, 1.0),
    "e_result": (0.8267, 0.93),
    "digitised": (0.7983, 1.0),
    "archived": (0.9937, 0.93),
    "reuse": (0.90, 1.0),
    "e_payment": (1.0, 0.55),
    "satisfaction": (0.964, 0.4),
}
"""Per indicator: its rate as the ward's article gives it (on time and satisfaction are our own), and how many of the
received dossiers it is about."""
_OFFICE_HOURS = DayCurve((0, 0), (7, 0), (8.5, 1), (11, 0.8), (12, 0.1), (13.5, 0.8), (16, 0.7), (17.5, 0), (24, 0))
_NONE_OVERDUE_SHARE, _OVERDUE_MOST, _DUE_MOST = 0.85, 3, 5


def service_queue(state: State, device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say what the number board shows, and the waiting times of its own tickets."""
    board = state.board(device)
    return {
        "waiting": board.waiting,
        "last_issued": board.issued,
        "serving": board.called,
        "wait_p90": round(min(board.wait_p90_min, 480.0), 2),
        "counters_open": board.counters_open,
        "service_status": "Open" if board.counters_open else "Closed",
        "votes_happy": board.votes_happy,
        "votes_total": board.votes_total,
    }


def dossier_kpi(state: State, _device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say the year's counts: numerators and denominators, never a typed rate."""
    chance = stream(state.seed, "dossiers")
    received = _received(state)
    day = state.local.day
    overdue = 0 if unit(chance, day) < _NONE_OVERDUE_SHARE else 1 + int(_OVERDUE_MOST * unit(chance ^ 1, day))
    counts: dict[str, Value] = {
        "received": received,
        "overdue": overdue,
        "due_24h": int((_DUE_MOST + 1) * unit(chance ^ 2, day * 24 + int(state.local.hour))),
    }
    for order, (name, (rate, about)) in enumerate(_RATES.items()):
        denominator = math.floor(received * about)
        own_rate = min(1.0, rate + between(chance ^ 3, order, -0.004, 0.004)) if rate < 1 else 1.0
        counts[f"{name}_num"] = math.floor(denominator * own_rate)
        counts[f"{name}_den"] = denominator
    return counts


def citizen_report(state: State, _device: SimulatedDevice, _since_ms: int) -> dict[str, Value]:
    """Say how many reports are open and overdue, and how those of the last thirty days ended."""
    books = state.reports()
    return {
        "open": books.made - books.closed,
        "overdue": books.overdue,
        "on_time_rate": round(books.on_time_rate, 4),
        "satisfied_rate": round(books.satisfied_rate, 4),
    }


def _received(state: State) -> int:
    """Count the dossiers received since 1 January: about six thousand a year, in office hours of working days."""
    today = to_datetime(state.local.day * DAY_MS)
    new_year = state.local.day - today.timetuple().tm_yday + 1
    working_days = _working_days_before(state.local.day) - _working_days_before(new_year)
    if state.local.weekday not in {SATURDAY, SUNDAY}:
        working_days += _OFFICE_HOURS.until(state.local.hour) / _OFFICE_HOURS.total
    return math.floor(working_days * _DOSSIERS_A_YEAR / 250)


def _working_days_before(day: int) -> float:
    """Count Mondays to Fridays before a local day, from a Monday in 1969 on."""
    weeks, weekday = divmod(day + 3, 7)
    return weeks * 5 + min(weekday, 5)
