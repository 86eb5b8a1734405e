"""The console's addresses: the screen "Trực ban", its parts, the live stream, and the deeds as forms.

Every screen is a GET that works without scripts. A deed answers a browser without scripts by leading it back (303),
and htmx by the part that changed; programs use `/api/v1`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Header, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from api.alert_view import AlertView
from api.console.desk import DeskOf
from api.console.refusals import refusal
from api.console.rendering import partial
from api.console.rows import row_of
from api.console.stream import stream
from api.console.visit import Visit, VisitOf
from api.deeds import DeedsOf
from api.live import LiveOf
from api.login import LoginsOf
from api.problems import Problem
from api.security import may_stay
from smartward.alert import Work

router = APIRouter(include_in_schema=False)
NO_STORE = {"Cache-Control": "no-store"}
Asked = Annotated[str, Query(max_length=64)]
Words = Annotated[str, Form(max_length=2_000)]
IsHtmx = Annotated[str, Header(alias="HX-Request", max_length=8)]
Target = Annotated[str, Header(alias="HX-Target", max_length=200)]


@router.get("/")
def duty(visit: VisitOf, live: LiveOf, *, alert: Asked = "") -> HTMLResponse:
    """Show the screen "Trực ban"."""
    screen = visit.screen(chosen=alert, since=visit.position(live))
    return _page(visit.desk.rendering.duty(screen, reader=visit.reader, may_act=visit.may_act))


@router.get("/alerts/{alert}")
def detail(visit: VisitOf, alert: str, *, hx_request: IsHtmx = "") -> Response:
    """Give one alert in full, as a part; a browser that comes by itself is led to the whole screen."""
    view = _find(visit, alert)
    if hx_request != "true":
        return RedirectResponse(visit.reader.link(alert=view.id), status_code=303)
    return _page(_detail(visit, view))


@router.get("/alerts/{alert}/chart")
def chart(visit: VisitOf, alert: str) -> HTMLResponse:
    """Give the last hour of an alert's quantity, as a part."""
    shown = visit.desk.screens.detail(_find(visit, alert), texts=visit.texts)
    return _page(visit.desk.rendering.chart(shown, reader=visit.reader))


@router.get("/pulse")
def pulse(visit: VisitOf) -> HTMLResponse:
    """Give the parts that change with time alone; a page asks once a minute, and so mends itself."""
    screens, rendering, reader = visit.desk.screens, visit.desk.rendering, visit.reader
    counters = screens.counters(visit.ward)
    header = screens.header(visit.ward, person=visit.caller.person, texts=visit.texts)
    health = screens.health(visit.ward, texts=visit.texts)
    last_alert = screens.last_alert(visit.ward, texts=visit.texts)
    parts = [
        partial("#tally", rendering.tally(counters, reader=reader)),
        partial("#kpi", rendering.kpi(counters, header, reader=reader)),
        partial("#rate", rendering.rate(screens.rate(visit.ward), reader=reader)),
        partial("#health", rendering.health(health, reader=reader)),
        partial("#calm", rendering.calm(last_alert, health, reader=reader)),
    ]
    return _page("".join(parts))


@router.get("/live")
async def changes(
    visit: VisitOf,
    *,
    live: LiveOf,
    logins: LoginsOf,
    desk: DeskOf,
    since: Annotated[str, Query(max_length=100)] = "",
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> StreamingResponse:
    """Follow the ward: parts for htmx, `queue` and `devices` as JSON, `resync` when too much was missed."""
    kind, render = desk.renderer(visit.ward, texts=visit.texts, may_act=visit.may_act)
    subscription = live.subscribe(
        wards=(visit.ward,), kind=kind, render=render, last_event_id=last_event_id or since or None
    )
    return stream(live, subscription, clock=desk.services.clock, may_stay=may_stay(visit.caller, logins=logins))


@router.post("/alerts/{alert}/acknowledge")
def acknowledge(
    visit: VisitOf, deeds: DeedsOf, alert: str, *, hx_request: IsHtmx = "", hx_target: Target = ""
) -> Response:
    """Take an alert on; who is second sees in the row who was first."""
    problem = _try(lambda: deeds.acknowledge(alert, caller=visit.caller))
    return _answer(visit, alert, problem=problem, is_htmx=hx_request == "true", target=hx_target)


@router.post("/alerts/{alert}/resolve")
def resolve(
    visit: VisitOf,
    deeds: DeedsOf,
    alert: str,
    *,
    outcome: Annotated[Literal["done", "false_alarm"], Form()] = "done",
    note: Words = "",
    override_reason: Words = "",
    hx_request: IsHtmx = "",
    hx_target: Target = "",
) -> Response:
    """Write how it ended."""
    problem = _try(
        lambda: deeds.resolve(
            alert, caller=visit.caller, outcome=Work(outcome), note=note, override_reason=override_reason
        )
    )
    return _answer(visit, alert, problem=problem, is_htmx=hx_request == "true", target=hx_target)


@router.post("/alerts/{alert}/comment")
def comment(
    visit: VisitOf,
    deeds: DeedsOf,
    alert: str,
    *,
    text: Words = "",
    hx_request: IsHtmx = "",
    hx_target: Target = "",
) -> Response:
    """Write something down."""
    problem = _try(lambda: deeds.comment(alert, caller=visit.caller, text=text))
    return _answer(visit, alert, problem=problem, is_htmx=hx_request == "true", target=hx_target)


def _find(visit: Visit, alert: str) -> AlertView:
    view = visit.desk.screens.alert(alert)
    if view is None or not visit.caller.sees(view.ward):
        raise Problem(404, "not_found", f"There is no alert {alert!r:.70}, or it is not in a ward of yours")
    return view


def _try(deed: Callable[[], AlertView]) -> Problem | None:
    """Do it; a refusal is an answer here, because it is shown where the person looks."""
    try:
        deed()
    except Problem as problem:
        return problem
    return None


def _answer(visit: Visit, alert: str, *, problem: Problem | None, is_htmx: bool, target: str) -> Response:
    """Answer a deed: the part that was aimed at, or for a browser without scripts the screen itself."""
    view = _find(visit, alert)
    people = visit.desk.services.people
    note = refusal(problem, texts=visit.texts, zone=visit.reader.zone, people=people) if problem else ""
    status = problem.status if problem else 200
    if is_htmx and target.startswith("section"):
        return _page(_detail(visit, view, error=note) + partial(f"#{view.id}", _row(visit, view)), status=status)
    if is_htmx:
        return _page(_row(visit, view, note=note), status=status)
    if problem is None:
        return RedirectResponse(visit.reader.link(alert=view.id), status_code=303)
    screen = visit.screen(chosen=view.id, since="", error=note)
    return _page(visit.desk.rendering.duty(screen, reader=visit.reader, may_act=visit.may_act), status=status)


def _row(visit: Visit, view: AlertView, *, note: str = "") -> str:
    row = row_of(view, texts=visit.texts, note=note)
    return visit.desk.rendering.row(row, reader=visit.reader, may_act=visit.may_act)


def _detail(visit: Visit, view: AlertView, *, error: str = "") -> str:
    shown = visit.desk.screens.detail(view, texts=visit.texts, error=error)
    return visit.desk.rendering.detail(shown, reader=visit.reader, may_act=visit.may_act)


def _page(html: str, *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(html, status_code=status, headers=NO_STORE)
