"""An invented ward for the console's tests: devices, an hour of water, alerts in every state, fixed in time."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import cos, exp, pi, sin, sqrt
from pathlib import Path

import msgspec

import smartward.demo
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
from smartward.adapters.sqlite import SqliteTelemetry
from smartward.alert import AlertCondition, Condition, Deed, Severity, WorkAction, alert_id
from smartward.catalogue.load import load
from smartward.device import Device, Presence, PresenceState, Site, Ward
from smartward.instants import HOUR_MS, MINUTE_MS, SECOND_MS, parse_rfc3339
from smartward.notification import DeliveryState, Notification
from smartward.observation import Value
from smartward.passwords import Passwords
from smartward.ports import Batch, Clock, Projection, StoredObservation
from smartward.staff import Access, Person

MAP = Path(smartward.demo.__file__).parent / "ward.geojson"
NOW_MS = parse_rfc3339("2026-11-23T14:32:08+07:00")
WARD = "song-may"
PASSWORD = "một-mật-khẩu-đủ-dài"
CHEAP = Passwords(time_cost=1, memory_kib=8, parallelism=1)
SEED = 7
MIDDLE = (21.2401, 105.7001)
"""The middle of an ellipse inside the ward where devices of the crowd stand."""

PEOPLE = (
    Person("an", "Nguyễn Minh An", {WARD: Access.OPERATOR}, ("ioc_operator",)),
    Person("ha", "Lê Thu Hà", {WARD: Access.OPERATOR}, ("police_duty",)),
    Person("khach", "Phạm Văn Khách", {WARD: Access.VIEWER}),
)
SITES = (
    Site("hem-48", WARD, "Hẻm 48 Bến Đò", "Khu phố 3", 21.236117, 105.695709),
    Site("cho-cau-moi", WARD, "Chợ Cầu Mới, dãy B", "Khu phố 2", 21.243241, 105.696836),
    Site("th-hoa-binh", WARD, "Cổng Trường TH Hòa Bình", "Khu phố 1", 21.241606, 105.691449),
    Site("nga-tu", WARD, "Ngã tư Lê Hoa – Bến Đò", "Khu phố 4", 21.240029, 105.701034),
    Site("cong-do-ngang", WARD, "Cống Đò Ngang", "Khu phố 5", 21.234365, 105.700031),
    Site("phuong-vi", WARD, "Công viên Phượng Vĩ", "Khu phố 4", 21.244, 105.703477),
    Site("kp5", WARD, "Nhà văn hóa khu phố 5", "Khu phố 5", 21.235708, 105.705294),
    Site("bao-mon", WARD, "Đường Bảo Môn, số 30", "Khu phố 2", 21.245343, 105.694017),
    Site("mot-cua", WARD, "Trung tâm một cửa", "Khu phố 1", 21.23965, 105.692733),
)
NAMED = (
    Device("fld-014", WARD, "gw-02", "flood_road", "Đo ngập hẻm 48", "hem-48"),
    Device("cam-021", WARD, "gw-01", "camera", "Camera chợ Cầu Mới", "cho-cau-moi"),
    Device("crd-007", WARD, "gw-01", "crowd_flow", "Đếm người cổng trường", "th-hoa-binh"),
    Device("lgt-110", WARD, "gw-03", "streetlight_cabinet", "Tủ chiếu sáng Lê Hoa", "nga-tu"),
    Device("fld-003", WARD, "gw-03", "flood_road", "Đo ngập cống Đò Ngang", "cong-do-ngang"),
    Device("air-005", WARD, "gw-02", "air_quality", "Trạm khí Phượng Vĩ", "phuong-vi"),
    Device("nse-002", WARD, "gw-03", "noise", "Đo ồn Bảo Môn", "bao-mon"),
    Device("que-001", WARD, "gw-01", "service_queue", "Máy lấy số một cửa", "mot-cua"),
    Device("gw-01", WARD, "gw-01", "edge_gateway", "Trạm biên 1", "mot-cua"),
    Device("gw-02", WARD, "gw-02", "edge_gateway", "Trạm biên 2", "hem-48"),
    Device("gw-03", WARD, "gw-03", "edge_gateway", "Trạm biên 3", "nga-tu"),
    Device("gw-04", WARD, "gw-04", "edge_gateway", "Trạm biên 4", "kp5"),
)
CROWD = {"camera": 34, "streetlight_cabinet": 60, "air_quality": 14, "noise": 12, "waste_container": 30, "parking": 8}
CROWD |= {"public_address": 24, "traffic_flow": 14, "weather": 3}


@dataclass(kw_only=True)
class SampleWard:
    """The sample ward; its methods write what ingest and people would."""

    services: Services
    settings: Settings
    clock: Clock
    _number: int = field(default=0)

    def pass_time(self, *, seconds: float) -> None:
        """Move the ward's clock, which must be one that stands still."""
        assert isinstance(self.clock, FakeClock)
        self.clock.advance(seconds=seconds)

    def raise_alert(self, condition: AlertCondition) -> str:
        """Let ingest say that this alert stands like this; gives its id."""
        self.services.projections.project(Projection(conditions=(condition,)))
        return condition.id

    def hear(self, presences: Sequence[Presence]) -> None:
        """Let ingest say what is heard of devices."""
        self.services.projections.project(Projection(presences=tuple(presences)))

    def do(self, alert: str, deed: Deed, *, person: str, at_ms: int, note: str = "", outcome: str = "") -> None:
        """Let a person do something."""
        self.services.work_log.add(WorkAction(alert, deed, person, at_ms, note=note, outcome=outcome))

    def measure(self, device: str, values: dict[str, Value], *, at_ms: int) -> None:
        """Let a device say something."""
        self.measure_all([(device, values, at_ms)])

    def measure_all(self, said: Sequence[tuple[str, dict[str, Value], int]]) -> None:
        """Let devices say many things at once."""
        kinds = {device.id: device.type for device in self.services.registry.devices()}
        stored = tuple(
            StoredObservation(WARD, device, kinds[device], at_ms, at_ms, values) for device, values, at_ms in said
        )
        self._number += 1
        self.services.store.write(Batch(self._number, observations=stored))


