"""The reader: who looks, in which language, at what time, from which address; how templates write for them."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from api.console import times
from api.console.texts import Texts
from api.console.views import SHOWN, Filter, HealthLine, Row
from smartward.alert import Severity
from smartward.instants import to_rfc3339
from smartward.wording import number

STAGES = {"new": "new", "accepted": "acknowledged", "working": "in_progress", "over": "over", "done": "done"}
GAP = 1.0
"""Free space between the parts of a health bar, in hundredths of its width."""


class Part(msgspec.Struct, frozen=True):
    """One rectangle of a health bar, in a box of 100 by 8; `name` is its CSS class."""

    name: str
    x: float
    width: float
    y: float = 0
    height: float = 8


class Reader(msgspec.Struct, frozen=True):
    """What every template has as `r`. `ward` is empty when the person has only one."""

    t: Texts
    zone: ZoneInfo
    now_ms: int
    filter: Filter = "all"
    ward: str = ""

    @property
    def shown_severities(self) -> tuple[Severity, ...]:
        """List the severities that the header counts."""
        return SHOWN

    # --- addresses ------------------------------------------------------------------------------------------

    def query(self, **parts: str) -> str:
        """Write the query of an address of ours: only what differs from the default."""
        kept = {"lang": "en" if self.t.language == "en" else "", "ward": self.ward} | parts
        written = urlencode({name: value for name, value in kept.items() if value})
        return f"?{written}" if written else ""

    def link(self, *, alert: str = "", filter: str = "") -> str:  # noqa: A002  # the name in the address
        """Give the address of this screen with another alert or another filter."""
        chosen = filter or self.filter
        return "/" + self.query(alert=alert, filter="" if chosen == "all" else chosen)

    def other_language(self) -> str:
        """Give the address of this screen in the other language."""
        chosen = "" if self.filter == "all" else self.filter
        return "/" + self.query(lang="" if self.t.language == "en" else "en", filter=chosen)

    def deed(self, alert: str, verb: str) -> str:
        """Give where a deed on an alert is posted."""
        return f"/alerts/{alert}/{verb}{self.query()}"

    def detail_link(self, alert: str) -> str:
        """Give where an alert's detail is read as a fragment."""
        return f"/alerts/{alert}{self.query()}"

    def chart_link(self, alert: str) -> str:
        """Give where an alert's last hour is read as a fragment."""
        return f"/alerts/{alert}/chart{self.query()}"

    def pulse_link(self) -> str:
        """Give where the parts are read that change with time alone."""
        return f"/pulse{self.query()}"

    def stream_link(self, since: str) -> str:
        """Give where the live stream of this screen begins: after what the page already shows."""
        return f"/live{self.query(since=since)}"

    # --- words ----------------------------------------------------------------------------------------------

    def severity(self, severity: str) -> str:
        """Name a severity."""
        return str(getattr(self.t, severity))

    def stage(self, stage: str) -> str:
        """Name how far an alert has come."""
        return str(getattr(self.t, STAGES[stage]))

    def number(self, value: float, decimals: int | None = None) -> str:
        """Write a number in the reader's language."""
        return number(value if decimals is None else round(value, decimals), lang=self.t.language)

    def find(self, row: Row) -> str:
        """Give what the search looks into: title, place and device without accents, đ as d."""
        return fold(f"{row.title} {row.place} {row.device} {row.who}")

    # --- times ----------------------------------------------------------------------------------------------

    def iso(self, at_ms: int) -> str:
        """Write an instant for machines."""
        return to_rfc3339(at_ms)

    def clock(self, at_ms: int) -> str:
        """Write the time of day."""
        return times.clock_time(at_ms, zone=self.zone)

    def hour_minute(self, at_ms: int) -> str:
        """Write the time of day to the minute."""
        return times.hour_minute(at_ms, zone=self.zone)

    def weekday(self, at_ms: int) -> str:
        """Write the day with its name."""
        return times.weekday_and_day(at_ms, zone=self.zone, texts=self.t)

    def moment(self, at_ms: int) -> str:
        """Write the time of day, with the date when it was another day."""
        return times.moment(at_ms, now_ms=self.now_ms, zone=self.zone)

    def age(self, at_ms: int) -> str:
        """Write how long ago an instant was."""
        return times.duration(self.now_ms - at_ms, texts=self.t)

    def span(self, length_ms: int) -> str:
        """Write how long something lasted."""
        return times.duration(length_ms, texts=self.t)

    def is_late(self, due_ms: int) -> bool:
        """Tell whether a deadline has passed."""
        return self.now_ms > due_ms

    def due(self, row: Row) -> str:
        """Write a row's deadline: what is left of it, or by how much it is missed."""
        if row.due_ms is None:
            return ""
        if self.is_late(row.due_ms):
            return self.t.late_by.format(time=times.duration(self.now_ms - row.due_ms, texts=self.t))
        text = self.t.accept_within if row.stage == "new" else self.t.finish_within
        return text.format(time=times.countdown(row.due_ms - self.now_ms, texts=self.t))

    # --- shapes ---------------------------------------------------------------------------------------------

    def parts(self, line: HealthLine) -> tuple[Part, ...]:
        """Lay out a health bar: good, weak, lost, unknown; the smallest trouble stays wide enough to be seen."""
        counts = [("z", line.good), ("w", line.weak), ("o", line.lost), ("u", line.unknown)]
        present = [(name, count) for name, count in counts if count]
        room = 100.0 - GAP * (len(present) - 1)
        widths = [max(3.0, room * count / line.total) for _, count in present]
        shrink = room / sum(widths) if widths else 1.0
        parts, x = [], 0.0
        for (name, _), width in zip(present, widths, strict=True):
            inset = 0.75 if name in ("o", "u") else 0.0
            parts.append(Part(name, round(x, 2), round(width * shrink, 2), inset, 8 - 2 * inset))
            x += width * shrink + GAP
        return tuple(parts)


def fold(text: str) -> str:
    """Write a text as the search compares it: lower case, without accents, đ as d."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
