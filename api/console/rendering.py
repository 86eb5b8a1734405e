"""Templates into HTML: strict about every name, escaping everything, in one language at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

from api.console.chart import RateChart
from api.console.reader import Reader
from api.console.texts import Texts
from api.console.times import utc_offset_s
from api.console.views import Counters, Detail, DutyScreen, Header, Health, LastAlert, Marker, Row

TEMPLATES = Path(__file__).parent / "templates"
HTMX = {
    "extensions": "sse",
    "history": False,
    "includeIndicatorCSS": False,
    "prefix": "",
    "defaultSwap": "outerMorph",
    "noSwap": [204, 304, "4xx", "5xx"],
    "morphIgnore": ["data-htmx-powered", "open", "aria-current"],
}
"""htmx without anything that a strict policy would refuse, and without swapping errors into the page."""
SPOKEN = (
    "accept_within", "ago", "connecting", "days", "deed_failed", "finish_within", "hours", "late_by", "live", "lost",
    "lost_stamp", "lost_trying", "minutes", "search_none", "seconds", "signed_out", "weekdays",
)  # fmt: skip
"""The messages that scripts write while the page stands open."""


class Rendering:
    """Renders pages and parts; `static` is the address of the console's files."""

    def __init__(self, *, static: str) -> None:
        self._env = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.globals["static"] = static

    def duty(self, screen: DutyScreen, *, reader: Reader, may_act: bool) -> str:
        """Render the whole screen "Trực ban"."""
        return self._render(
            "duty.html",
            reader=reader,
            screen=screen,
            may_act=may_act,
            words=_words(reader.t),
            htmx_config=msgspec.json.encode(HTMX).decode(),
            utc_offset_s=utc_offset_s(reader.now_ms, zone=reader.zone),
        )

    def detail(self, detail: Detail, *, reader: Reader, may_act: bool) -> str:
        """Render one alert in full."""
        return self._render("detail.html", reader=reader, detail=detail, may_act=may_act)

    def chart(self, detail: Detail, *, reader: Reader) -> str:
        """Render the last hour of an alert's quantity."""
        return self._render("chart.html", reader=reader, detail=detail)

    def row(self, row: Row, *, reader: Reader, may_act: bool) -> str:
        """Render one row of the queue; which row is chosen and which are hidden each browser knows for itself."""
        return self._render("row.html", reader=reader, row=row, chosen="", hidden=False, may_act=may_act)

    def tally(self, counters: Counters, *, reader: Reader) -> str:
        """Render the counts by severity."""
        return self._render("tally.html", reader=reader, counters=counters)

    def kpi(self, counters: Counters, header: Header, *, reader: Reader) -> str:
        """Render the figures of the strip."""
        return self._render("kpi.html", reader=reader, counters=counters, header=header)

    def marks(self, markers: Sequence[Marker], *, reader: Reader) -> str:
        """Render the alerts on the map."""
        return self._render("marks.html", reader=reader, markers=markers)

    def rate(self, rate: RateChart, *, reader: Reader) -> str:
        """Render the alert rate."""
        return self._render("rate.html", reader=reader, rate=rate)

    def health(self, health: Health, *, reader: Reader) -> str:
        """Render the devices' health."""
        return self._render("health.html", reader=reader, health=health)

    def calm(self, last_alert: LastAlert | None, health: Health, *, reader: Reader) -> str:
        """Render what an empty queue says."""
        return self._render("calm.html", reader=reader, last_alert=last_alert, health=health)

    def login(self, *, texts: Texts, ward_name: str, username: str, wrong: str, is_demo: bool) -> str:
        """Render the login page."""
        template = self._env.get_template("login.html")
        return template.render(t=texts, ward_name=ward_name, username=username, wrong=wrong, is_demo=is_demo)

    def error(self, *, texts: Texts, status: int, what: str, remedy: str) -> str:
        """Render the plain page that says what went wrong and what to do."""
        return self._env.get_template("error.html").render(t=texts, status=status, what=what, remedy=remedy)

    def _render(self, template: str, *, reader: Reader, **names: object) -> str:
        return self._env.get_template(template).render(r=reader, t=reader.t, **names)


def partial(target: str, html: str, *, swap: str = "outerMorph") -> str:
    """Wrap a part so that htmx puts it where it belongs; a page that has no such place passes it over."""
    return f'<hx-partial hx-target="{escape(target)}" hx-swap="{swap}">{html}</hx-partial>'


def _words(texts: Texts) -> str:
    return msgspec.json.encode({name: getattr(texts, name) for name in SPOKEN}).decode()
