"""An alert as a row of the queue and as a marker on the map, in one language."""

from __future__ import annotations

from collections.abc import Sequence

from api.alert_view import AlertView
from api.console.markers import apart, with_labels
from api.console.texts import Texts
from api.console.views import Marker, Row, Stage
from api.console.wardmap import WardMap
from smartward.alert import Condition, Severity, Work

LABEL_LETTERS = 22


def row_of(view: AlertView, *, texts: Texts, note: str = "") -> Row:
    """Give the row of an alert."""
    english = texts.language == "en"
    measured = bool(view.quantity) and isinstance(view.value, int | float) and not isinstance(view.value, bool)
    value, threshold = (view.value_en, view.threshold_en) if english else (view.value_vi, view.threshold_vi)
    return Row(
        id=view.id,
        severity=view.severity,
        stage=stage_of(view),
        title=view.rule_en if english else view.rule_vi,
        place=place_of(view),
        device=view.device,
        started_ms=view.started_ms,
        due_ms=view.deadline_ms,
        count=view.inhibits,
        who=view.assignee_name or view.acknowledged_by_name or "",
        username=view.assignee or view.acknowledged_by or "",
        value=value if measured else "",
        threshold=threshold if measured and view.threshold is not None else "",
        steps=view.response(texts.language),
        lat=view.lat,
        lon=view.lon,
        note=note,
    )


def stage_of(view: AlertView) -> Stage:
    """Say how a row is drawn: what the device no longer reports is over, whoever has it."""
    if view.is_done:
        return "done"
    if view.condition is Condition.CLEARED:
        return "over"
    return {Work.NEW: "new", Work.ACKNOWLEDGED: "accepted"}.get(view.work, "working")  # type: ignore[return-value]  # the three literals


def place_of(view: AlertView) -> str:
    """Name the place with its khu phố, once."""
    if not view.neighbourhood or view.neighbourhood in view.place:
        return view.place
    return f"{view.place} · {view.neighbourhood}"


def markers_of(views: Sequence[AlertView], *, ward_map: WardMap | None, texts: Texts) -> tuple[Marker, ...]:
    """Place open alerts on the map, the most urgent drawn last; severe ones and outages carry a label."""
    if ward_map is None:
        return ()
    urgent_first = [
        _marker(view, ward_map=ward_map, texts=texts) for view in views if view.lat is not None and view.lon is not None
    ]
    return tuple(with_labels(apart(urgent_first), names=ward_map.names)[::-1])


def _marker(view: AlertView, *, ward_map: WardMap, texts: Texts) -> Marker:
    row = row_of(view, texts=texts)
    x, y = ward_map.plane.place(view.lat or 0.0, view.lon or 0.0)
    wants_label = view.severity.rank >= Severity.HIGH.rank or view.inhibits > 0
    return Marker(
        id=view.id,
        severity=view.severity,
        stage=row.stage,
        x=x,
        y=y,
        title=f"{row.title} · {row.place}",
        label=_label(row, texts=texts) if wants_label else "",
    )


def _label(row: Row, *, texts: Texts) -> str:
    """Say the most in the fewest letters: the value, how many are lost, or the beginning of the title."""
    if row.count:
        return f"{row.count} {texts.legend_lost.lower()}"
    if row.value:
        return row.value
    words = row.title.partition(":")[0]
    return words if len(words) <= LABEL_LETTERS else words[: LABEL_LETTERS - 1].rstrip() + "…"
