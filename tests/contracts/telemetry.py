"""What every telemetry store is tried with: a catalogue, each adapter opened, a plain oracle, and random histories."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest

from smartward.adapters.influx import InfluxReader, InfluxTelemetry
from smartward.adapters.memory_store import MemoryTelemetry
from smartward.adapters.sqlite import SqliteTelemetry, TelemetryReader
from smartward.catalogue.model import Catalogue, DeviceType, Profile, Quantity, ValueType
from smartward.event import Event, Phase, Snapshot
from smartward.instants import DAY_MS, HOUR_MS, MINUTE_MS
from smartward.observation import Value
from smartward.ports import Batch, Count, Fn, Latest, Point, StoredEvent, StoredObservation, TelemetryStore
from tests.servers.influxdb import InfluxDB

WARD, OTHER_WARD = "phuc-yen", "xuan-hoa"
HOME_ZONE = "Asia/Ho_Chi_Minh"
MIDNIGHT_MS = int(datetime(2026, 11, 22, 17, tzinfo=UTC).timestamp()) * 1_000
"""A midnight in Phúc Yên."""
NOON_MS = MIDNIGHT_MS + 12 * HOUR_MS

TYPES: dict[str, dict[str, ValueType]] = {
    "river": {"level": "number", "order": "integer", "on": "boolean", "group": "string", "battery": "number"},
    "select": {"noise": "number", 'we"ird name': "integer", "battery": "number"},
}
EVERY_FN: tuple[Fn, ...] = get_args(Fn)
EVERY_MS = (MINUTE_MS, HOUR_MS, 90 * MINUTE_MS, 6 * HOUR_MS, DAY_MS, 2 * DAY_MS, 7 * DAY_MS)
ZONES = (HOME_ZONE, "UTC", "Asia/Kolkata", "Europe/Berlin")


def catalogue_of(types: dict[str, dict[str, ValueType]], *, timezone: str = HOME_ZONE) -> Catalogue:
    """Make a catalogue of nothing but quantities."""
    return Catalogue(
        schema_version=1,
        profile=Profile("normal", "Thường", "Normal"),
        types={
            name: DeviceType(
                name,
                "core",
                name,
                name,
                fiware=(),
                count=(1, 1),
                quantities=tuple(Quantity(q, kind, "1", 60, q, q) for q, kind in quantities.items()),
            )
            for name, quantities in types.items()
        },
        common_quantities=(),
        common_rules=(),
        platform_rules=(),
        severities={},
        categories=(),
        roles={},
        sources={},
        timezone=timezone,
    )


CATALOGUE = catalogue_of(TYPES)


class Telemetry(msgspec.Struct):
    """One adapter: where to write, where to read, and how to begin again with the same data."""

    store: TelemetryStore
    reading: TelemetryStore
    reopen: Callable[[], None]

    def write(
        self, number: int, *observations: StoredObservation, events: tuple[StoredEvent, ...] = ()
    ) -> dict[str, Count]:
        """Write one batch of the journal j1."""
        return self.store.write(Batch(number, observations, events, journal="j1"))

    def series(
        self,
        device: str,
        quantity: str,
        *,
        from_ms: int = -(2**60),
        to_ms: int = 2**60,
        every_ms: int | None = None,
        fn: Fn = "mean",
        timezone: str = "UTC",
        limit: int = 5_000,
    ) -> list[Point]:
        """Read a series, of all times unless told otherwise."""
        return self.reading.series(
            device,
            quantity,
            from_ms=from_ms,
            to_ms=to_ms,
            every_ms=every_ms,
            fn=fn,
            timezone=timezone,
            limit=limit,
        )


@contextmanager
def in_memory(folder: Path) -> Iterator[Telemetry]:
    """Open the fake; it cannot forget anything, so beginning again is nothing."""
    store = MemoryTelemetry(catalogue=CATALOGUE)
    yield Telemetry(store, store, lambda: None)


@contextmanager
def in_sqlite(folder: Path) -> Iterator[Telemetry]:
    """Open the embedded store, read by its writer."""
    store = SqliteTelemetry(folder / "telemetry.db", catalogue=CATALOGUE)
    store.open()

    def reopen() -> None:
        store.close()
        store.open()

    yield Telemetry(store, store, reopen)
    store.close()


@contextmanager
def through_a_reader(folder: Path) -> Iterator[Telemetry]:
    """Open the embedded store, read as the API does."""
    with in_sqlite(folder) as opened:
        reader = TelemetryReader(folder / "telemetry.db", catalogue=CATALOGUE)
        yield Telemetry(opened.store, reader, opened.reopen)
        reader.close()


@contextmanager
def in_influx(folder: Path, server: InfluxDB) -> Iterator[Telemetry]:
    """Open a new database of an InfluxDB server, read by its writer."""
    with _influx(folder, server, server.new_database()) as opened:
        yield opened


@contextmanager
def through_an_influx_reader(folder: Path, server: InfluxDB) -> Iterator[Telemetry]:
    """Open a new database of an InfluxDB server, read as the API does."""
    database = server.new_database()
    with _influx(folder, server, database) as opened:
        reader = InfluxReader(
            url=server.url, database=database, catalogue=CATALOGUE, token=server.token, org=server.org
        )
        yield Telemetry(opened.store, reader, opened.reopen)
        reader.close()


@contextmanager
def _influx(folder: Path, server: InfluxDB, database: str) -> Iterator[Telemetry]:
    store = InfluxTelemetry(
        url=server.url,
        database=database,
        catalogue=CATALOGUE,
        receipts=folder / "receipts.db",
        token=server.token,
        org=server.org,
    )
    store.open()

    def reopen() -> None:
        store.close()
        store.open()

    try:
        yield Telemetry(store, store, reopen)
    finally:
        store.close()
        server.forget()


ADAPTERS = {"memory": in_memory, "sqlite": in_sqlite, "sqlite-reader": through_a_reader}
SERVED = {"influx": in_influx, "influx-reader": through_an_influx_reader}


@pytest.fixture(params=[*ADAPTERS, *SERVED])
def telemetry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Telemetry]:
    """Open each adapter on an empty store; a server is started when the first test needs it."""
    if request.param in ADAPTERS:
        with ADAPTERS[request.param](tmp_path) as opened:
            yield opened
        return
    with SERVED[request.param](tmp_path, request.getfixturevalue("influxdb")) as opened:
        yield opened


def observed(
    device: str,
    at_ms: int,
    values: dict[str, Value] | None = None,
    *,
    type: str = "river",  # noqa: A002 - the field's own name
    ward: str = WARD,
    received_ms: int | None = None,
    **more: Value,
) -> StoredObservation:
    """Write an observation down shortly; it arrives a second later unless told otherwise."""
    received_ms = at_ms + 1_000 if received_ms is None else received_ms
    return StoredObservation(ward, device, type, at_ms, received_ms, (values or {}) | more)


def crossed(
    event_id: str, at_ms: int, *, ward: str = WARD, device: str = "cam", phase: Phase = Phase.NEW
) -> StoredEvent:
    """Write an event down shortly."""
    event = Event(
        device=device,
        event_id=event_id,
        type="line_crossed",
        observed_ms=at_ms,
        confidence=0.75,
        values={"line": "cổng", "count": 2, "wrong_way": True, "speed": 3.0},
        zone="z1",
        phase=phase,
        dwell_s=1.5,
        snapshot=Snapshot("ab" * 32, 1_000),
    )
    return StoredEvent(ward, "camera", at_ms + 1_000, event)


def raw(telemetry: Telemetry, device: str, quantity: str) -> dict[int, Value | None]:
    """Read everything stored of one quantity."""
    return {point.at_ms: point.value for point in telemetry.series(device, quantity)}


class Oracle:
    """What must be true after a history, kept so plainly that it can be believed."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], dict[int, Latest]] = defaultdict(dict)
        self.said: dict[str, StoredEvent] = {}

    def write(self, batch: Batch) -> dict[str, Count]:
        """Take a batch in and say what its answer must be."""
        counts: dict[str, Count] = defaultdict(Count)
        for seen in batch.observations:
            for quantity, value in seen.values.items():
                at, tally, series = seen.observed_ms, counts[seen.device], self.values[seen.device, quantity]
                if at in series and series[at].value == value:
                    tally.duplicates += 1
                    continue
                tally.stored += 1
                tally.corrected += at in series
                series[at] = Latest(seen.ward, seen.device, seen.type, quantity, value, at, seen.received_ms)
        for stored in batch.events:
            tally, before = counts[stored.event.device], self.said.get(stored.event.event_id)
            if before is not None and before.event == stored.event:
                tally.duplicates += 1
                continue
            tally.stored += 1
            tally.corrected += before is not None
            self.said[stored.event.event_id] = stored
        return dict(counts)

    def events(self) -> list[StoredEvent]:
        """List the events, newest first."""
        return sorted(self.said.values(), key=lambda stored: (-instant(stored), stored.event.event_id))

    def latest(self) -> list[Latest]:
        """List the newest values by device and quantity."""
        return [series[max(series)] for _, series in sorted(self.values.items())]

    def points(
        self, key: tuple[str, str], *, from_ms: int, to_ms: int, every_ms: int | None, fn: Fn, timezone: str
    ) -> list[Point]:
        """Compute a series from its final values, one by one."""
        chosen = [(at, kept.value) for at, kept in sorted(self.values[key].items()) if from_ms <= at < to_ms]
        if every_ms is None:
            return [Point(at, value) for at, value in chosen]
        buckets: dict[int, list[Value]] = {}
        for at, value in chosen:
            buckets.setdefault(begin_of(at, every_ms, timezone), []).append(value)
        return [Point(begin, computed(fn, values)) for begin, values in sorted(buckets.items())]