@contextmanager
def empty_ward(folder: Path, *, clock: Clock | None = None, profile: str = "normal") -> Iterator[SampleWard]:
    """Open a ward with people and a map, but without a single device."""
    catalogue = load(profile)
    store = SqliteTelemetry(folder / "telemetry.db", catalogue=catalogue)
    store.open()
    footage = folder / "footage.json"
    footage.write_bytes(msgspec.json.encode({"cam-021": "vtest.avi (OpenCV, quảng trường)"}))
    chosen = clock or FakeClock(NOW_MS)
    services = Services(
        store=store,
        registry=MemoryRegistry(),
        people=MemoryPeople(),
        work_log=MemoryWorkLog(),
        audit=MemoryAudit(),
        projections=MemoryProjections(),
        requests=MemoryRequests(),
        catalogue=catalogue,
        clock=chosen,
    )
    services.registry.put_ward(Ward(WARD, "Phường Sông Mây"))
    password_hash = CHEAP.hash(PASSWORD)
    for person in PEOPLE:
        services.people.put_person(msgspec.structs.replace(person, password_hash=password_hash))
    settings = Settings(map_file=str(MAP), footage_file=str(footage))
    try:
        yield SampleWard(services=services, settings=settings, clock=chosen)
    finally:
        store.close()


@contextmanager
def calm_ward(folder: Path, *, clock: Clock | None = None, profile: str = "normal") -> Iterator[SampleWard]:
    """Open a ward full of devices, most of them heard, without an alert."""
    with empty_ward(folder, clock=clock, profile=profile) as ward:
        for site in SITES:
            ward.services.registry.put_site(site)
        devices = sorted([*NAMED, *_crowd()], key=lambda device: not device.is_gateway)
        for device in devices:
            ward.services.registry.put_device(device)
        now_ms = ward.clock.now_ms()
        ward.hear([_heard(device, now_ms=now_ms) for device in devices if device.id != "crd-007"])
        ward.measure_all(_an_hour(now_ms))
        yield ward


