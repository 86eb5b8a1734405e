"""The store as the API reads it: a file of another process, which may be missing, replaced or widened."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smartward.errors import StoreUnavailable
from smartward.ports import Batch
from tests.contracts.telemetry import NOON_MS, catalogue_of, observed
from tests.smartward.adapters.sqlite.stores import all_of, opened, put, reading


def test_a_missing_file_is_said_plainly_and_found_when_it_comes(tmp_path: Path) -> None:
    """The API may be started before ingest."""
    path = tmp_path / "t.db"
    with reading(path) as reader:
        with pytest.raises(StoreUnavailable, match=r"t\.db cannot be found.*Start ingest"):
            reader.latest()
        path.touch()
        with pytest.raises(StoreUnavailable, match=r"t\.db has no telemetry yet.*Start ingest"):
            reader.latest()
        path.unlink()

        with opened(path) as store:
            put(store, observed("d1", NOON_MS, level=1.0))
            assert [newest.value for newest in reader.latest()] == [1.0]


def test_a_reader_creates_nothing(tmp_path: Path) -> None:
    """A wrong path must not leave an empty database behind that looks right."""
    with reading(tmp_path / "t.db") as reader, pytest.raises(StoreUnavailable):
        reader.latest()

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_said_plainly(tmp_path: Path) -> None:
    """With the way out."""
    (tmp_path / "t.db").write_bytes(b"not a database at all" * 500)

    with reading(tmp_path / "t.db") as reader, pytest.raises(StoreUnavailable, match=r"is damaged.*Restore"):
        reader.latest()


def test_a_restored_file_is_read_at_once(tmp_path: Path) -> None:
    """A connection to the old file would show the past for ever."""
    path = tmp_path / "t.db"
    with opened(path) as store:
        put(store, observed("d1", NOON_MS, level=1.0))
    with opened(tmp_path / "backup.db") as store:
        put(store, observed("d1", NOON_MS, level=2.0))

    with reading(path) as reader:
        assert all_of(reader, "d1", "level") == {NOON_MS: 1.0}
        (tmp_path / "backup.db").rename(path)
        assert all_of(reader, "d1", "level") == {NOON_MS: 2.0}


def test_a_quantity_that_ingest_has_added_meanwhile_is_seen(tmp_path: Path) -> None:
    """Ingest was upgraded first; the API is still running with the older catalogue."""
    path = tmp_path / "t.db"
    old = catalogue_of({"river": {"level": "number"}})
    with opened(path, old) as store, reading(path, old) as reader:
        put(store, observed("d1", NOON_MS, level=1.0))
        assert all_of(reader, "d1", "flow") == {}
        store.close()

        with opened(path, catalogue_of({"river": {"level": "number", "flow": "boolean"}})) as wider:
            put(wider, observed("d1", NOON_MS, flow=True))
            assert all_of(reader, "d1", "flow") == {NOON_MS: True}


def test_a_catalogue_ahead_of_the_file_finds_nothing_yet(tmp_path: Path) -> None:
    """The API was upgraded first."""
    path = tmp_path / "t.db"
    with opened(path, catalogue_of({"river": {"level": "number"}})) as store:
        put(store, observed("d1", NOON_MS, level=1.0))
        ahead = catalogue_of({"river": {"level": "number", "flow": "number"}, "pump": {"on": "boolean"}})
        with reading(path, ahead) as reader:
            assert all_of(reader, "d1", "flow") == {}
            assert reader.series("d1", "flow", from_ms=0, to_ms=2**60, every_ms=3_600_000) == []
            assert [newest.quantity for newest in reader.latest()] == ["level"]


def test_readers_work_from_many_threads_at_once(tmp_path: Path) -> None:
    """FastAPI's thread pool."""
    path = tmp_path / "t.db"
    with opened(path) as store, reading(path) as reader:
        put(store, *(observed("d1", NOON_MS + n, level=float(n)) for n in range(300)))

        with ThreadPoolExecutor(40) as pool:
            found = list(pool.map(lambda _: len(all_of(reader, "d1", "level")), range(400)))

    assert found == [300] * 400


def test_only_ingest_writes(tmp_path: Path) -> None:
    """The API holds the same port; a mistake there is an error, not a second writer."""
    refused = pytest.raises(StoreUnavailable, match=r"only read here.*batch 7 was not written")
    with opened(tmp_path / "t.db"), reading(tmp_path / "t.db") as reader, refused:
        reader.write(Batch(7))


def test_a_closed_reader_says_so(tmp_path: Path) -> None:
    """Closing twice is fine."""
    with opened(tmp_path / "t.db"), reading(tmp_path / "t.db") as reader:
        reader.latest()
        reader.close()
        reader.close()

        with pytest.raises(StoreUnavailable, match=r"t\.db is closed"):
            reader.latest()
