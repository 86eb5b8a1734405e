"""The screen "Trực ban", put together from the board, the registry and what devices last said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from api.alert_view import AlertView
from api.board import Board
from api.console.chart import BUCKET_MS, LineChart, RateChart, line_chart, rate_chart
from api.console.happenings import happenings_of
from api.console.kinds import short_name
from api.console.markers import spread
from api.console.rows import markers_of, row_of, stage_of
from api.console.texts import Texts
from api.console.times import midnight
from api.console.views import (
    Counters,
    Detail,
    DeviceCard,
    Dot,
    Header,
    Health,
    HealthLine,
    LastAlert,
    Marker,
    Reading,
    Row,
)
from api.console.wardmap import WardMap
from api.register import Register, RegisterReader
from api.services import Services
from smartward.alert import Severity, Work
from smartward.catalogue.model import Quantity, label
from smartward.device import Device, Presence, PresenceState, Ward
from smartward.instants import HOUR_MS, SECOND_MS
from smartward.ports import Fn, Latest, Point
from smartward.staff import Person
from smartward.wording import number, shown, written

READINGS = 6
RECENT = 8
OLD_INTERVALS = 3
"""A value is shown with its age once this many expected ones have not come."""
DOT_STEP = 7.0
PROPOSED = "G"
"""The catalogue's mark of a threshold that rests on general knowledge; its own note is in English."""
ORDER = {PresenceState.ONLINE: 0, PresenceState.STALE: 1, PresenceState.OFFLINE: 2, PresenceState.UNKNOWN: 3}