@contextmanager
def busy_ward(folder: Path, *, clock: Clock | None = None, profile: str = "normal") -> Iterator[SampleWard]:
    """Open a ward on a bad afternoon: alerts new, late, taken, over, and one that silences six devices."""
    with calm_ward(folder, clock=clock, profile=profile) as ward:
        now_ms = ward.clock.now_ms()
        flood = ward.raise_alert(flood_alert(now_ms))
        ward.services.projections.project(Projection(notifications=_told(flood, at_ms=now_ms - 61 * SECOND_MS)))
        fire = ward.raise_alert(
            _alert("cam-021", "camera.fire", "critical", 4, now_ms, place="Chợ Cầu Mới, dãy B", quantity="")
        )
        ward.do(fire, Deed.ACKNOWLEDGE, person="ha", at_ms=now_ms - 3 * MINUTE_MS)
        ward.do(fire, Deed.COMMENT, person="ha", at_ms=now_ms - MINUTE_MS, note="Đã gọi chốt chợ, đang kiểm tra")
        _alert_all(ward, now_ms)
        yield ward


def flood_alert(now_ms: int) -> AlertCondition:
    """Give the flood that raises itself in most tests."""
    return _alert(
        "fld-014", "flood_road.flood_danger", "critical", 1, now_ms, value=0.52, threshold=0.5, quantity="depth"
    )


def _alert_all(ward: SampleWard, now_ms: int) -> None:
    crowd = _alert(
        "crd-007", "crowd_flow.crowd_watch", "medium", 15, now_ms, value=2.4, threshold=2, quantity="density"
    )
    river = _alert("fld-003", "flood_road.flood_block", "high", 9, now_ms, value=0.31, threshold=0.3, quantity="depth")
    light = _alert("lgt-110", "streetlight_cabinet.door", "high", 12, now_ms, quantity="")
    gone = _alert("gw-04", "common.gateway_outage", "high", 3, now_ms, inhibits=6, quantity="")
    air = _alert("air-005", "air_quality.local_burning", "low", 26, now_ms, value=78.4, threshold=60, quantity="pm25")
    noise = _alert("nse-002", "noise.noise_day_ordinary", "low", 41, now_ms, value=74.2, threshold=70, quantity="laeq")
    queue = _alert(
        "que-001", "service_queue.long_wait", "medium", 44, now_ms, value=36, threshold=30, quantity="wait_p90"
    )
    over = _alert("fld-003", "flood_road.flood_fast", "high", 75, now_ms, value=0.16, threshold=0.15, quantity="depth")
    over = msgspec.structs.replace(
        over, condition=Condition.CLEARED, cleared_ms=now_ms - 20 * MINUTE_MS, reason="recovered"
    )
    for condition in (crowd, river, light, gone, air, noise, queue, over):
        ward.raise_alert(condition)
    ward.do(river.id, Deed.ACKNOWLEDGE, person="ha", at_ms=now_ms - 8 * MINUTE_MS)
    ward.do(river.id, Deed.START, person="ha", at_ms=now_ms - 6 * MINUTE_MS)
    ward.do(queue.id, Deed.ACKNOWLEDGE, person="an", at_ms=now_ms - 40 * MINUTE_MS)
    ward.do(over.id, Deed.ACKNOWLEDGE, person="an", at_ms=now_ms - 74 * MINUTE_MS)
    for minutes in (95, 130, 131, 132, 170, 240, 300, 305, 306, 330):
        old = _alert("air-005", "air_quality.pm25_24h", "low", minutes, now_ms, value=46, threshold=45, quantity="pm25")
        ward.raise_alert(msgspec.structs.replace(old, condition=Condition.CLEARED, cleared_ms=now_ms - 60 * MINUTE_MS))


