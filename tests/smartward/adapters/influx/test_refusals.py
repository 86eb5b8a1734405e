"""What InfluxDB will never take is named value by value, the rest is stored, and the answer stays what it was."""

from __future__ import annotations

import time
from pathlib import Path

from smartward.instants import DAY_MS, HOUR_MS
from smartward.ports import Count, Latest, Refusal
from tests.contracts.telemetry import NOON_MS, WARD, crossed, observed
from tests.servers.influxdb import InfluxDB
from tests.smartward.adapters.influx.stores import opened, put

CONFLICT = (
    'partial write: field type conflict: input field "level" on measurement "river" is type float, already exists as '
    "type string"
)
TOO_OLD = "partial write: points beyond retention policy"


def now_ms() -> int:
    """Give the present: retention is told by the server's clock, which is this machine's."""
    return time.time_ns() // 1_000_000


def clash(server: InfluxDB, database: str, *, at_ms: int) -> None:
    """Let another program write words where our numbers go; InfluxDB keeps one type a week and field."""
    server.write(database, f'river,ward={WARD},device=other level="high" {at_ms * 1_000_000}')


def test_a_value_whose_field_has_another_type_is_named_and_its_neighbours_are_stored(
    influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    """Somebody's script wrote words into our measurement: one quantity suffers, not the device."""
    with opened(influxdb, tmp_path, database=database) as store:
        clash(influxdb, database, at_ms=NOON_MS)
        counts = put(store, 1, observed("d1", NOON_MS, level=1.5, order=2), observed("d2", NOON_MS, order=3))

        refusal = Refusal(WARD, "d1", "level", NOON_MS, CONFLICT)
        assert counts == {"d1": Count(stored=1, rejected=1, refusals=(refusal,)), "d2": Count(stored=1)}
        assert [(new.device, new.quantity, new.value) for new in store.latest()] == [
            ("d1", "order", 2),
            ("d2", "order", 3),
        ]


def test_a_refused_value_never_hides_the_newest_that_is_stored(
    influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    """The screen shows what the store has, not what was tried."""
    week_ms = 7 * DAY_MS
    with opened(influxdb, tmp_path, database=database) as store:
        put(store, 1, observed("d1", NOON_MS - week_ms, level=1.0))
        clash(influxdb, database, at_ms=NOON_MS)
        put(store, 2, observed("d1", NOON_MS, level=2.0))

        assert store.latest() == [
            Latest(WARD, "d1", "river", "level", 1.0, NOON_MS - week_ms, NOON_MS - week_ms + 1_000)
        ]


def test_what_is_older_than_retention_is_named_and_the_rest_is_stored(
    influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    """A gateway comes back after two months: what InfluxDB would drop in silence is said, value by value."""
    now = now_ms()
    with opened(influxdb, tmp_path, database=database, retention_days=30) as store:
        old, new = observed("d1", now - 60 * DAY_MS, level=1.0, order=1), observed("d1", now - HOUR_MS, level=2.0)
        counts = put(store, 1, old, new, events=(crossed("e1", now - 60 * DAY_MS), crossed("e2", now)))

        assert counts["d1"].stored == 1
        assert counts["d1"].rejected == 2
        assert [(one.item, one.observed_ms, one.reason) for one in counts["d1"].refusals] == [
            ("level", now - 60 * DAY_MS, TOO_OLD),
            ("order", now - 60 * DAY_MS, TOO_OLD),
        ]
        assert counts["cam"] == Count(
            stored=1, rejected=1, refusals=(Refusal(WARD, "cam", "e1", now - 60 * DAY_MS, TOO_OLD),)
        )
        assert [stored.event.event_id for stored in store.events()] == ["e2"]


def test_every_item_of_a_refused_identity_is_counted_once(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """Received = stored + duplicates + dead-lettered: a value said, repeated and corrected is three items."""
    with opened(influxdb, tmp_path, database=database) as store:
        clash(influxdb, database, at_ms=NOON_MS)
        said = (observed("d1", NOON_MS, level=value) for value in (1.0, 1.0, 2.0))
        counts = put(store, 1, *said)

        refusal = Refusal(WARD, "d1", "level", NOON_MS, CONFLICT, items=2)
        assert counts == {"d1": Count(duplicates=1, rejected=2, refusals=(refusal,))}


def test_an_instant_that_influxdb_cannot_hold_is_named(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """Its nanoseconds end in 2262; a clock may be set further."""
    far_ms = 250 * 365 * DAY_MS + NOON_MS
    with opened(influxdb, tmp_path, database=database) as store:
        counts = put(store, 1, observed("d1", far_ms, level=1.0), observed("d1", NOON_MS, level=2.0))

        assert (counts["d1"].stored, counts["d1"].rejected) == (1, 1)
        assert "1677 to 2262" in counts["d1"].refusals[0].reason
        assert [point.at_ms for point in store.series("d1", "level", from_ms=-(2**70), to_ms=2**70)] == [NOON_MS]


def test_the_first_answer_stays_while_the_reason_lasts_and_when_it_has_gone(
    influxdb: InfluxDB, database: str, tmp_path: Path
) -> None:
    """What was dead-lettered once is not counted as stored when the batch comes again; it is replayed from there."""
    batch = (observed("d1", NOON_MS, level=1.5, order=2),)
    with opened(influxdb, tmp_path, database=database) as store:
        clash(influxdb, database, at_ms=NOON_MS)
        first = put(store, 1, *batch)
        assert put(store, 1, *batch) == first
        influxdb.query('DROP MEASUREMENT "river"', database=database)

        assert put(store, 1, *batch) == first
    with opened(influxdb, tmp_path, database=database) as store:
        assert put(store, 1, *batch) == first


def test_a_refused_value_may_be_sent_again_later(influxdb: InfluxDB, database: str, tmp_path: Path) -> None:
    """After the cause has been removed, the dead letter is replayed and stored as new."""
    with opened(influxdb, tmp_path, database=database) as store:
        clash(influxdb, database, at_ms=NOON_MS)
        event = crossed("e1", NOON_MS)
        influxdb.write(database, f'event,ward={WARD},device=other confidence="much" {NOON_MS * 1_000_000}')
        refused = put(store, 1, observed("d1", NOON_MS, level=1.5), events=(event,))
        assert {device: count.rejected for device, count in refused.items()} == {"d1": 1, "cam": 1}

        influxdb.query('DROP MEASUREMENT "river"', database=database)
        influxdb.query('DROP MEASUREMENT "event"', database=database)

        again = put(store, 2, observed("d1", NOON_MS, level=1.5), events=(event,))
        assert again == {"d1": Count(stored=1), "cam": Count(stored=1)}
        assert store.events() == [event]