class Screens:
    """Builds the parts of the screen; reads only, so any thread may."""

    def __init__(
        self,
        services: Services,
        *,
        board: Board,
        register: RegisterReader,
        ward_map: WardMap | None,
        footage: Mapping[str, str],
    ) -> None:
        self._services, self._board, self._register = services, board, register
        self._ward_map, self._footage = ward_map, footage

    @property
    def ward_map(self) -> WardMap | None:
        """Give the map that markers and dots are placed on."""
        return self._ward_map

    def now_ms(self) -> int:
        """Say what time it is."""
        return self._services.clock.now_ms()

    def ward(self, ward: str) -> Ward:
        """Find a ward; one that was removed meanwhile keeps its id for a name."""
        return self._register.read().wards.get(ward) or Ward(ward, ward)

    def zone(self, ward: str) -> ZoneInfo:
        """Give a ward's clock."""
        return ZoneInfo(self.ward(ward).timezone)

    # --- the strip ------------------------------------------------------------------------------------------

    def header(self, ward: str, *, person: Person, texts: Texts) -> Header:
        """Fill the strip above everything."""
        profile = self._services.catalogue.profile
        return Header(
            ward=ward,
            ward_name=self.ward(ward).name,
            profile="" if profile.name == "normal" else label(profile, texts.language),
            person=person.name or person.username,
            username=person.username,
            satisfaction=self.satisfaction(ward, texts=texts),
        )

    def satisfaction(self, ward: str, *, texts: Texts) -> str:
        """Say which part of today's voters at the counters was satisfied; empty before anybody voted."""
        today_ms = midnight(self.now_ms(), zone=self.zone(ward))
        votes = {"votes_happy": 0.0, "votes_total": 0.0}
        for latest in self._services.store.latest(ward=ward, type="service_queue"):
            if latest.quantity in votes and latest.observed_ms >= today_ms and isinstance(latest.value, int | float):
                votes[latest.quantity] += latest.value
        if not votes["votes_total"]:
            return ""
        return f"{number(100 * votes['votes_happy'] / votes['votes_total'], lang=texts.language)} %"

    def counters(self, ward: str) -> Counters:
        """Count what waits: what still fires by severity, and apart from it what only awaits a word."""
        queue, now_ms = self._board.queue((ward,)), self.now_ms()
        stages = [(view.severity, stage_of(view)) for view in queue]
        return Counters(
            by_severity={one: sum(s is one and stage != "over" for s, stage in stages) for one in Severity},
            over={one: stages.count((one, "over")) for one in Severity},
            open=len(queue),
            unacknowledged=sum(stage == "new" for _, stage in stages),
            overdue=sum(view.is_overdue(now_ms) for view in queue),
        )

    # --- the queue and the map ------------------------------------------------------------------------------

    def queue(self, ward: str) -> list[AlertView]:
        """List the open alerts in their order."""
        return self._board.queue((ward,))

    def rows(self, queue: Sequence[AlertView], *, texts: Texts) -> tuple[Row, ...]:
        """Give the rows of the queue."""
        return tuple(row_of(view, texts=texts) for view in queue)

    def markers(self, queue: Sequence[AlertView], *, texts: Texts) -> tuple[Marker, ...]:
        """Place the open alerts on the map."""
        return markers_of(queue, ward_map=self._ward_map, texts=texts)

    def last_alert(self, ward: str, *, texts: Texts) -> LastAlert | None:
        """Find the newest alert there ever was."""
        newest = next(iter(self._board.alerts((ward,))), None)
        if newest is None:
            return None
        row = row_of(newest, texts=texts)
        return LastAlert(row.title, row.place, newest.started_ms)

    def recent(self, ward: str, *, texts: Texts) -> tuple[Row, ...]:
        """List the newest alerts that are over."""
        over = [view for view in self._board.alerts((ward,)) if view.is_resolved]
        return tuple(row_of(view, texts=texts) for view in over[:RECENT])

    def dots(self, ward: str) -> tuple[Dot, ...]:
        """Place every device whose position is known."""
        if self._ward_map is None:
            return ()
        register, presences = self._register.read(), self._presences(ward)
        standing = [
            (device, self._ward_map.plane.place(*where))
            for device in register.devices_in((ward,))
            if (where := _where(device, register=register))
        ]
        places = spread([place for _, place in standing], step=DOT_STEP)
        return tuple(
            Dot(
                id=device.id,
                x=x,
                y=y,
                presence=_state(device.id, presences).value,
                is_camera=device.type == "camera",
                title=device.name or device.id,
            )
            for (device, _), (x, y) in zip(standing, places, strict=True)
        )

    def footage(self, ward: str) -> tuple[str, ...]:
        """Say what the ward's cameras play where that is not the street, each clip once."""
        devices = self._register.read().devices_in((ward,))
        return tuple(dict.fromkeys(self._footage[device.id] for device in devices if device.id in self._footage))

    # --- below the map --------------------------------------------------------------------------------------

    def rate(self, ward: str) -> RateChart:
        """Count the alerts of the last six hours by their start, over the time that anything has been heard."""
        started = [view.started_ms for view in self._board.alerts((ward,))]
        heard = [presence.since_ms for presence in self._presences(ward).values() if presence.heard_ms is not None]
        now_ms = self.now_ms()
        return rate_chart(started, now_ms=now_ms, since_ms=min([*started, *heard], default=now_ms))

    def health(self, ward: str, *, texts: Texts) -> Health:
        """Count devices by type and presence, trouble first."""
        presences = self._presences(ward)
        counts: dict[str, list[int]] = {}
        for device in self._register.read().devices_in((ward,)):
            counts.setdefault(device.type, [0, 0, 0, 0])[ORDER[_state(device.id, presences)]] += 1
        lines = [
            HealthLine(
                label=short_name(kind, catalogue=self._services.catalogue, lang=texts.language),
                good=good,
                weak=weak,
                lost=lost,
                unknown=unknown,
            )
            for kind, (good, weak, lost, unknown) in counts.items()
        ]
        return Health(tuple(sorted(lines, key=lambda line: (-line.lost, -line.weak, -line.unknown, -line.total))))

    # --- one alert ------------------------------------------------------------------------------------------

    def alert(self, alert: str) -> AlertView | None:
        """Find an alert, open or over."""
        return self._board.alert(alert)

    def detail(self, view: AlertView, *, texts: Texts, error: str = "") -> Detail:
        """Tell everything about one alert."""
        lang = texts.language
        quantity = self._services.catalogue.quantity(view.device_type, view.quantity) if view.quantity else None
        latest = {item.quantity: item for item in self._services.store.latest(device=view.device)}
        newest = latest.get(view.quantity)
        value, _, unit = written(newest.value if newest else None, quantity=quantity, lang=lang).partition(" ")
        stage = stage_of(view)
        row = row_of(view, texts=texts)
        return Detail(
            row=row,
            stage_text=_stage_text(view, texts=texts),
            value=value,
            unit=unit,
            value_ms=newest.observed_ms if newest else None,
            is_old=newest is None or self._is_old(newest, quantity=quantity),
            quantity=label(quantity, lang) if quantity and quantity.is_numeric else "",
            chart=self._chart(view, quantity=quantity, newest=newest),
            chart_unit=shown(quantity, lang=lang)[1],
            source=texts.source_proposed if view.source == PROPOSED else view.source_text,
            happenings=happenings_of(
                view,
                self._services.projections.notifications(view.id),
                texts=texts,
                catalogue=self._services.catalogue,
                name_of=self._names(),
            ),
            device=self._card(view, latest=latest, texts=texts),
            is_firing=stage in ("new", "accepted", "working"),
            can_accept=stage == "new",
            can_finish=stage != "done",
            error=error,
        )

    def _chart(self, view: AlertView, *, quantity: Quantity | None, newest: Latest | None) -> LineChart | None:
        """Draw the last hour in means of a few seconds; its end is the newest value itself, not a mean of a rise."""
        if quantity is None or not quantity.is_numeric:
            return None
        now_ms = self.now_ms()
        fn: Fn = "energy_mean" if quantity.unit.startswith("dB") else "mean"
        points = self._services.store.series(
            view.device, view.quantity, from_ms=now_ms - HOUR_MS, to_ms=now_ms + 1, every_ms=BUCKET_MS, fn=fn
        )
        if newest is not None:
            points = [point for point in points if point.at_ms <= newest.observed_ms - BUCKET_MS]
            points.append(Point(newest.observed_ms, newest.value))
        threshold = view.threshold if isinstance(view.threshold, int | float) else None
        return line_chart(
            points,
            now_ms=now_ms,
            every_ms=quantity.every_s * SECOND_MS,
            scale=shown(quantity, lang="vi")[0],
            threshold=None if isinstance(threshold, bool) else threshold,
        )

    def _card(self, view: AlertView, *, latest: Mapping[str, Latest], texts: Texts) -> DeviceCard | None:
        device = self._register.read().devices.get(view.device)
        if device is None:
            return None
        presence = self._presences(view.ward).get(device.id)
        state = presence.state if presence else PresenceState.UNKNOWN
        kind = self._services.catalogue.types.get(device.type)
        heard = [item.received_ms for item in latest.values()]
        if presence and presence.heard_ms:
            heard.append(presence.heard_ms)
        wanted = [q for q in kind.quantities if q.name in latest and q.name != view.quantity] if kind else []
        return DeviceCard(
            id=device.id,
            name=device.name,
            type=short_name(device.type, catalogue=self._services.catalogue, lang=texts.language),
            gateway="" if device.is_gateway else device.gateway,
            presence=state.value,
            presence_text=str(getattr(texts, state.value)),
            heard_ms=max(heard, default=None),
            readings=tuple(self._reading(latest[q.name], quantity=q, texts=texts) for q in wanted[:READINGS]),
            is_camera=device.type == "camera",
            footage=self._footage.get(device.id, ""),
        )

    def _reading(self, latest: Latest, *, quantity: Quantity, texts: Texts) -> Reading:
        return Reading(
            label=label(quantity, texts.language),
            value=written(latest.value, quantity=quantity, lang=texts.language),
            observed_ms=latest.observed_ms,
            is_old=self._is_old(latest, quantity=quantity),
        )

    def _is_old(self, latest: Latest, *, quantity: Quantity | None) -> bool:
        every_s = quantity.every_s if quantity else 60
        return self.now_ms() - latest.observed_ms > OLD_INTERVALS * every_s * SECOND_MS

    def _names(self) -> Callable[[str], str]:
        """Give what turns a username into a name, as they are now."""
        names = {person.username: person.name for person in self._services.people.people()}
        return lambda username: names.get(username) or username

    def _presences(self, ward: str) -> dict[str, Presence]:
        return {presence.device: presence for presence in self._services.projections.presences(ward=ward)}


def _state(device: str, presences: Mapping[str, Presence]) -> PresenceState:
    """Say what is heard of a device; one that ingest has never mentioned is unknown, never good."""
    presence = presences.get(device)
    return presence.state if presence else PresenceState.UNKNOWN


def _where(device: Device, *, register: Register) -> tuple[float, float] | None:
    if device.lat is not None and device.lon is not None:
        return device.lat, device.lon
    site = register.site_of(device)
    if site is None or site.lat is None or site.lon is None:
        return None
    return site.lat, site.lon


def _stage_text(view: AlertView, *, texts: Texts) -> str:
    if view.work is Work.FALSE_ALARM:
        return texts.false_alarm
    names = {"new": texts.new, "accepted": texts.acknowledged, "working": texts.in_progress, "over": texts.over_awaits}
    return names.get(stage_of(view), texts.done)