def instant(stored: StoredEvent) -> int:
    """Say when an event was true."""
    return stored.event.observed_ms or 0


def begin_of(at_ms: int, every_ms: int, timezone: str) -> int:
    """Say where the bucket around an instant begins."""
    if every_ms < DAY_MS:
        return at_ms - at_ms % every_ms
    day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(timezone)).date()
    first = date(1, 1, 1)  # a Monday
    start = day - timedelta(days=(day - first).days % (every_ms // DAY_MS))
    return int(datetime(start.year, start.month, start.day, tzinfo=ZoneInfo(timezone)).timestamp()) * 1_000


def computed(fn: Fn, values: list[Value]) -> Value:
    """Apply a function to values in order of time."""
    if fn == "count":
        return len(values)
    if fn == "last":
        return values[-1]
    numbers = [float(value) for value in values]
    loudest = max(numbers)
    means = {
        "mean": sum(numbers) / len(numbers),
        "sum": math.fsum(numbers),
        "min": min(numbers),
        "max": max(numbers),
        "energy_mean": loudest + 10 * math.log10(sum(10 ** ((x - loudest) / 10) for x in numbers) / len(numbers)),
    }
    return means[fn]


def agree(found: list[Point], expected: list[Point]) -> bool:
    """Tell whether two series are the same, but for the last digits of sums."""
    return len(found) == len(expected) and all(
        left.at_ms == right.at_ms and _same(left.value, right.value)
        for left, right in zip(found, expected, strict=True)
    )


def _same(left: Value | None, right: Value | None) -> bool:
    if isinstance(left, int | float) and isinstance(right, int | float):
        return isinstance(left, bool) == isinstance(right, bool) and math.isclose(left, right, abs_tol=1e-9)
    return left == right


VALUES: dict[str, tuple[Value, ...]] = {
    "level": (0.5, 1.25, -3.0, 1e6),
    "order": (0, 1, -7, 2**40),
    "on": (True, False),
    "group": ("", "đỏ", "nil"),
    "battery": (-1.0, 0.2, 1.0),
    "noise": (35.5, 61.0, 90.25),
    'we"ird name': (3, 4),
}


def history(seed: int) -> Iterator[Batch]:
    """Make a random life of four devices: late, repeated and corrected values around hours and midnights."""
    chance = random.Random(seed)
    begin = chance.choice((MIDNIGHT_MS, -2 * DAY_MS, MIDNIGHT_MS + 90 * DAY_MS))
    devices = {"d1": "river", "d2": "river", "d3": "select", "d4": "select"}
    corners = [begin + hour * HOUR_MS + edge for hour in range(80) for edge in (-1, 0, 1, 25 * MINUTE_MS)]
    now = 0
    for number in range(1, chance.randrange(12, 40)):
        now = min(len(corners) - 1, now + chance.randrange(25))
        observations = []
        for _ in range(chance.randrange(40)):
            device = chance.choice(sorted(devices))
            at_ms = corners[max(0, now - int(chance.expovariate(0.1)))]
            names = chance.sample(sorted(TYPES[devices[device]]), chance.randrange(4))
            values = {name: chance.choice(VALUES[name]) for name in names}
            received_ms = begin + number * MINUTE_MS + chance.randrange(1_000)
            observations.append(StoredObservation(WARD, device, devices[device], at_ms, received_ms, values))
        events = [
            crossed(f"e{chance.randrange(number)}", begin + number * MINUTE_MS, phase=chance.choice(list(Phase)))
            for _ in range(chance.randrange(3))
        ]
        yield Batch(number * 10, tuple(observations), tuple(events), journal="j1")


def life(seed: int) -> Iterator[Batch]:
    """Go on with one random history after another, for as long as somebody asks."""
    numbers = count(1)
    for chapter in count():
        for batch, number in zip(history(seed * 1_000 + chapter), numbers, strict=False):
            yield msgspec.structs.replace(batch, number=number)
