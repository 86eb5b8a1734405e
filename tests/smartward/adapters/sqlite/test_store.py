"""The embedded store when things go wrong, and where it goes further than its port."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from smartward import sqlite_file
from smartward.adapters.sqlite import SqliteTelemetry
from smartward.errors import StoreUnavailable
from smartward.instants import DAY_MS, HOUR_MS
from smartward.ports import Batch, Count
from tests.contracts.telemetry import CATALOGUE, NOON_MS, OTHER_WARD, Telemetry, crossed, observed, raw
from tests.smartward.adapters.sqlite.outside import check_rollups
from tests.smartward.adapters.sqlite.stores import all_of, opened, put


def test_a_full_disk_is_said_plainly_nothing_is_half_written_and_it_goes_on_with_room(tmp_path: Path) -> None:
    """Ingest keeps the batch and tries again; the answer is the one it would have been."""
    with opened(tmp_path / "t.db") as store:
        put(store, observed("d1", NOON_MS, level=1.0))
        with store.database.transaction() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        many = Batch(9, tuple(observed("d2", NOON_MS + n, level=1.0, group="x" * 500) for n in range(200)))

        with pytest.raises(StoreUnavailable, match=r"t\.db cannot grow: the disk is full\. Free some space"):
            store.write(many)
        assert [newest.device for newest in store.latest()] == ["d1"]
        assert store.newest_batch("") == 1

        with store.database.transaction() as connection:
            connection.execute("PRAGMA max_page_count = 1000000")
        assert store.write(many) == {"d2": Count(stored=400)}
    check_rollups(tmp_path / "t.db")


def test_a_failed_write_is_forgotten_whole(tmp_path: Path) -> None:
    """What the writer remembers of the file goes back with it: the same values are new, not duplicates."""
    with opened(tmp_path / "t.db") as store:
        put(store, observed("d1", NOON_MS, level=1.0))
        good = (observed("d1", NOON_MS + HOUR_MS, level=2.0), observed("d2", NOON_MS, on=True))
        bad = crossed("e1", NOON_MS)
        bad.event.values["name"] = "\ud800"

        with pytest.raises(ValueError, match="surrogates"):
            store.write(Batch(2, good, (bad,)))

        again = store.write(Batch(2, good))
        assert again == {"d1": Count(stored=1), "d2": Count(stored=1)}
    check_rollups(tmp_path / "t.db")


def test_a_file_that_somebody_holds_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A technician with an open transaction in a tool; writing goes on when it ends."""
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_S", 0.01)
    with opened(tmp_path / "t.db") as store:
        with closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as tool:
            tool.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match=r"t\.db.*locked"):
                put(store, observed("d1", NOON_MS, level=1.0))

        assert put(store, observed("d1", NOON_MS, level=1.0)) == {"d1": Count(stored=1)}


def test_nothing_is_written_into_a_file_that_was_taken_away(tmp_path: Path) -> None:
    """SQLite would go on writing into the deleted file, and a restart would find nothing of it."""
    path = tmp_path / "t.db"
    with opened(path) as store:
        put(store, observed("d1", NOON_MS, level=1.0))
        path.rename(tmp_path / "away.db")

        with pytest.raises(StoreUnavailable, match=r"t\.db cannot be found"):
            put(store, observed("d1", NOON_MS + 1, level=1.0))
        path.write_bytes((tmp_path / "away.db").read_bytes())
        with pytest.raises(StoreUnavailable, match=r"t\.db was replaced while it was in use\. Restart ingest"):
            put(store, observed("d1", NOON_MS + 1, level=1.0))


