"""What the templates are given: frozen, already in the reader's language, with nothing left to look up."""

from __future__ import annotations

from typing import Literal

import msgspec

from api.console.chart import LineChart, RateChart
from api.console.wardmap import WardMap
from smartward.alert import Severity

Stage = Literal["new", "accepted", "working", "over", "done"]
"""How a row is drawn: filled and bold, hollow, hollow, grey, gone."""
Filter = Literal["all", "new", "mine"]
SHOWN = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
"""The four severities that the header counts; informational alerts are in the queue only."""


class Row(msgspec.Struct, frozen=True):
    """One alert in the queue.

    `due_ms` is the present deadline: to acknowledge while it is new, to resolve after that. `count` is how many
    devices the same cause silences. `value` and `threshold` are written out with their units.
    """

    id: str
    severity: Severity
    stage: Stage
    title: str
    place: str
    device: str
    started_ms: int
    due_ms: int | None = None
    count: int = 0
    who: str = ""
    username: str = ""
    value: str = ""
    threshold: str = ""
    steps: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    note: str = ""
    """What went wrong with the last deed on this row, in the row itself (409: who was first)."""


class Marker(msgspec.Struct, frozen=True):
    """One alert on the map; `side` says where its label stands free of the others, empty for none."""

    id: str
    severity: Severity
    stage: Stage
    x: float
    y: float
    title: str
    label: str = ""
    side: Literal["", "right", "left"] = ""
    width: float = 0.0


class Dot(msgspec.Struct, frozen=True):
    """One device on the map."""

    id: str
    x: float
    y: float
    presence: str
    is_camera: bool
    title: str


class HealthLine(msgspec.Struct, frozen=True):
    """The devices of one type by what is heard of them; unknown is counted apart from good and lost."""

    label: str
    good: int
    weak: int
    lost: int
    unknown: int

    @property
    def total(self) -> int:
        """Give how many there are."""
        return self.good + self.weak + self.lost + self.unknown


class Health(msgspec.Struct, frozen=True):
    """All types of devices, those with trouble first."""

    lines: tuple[HealthLine, ...]

    @property
    def good(self) -> int:
        """Count the devices that are heard as they should be."""
        return sum(line.good for line in self.lines)

    @property
    def lost(self) -> int:
        """Count the devices that are lost."""
        return sum(line.lost for line in self.lines)

    @property
    def total(self) -> int:
        """Count all devices."""
        return sum(line.total for line in self.lines)


class Counters(msgspec.Struct, frozen=True):
    """What the header and the filters count: `by_severity` what fires, `over` what has cleared and awaits a word."""

    by_severity: dict[Severity, int]
    over: dict[Severity, int]
    open: int
    unacknowledged: int
    overdue: int


class Happening(msgspec.Struct, frozen=True):
    """One line of what happened; `kind` is `condition`, `deed` or `notice`."""

    at_ms: int
    text: str
    kind: str


class Reading(msgspec.Struct, frozen=True):
    """One newest value of a device, with when it was true."""

    label: str
    value: str
    observed_ms: int
    is_old: bool


class DeviceCard(msgspec.Struct, frozen=True):
    """The device behind an alert: what it is, whether it is heard, what it last said."""

    id: str
    name: str
    type: str
    gateway: str
    presence: str
    presence_text: str
    heard_ms: int | None
    readings: tuple[Reading, ...]
    is_camera: bool = False
    footage: str = ""


class Detail(msgspec.Struct, frozen=True):
    """One alert in full. `unit` goes with `value`; `quantity` names what the chart draws, empty for no chart."""

    row: Row
    stage_text: str
    value: str
    unit: str
    value_ms: int | None
    is_old: bool
    quantity: str
    chart: LineChart | None
    chart_unit: str
    source: str
    happenings: tuple[Happening, ...]
    device: DeviceCard | None
    is_firing: bool
    can_accept: bool
    can_finish: bool
    error: str = ""


class LastAlert(msgspec.Struct, frozen=True):
    """The newest alert there ever was, for the empty queue."""

    title: str
    place: str
    started_ms: int


class Header(msgspec.Struct, frozen=True):
    """The strip above everything; `satisfaction` is empty when nobody has voted today."""

    ward: str
    ward_name: str
    profile: str
    person: str
    username: str
    satisfaction: str


class DutyScreen(msgspec.Struct, frozen=True):
    """The whole screen "Trực ban" as it stood at `now_ms`.

    `rows` are all open alerts in their order; `chosen` is the id of the one in detail,
    `recent` what was last, shown while there is none. `since` is how far
    the live stream is already contained; `missing` an alert that was asked for and is not there. `footage` are the
    lines that say what the ward's cameras play instead of the street.
    """

    header: Header
    counters: Counters
    rows: tuple[Row, ...]
    filter: Filter
    chosen: str
    detail: Detail | None
    health: Health
    rate: RateChart
    markers: tuple[Marker, ...]
    dots: tuple[Dot, ...]
    ward_map: WardMap | None
    last_alert: LastAlert | None
    recent: tuple[Row, ...]
    since: str
    missing: str = ""
    footage: tuple[str, ...] = ()

    @property
    def clips(self) -> str:
        """Name the footage in short: what stands before the colon of each line."""
        return ", ".join(dict.fromkeys(line.partition(": ")[0] for line in self.footage))

    def shows(self, row: Row) -> bool:
        """Tell whether the chosen filter shows a row."""
        match self.filter:
            case "new":
                return row.stage == "new"
            case "mine":
                return row.username == self.header.username and row.stage != "new"
            case "all":
                return True

    @property
    def mine(self) -> int:
        """Count the rows that the reader has taken on."""
        return sum(row.username == self.header.username and row.stage != "new" for row in self.rows)

    @property
    def empty(self) -> str:
        """Name the filter that shows nothing; empty when it shows something."""
        return "" if any(self.shows(row) for row in self.rows) else self.filter if self.rows else "all"