def _alert(
    device: str,
    rule: str,
    severity: str,
    minutes: float,
    now_ms: int,
    *,
    quantity: str,
    value: Value | None = None,
    threshold: Value | None = None,
    inhibits: int = 0,
    place: str = "",
) -> AlertCondition:
    started_ms = now_ms - round(minutes * MINUTE_MS) - 4 * SECOND_MS
    return AlertCondition(
        id=alert_id(WARD, device, rule, started_ms=started_ms),
        ward=WARD,
        rule=rule,
        device=device,
        place=place,
        severity=Severity(severity),
        condition=Condition.FIRING,
        started_ms=started_ms,
        changed_ms=started_ms,
        value=value,
        threshold=threshold,
        quantity=quantity,
        inhibits=inhibits,
    )


def _crowd() -> Iterator[Device]:
    dice = random.Random(SEED)
    for kind, count in CROWD.items():
        for number in range(count):
            reach, angle = 0.92 * sqrt(dice.random()), 2 * pi * dice.random()
            lat, lon = MIDDLE[0] + reach * 0.0079 * sin(angle), MIDDLE[1] + reach * 0.0101 * cos(angle)
            gateway = f"gw-0{1 + dice.randrange(4)}"
            short = kind.partition("_")[0][:3]
            yield Device(f"{short}-{number + 100}", WARD, gateway, kind, lat=round(lat, 6), lon=round(lon, 6))


def _heard(device: Device, *, now_ms: int) -> Presence:
    """Say that almost all are heard; gateway 4 and six behind it are gone, a few speak late."""
    digits = int("".join(letter for letter in device.id if letter.isdigit()) or 0)
    is_lost = device.id == "gw-04" or (device.gateway == "gw-04" and digits % 6 == 0)
    state = PresenceState.OFFLINE if is_lost else PresenceState.STALE if digits % 29 == 0 else PresenceState.ONLINE
    heard_ms = now_ms - (3 * MINUTE_MS if state is not PresenceState.ONLINE else 4 * SECOND_MS)
    reason = {"offline": "gateway_outage", "stale": "silent", "online": "heard"}[state]
    return Presence(device.id, WARD, state, heard_ms, reason, heard_ms)


def _an_hour(now_ms: int) -> list[tuple[str, dict[str, Value], int]]:
    """Let water rise in the alley for an hour, and the others say where they stand."""
    said: list[tuple[str, dict[str, Value], int]] = []
    for minute in range(61):
        at_ms = now_ms - HOUR_MS + minute * MINUTE_MS
        depth = 0.04 + 0.49 / (1 + exp(-(minute - 42) / 6))
        said.append(("fld-014", {"depth": round(depth, 3), "measured_distance": round(2.4 - depth, 3)}, at_ms))
        said.append(("fld-003", {"depth": round(0.1 + 0.0035 * minute, 3)}, at_ms))
        if not 22 <= minute <= 31:
            said.append(("air-005", {"pm25": 30.0 + minute * 0.8, "pm10": 60.0, "temperature": 24.6}, at_ms))
        said.append(("nse-002", {"laeq": 66.0 + (minute % 9)}, at_ms))
    said.append(("que-001", {"votes_happy": 241, "votes_total": 250, "wait_p90": 36.0, "waiting": 22}, now_ms))
    said.append(("cam-021", {"health": "ok", "stream_ok": True, "fps": 9.8, "frame_age": 0.4}, now_ms - 3_000))
    said.append(("lgt-110", {"door_open": True}, now_ms - 8_000))
    return said


def _told(alert: str, *, at_ms: int) -> tuple[Notification, ...]:
    roles = ("civil_defence", "police_duty")
    return tuple(
        Notification(
            key=f"{alert}/{role}",
            alert=alert,
            ward=WARD,
            recipient=role,
            channel="file",
            severity="critical",
            text="Ngập 50 cm: chặn đường, sơ tán",
            created_ms=at_ms,
            state=DeliveryState.SENT,
        )
        for role in roles
    )