@pytest.mark.parametrize("damage", [b"this is not a database, but long enough to look at" * 100, None])
def test_a_damaged_file_is_refused_at_open_with_a_remedy(tmp_path: Path, damage: bytes | None) -> None:
    """Better no store than one that loses what it is given."""
    path = tmp_path / "t.db"
    with opened(path) as store:
        put(store, *(observed("d1", NOON_MS + n, level=1.0) for n in range(5_000)))
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(damage or whole[:middle] + b"\xff" * 8_192 + whole[middle + 8_192 :])

    with pytest.raises(StoreUnavailable, match=r"(?s)t\.db is damaged.*Restore it from a backup, or move it away"):
        SqliteTelemetry(path, catalogue=CATALOGUE).open()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Closing twice is fine; using it afterwards is not silent."""
    with opened(tmp_path / "t.db") as store:
        store.close()
        store.close()

        with pytest.raises(StoreUnavailable, match=r"t\.db is closed"):
            store.write(Batch(1))
        with pytest.raises(StoreUnavailable, match=r"t\.db is closed"):
            store.latest()


def test_an_older_number_of_a_journal_is_written_like_any_other(tmp_path: Path) -> None:
    """After a restored backup numbers come again with other content: nothing of it may be passed over."""
    with opened(tmp_path / "t.db") as store:
        store.write(Batch(100, (observed("d1", NOON_MS, level=1.0),), journal="j"))
        counts = store.write(Batch(50, (observed("d1", NOON_MS + 1, level=2.0),), journal="j"))

        assert counts == {"d1": Count(stored=1)}
        assert store.newest_batch("j") == 50


def test_no_instant_of_arrival_is_cut_in_two(telemetry: Telemetry) -> None:
    """Who goes on after the last arrival seen has missed nothing."""
    put(telemetry.store, *(observed(f"d{n}", NOON_MS, level=1.0, received_ms=NOON_MS + n // 3) for n in range(9)))

    first = telemetry.reading.latest_since(0, limit=4)
    rest = telemetry.reading.latest_since(first[-1].received_ms, limit=4)

    assert [newest.device for newest in first + rest] == [f"d{n}" for n in range(9)]
    assert len(first) == 6
    assert telemetry.reading.latest_since(0, limit=0) == []


def test_no_instant_of_events_is_cut_in_two(telemetry: Telemetry) -> None:
    """Who goes on before the oldest event seen has missed nothing."""
    telemetry.store.write(Batch(1, events=tuple(crossed(f"e{n}", NOON_MS - n // 3) for n in range(9))))

    first = telemetry.reading.events(limit=4)
    rest = telemetry.reading.events(before_ms=first[-1].event.observed_ms, limit=4, ward=first[0].ward)

    assert [stored.event.event_id for stored in first + rest] == [f"e{n}" for n in range(9)]
    assert len(first) == 6


def test_a_device_that_changes_its_type_keeps_one_history(telemetry: Telemetry) -> None:
    """A corrected registry: the same battery of the same device, said under two types, is one series."""
    put(telemetry.store, observed("d1", NOON_MS, battery=0.5), observed("d1", NOON_MS + DAY_MS, battery=0.4))
    counts = put(
        telemetry.store,
        observed("d1", NOON_MS, type="select", battery=0.5),
        observed("d1", NOON_MS + DAY_MS, type="select", battery=0.3, noise=40.0),
        observed("d1", NOON_MS + 1, type="select", battery=0.2),
    )

    assert counts == {"d1": Count(stored=3, duplicates=1, corrected=1)}
    assert all_of(telemetry.reading, "d1", "battery") == {NOON_MS: 0.5, NOON_MS + 1: 0.2, NOON_MS + DAY_MS: 0.3}
    assert [(newest.quantity, newest.value) for newest in telemetry.reading.latest()] == [
        ("battery", 0.3),
        ("noise", 40.0),
    ]
    assert [(newest.quantity, newest.value) for newest in telemetry.reading.latest_since(0)] == [
        ("battery", 0.3),
        ("noise", 40.0),
    ]
    days = telemetry.reading.series("d1", "battery", from_ms=0, to_ms=2**60, every_ms=DAY_MS, fn="count")
    assert [point.value for point in days] == [2, 1]


def test_a_device_that_moves_to_another_ward_leaves_its_past_there(telemetry: Telemetry) -> None:
    """Each ward sees what was said while the device was its own."""
    put(telemetry.store, observed("d1", NOON_MS, level=1.0))
    put(telemetry.store, observed("d1", NOON_MS + 1, ward=OTHER_WARD, level=2.0))

    assert [newest.value for newest in telemetry.reading.latest(ward="phuc-yen")] == [1.0]
    assert [newest.value for newest in telemetry.reading.latest(ward=OTHER_WARD)] == [2.0]
    assert [newest.value for newest in telemetry.reading.latest()] == [2.0]


def test_an_event_without_an_instant_is_taken_to_have_been_true_when_it_came(telemetry: Telemetry) -> None:
    """The journal fixes it before; should it ever be missing, the event still has its place in time."""
    stored = crossed("e1", NOON_MS)
    unfixed = type(stored)(stored.ward, stored.type_of_device, NOON_MS, type(stored.event)("cam", "e2", "crowd"))

    telemetry.write(1, events=(crossed("e0", NOON_MS - 1), unfixed, crossed("e3", NOON_MS + 1)))

    assert [each.event.event_id for each in telemetry.reading.events()] == ["e3", "e2", "e0"]
    assert raw(telemetry, "cam", "level") == {}
