"""The tables follow the catalogue, keep what they hold, and can be read by anybody."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from smartward import catalogue
from smartward.adapters.sqlite import SqliteTelemetry
from smartward.catalogue.model import ValueType
from smartward.errors import CatalogueError, StoreUnavailable
from smartward.ports import Batch
from tests.contracts.telemetry import CATALOGUE, NOON_MS, WARD, catalogue_of, crossed, observed
from tests.smartward.adapters.sqlite.outside import change, query
from tests.smartward.adapters.sqlite.stores import all_of, opened, put, reading


def test_an_outside_reader_finds_the_documented_tables(tmp_path: Path) -> None:
    """Grafana, a spreadsheet or a student with plain sqlite3 can read a ward's data."""
    path = tmp_path / "telemetry.db"
    with opened(path) as store:
        put(store, observed("d1", NOON_MS, level=1.5, order=2, on=True, group="đỏ"))
        put(store, observed("d1", NOON_MS, battery=0.5, received_ms=NOON_MS + 9_000))

        assert query(path, "SELECT id, ward, device, type, heard_at FROM series") == [
            (1, WARD, "d1", "river", NOON_MS + 9_000)
        ]
        assert query(path, 'SELECT series, at, received_at, level, "order", "on", "group", battery FROM obs_river') == [
            (1, NOON_MS, NOON_MS + 9_000, 1.5, 2, 1, "đỏ", 0.5)
        ]
        assert query(path, "SELECT quantity, at, received_at, value FROM last WHERE quantity >= 'on'") == [
            ("on", NOON_MS, NOON_MS + 1_000, 1),
            ("order", NOON_MS, NOON_MS + 1_000, 2),
        ]
        assert query(path, "SELECT number, answer FROM applied") == [
            (2, '{"d1":{"stored":1,"duplicates":0,"corrected":0,"rejected":0,"refusals":[]}}')
        ]
        assert query(path, "SELECT value FROM fact WHERE name = 'timezone'") == [("Asia/Ho_Chi_Minh",)]


def test_an_outside_reader_finds_events_by_column(tmp_path: Path) -> None:
    """The whole event is JSON; what one looks for has its own column."""
    path = tmp_path / "telemetry.db"
    with opened(path) as store:
        store.write(Batch(1, events=(crossed("e1", NOON_MS),)))

        assert query(
            path, "SELECT event_id, ward, device, device_type, type, at, phase, confidence, zone, dwell_s FROM event"
        ) == [("e1", WARD, "cam", "camera", "line_crossed", NOON_MS, "new", 0.75, "z1", 1.5)]
        assert query(path, "SELECT json_extract(body, '$.values.line') FROM event") == [("cổng",)]


def test_every_type_of_the_real_catalogue_has_its_table(tmp_path: Path) -> None:
    """The catalogue is the only list of quantities."""
    real = catalogue.load()
    with opened(tmp_path / "telemetry.db", real):
        tables = {row[0] for row in query(tmp_path / "telemetry.db", "SELECT name FROM sqlite_master")}

    assert tables >= {f"obs_{name}" for name in real.types}


def test_a_new_quantity_and_a_new_type_are_added_by_themselves(tmp_path: Path) -> None:
    """An upgrade of the catalogue is a restart, not a migration by hand."""
    path = tmp_path / "telemetry.db"
    with opened(path, catalogue_of({"river": {"level": "number"}})) as store:
        put(store, observed("d1", NOON_MS, level=1.5))

    with opened(
        path, catalogue_of({"river": {"level": "number", "flow": "number"}, "pump": {"on": "boolean"}})
    ) as store:
        put(store, observed("d1", NOON_MS, flow=7), observed("p1", NOON_MS, type="pump", on=True))

        assert [(newest.quantity, newest.value) for newest in store.latest()] == [
            ("flow", 7.0),
            ("level", 1.5),
            ("on", True),
        ]


def test_a_quantity_that_left_the_catalogue_can_still_be_read_and_written(tmp_path: Path) -> None:
    """An older catalogue after an upgrade that was taken back: the journal still holds the new quantity."""
    path = tmp_path / "telemetry.db"
    with opened(path) as store:
        put(store, observed("d1", NOON_MS, on=True, level=1.5))

    with opened(path, catalogue_of({"pump": {"on": "boolean"}})) as store, reading(path, catalogue_of({})) as reader:
        put(store, observed("d1", NOON_MS + 1, on=False))

        assert all_of(reader, "d1", "on") == {NOON_MS: True, NOON_MS + 1: False}
        assert [newest.value for newest in reader.latest()] == [1.5, False]


def test_integers_may_become_numbers(tmp_path: Path) -> None:
    """The one change of kind that loses nothing; old values are read as numbers then."""
    path = tmp_path / "telemetry.db"
    with opened(path, catalogue_of({"river": {"level": "integer"}})) as store:
        put(store, observed("d1", NOON_MS, level=3))

    with opened(path, catalogue_of({"river": {"level": "number"}})) as store:
        counts = put(store, observed("d1", NOON_MS, level=3.0), observed("d1", NOON_MS + 1, level=3.5))

        assert (counts["d1"].stored, counts["d1"].duplicates) == (1, 1)
        values = list(all_of(store, "d1", "level").values())
        assert values == [3.0, 3.5]
        assert {type(value) for value in values} == {float}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("number", "integer"),
        ("boolean", "integer"),
        ("string", "number"),
        ("integer", "boolean"),
        ("integer", "string"),
    ],
)
def test_any_other_change_of_kind_is_refused_at_open(tmp_path: Path, before: ValueType, after: ValueType) -> None:
    """A new meaning needs a new name; the message says so and nothing is touched."""
    path = tmp_path / "telemetry.db"
    with opened(path, catalogue_of({"river": {"level": before}})):
        pass
    store = SqliteTelemetry(path, catalogue=catalogue_of({"river": {"level": after}, "pump": {"on": "boolean"}}))

    with pytest.raises(CatalogueError, match=rf"river: quantity level is stored as {before}.*says {after}.*new name"):
        store.open()

    assert query(path, "SELECT name FROM sqlite_master WHERE name = 'obs_pump'") == []


@pytest.mark.parametrize(
    "types",
    [
        {"river": {"series": "number"}},
        {"river": {"AT": "number"}},
        {"river": {"received_at": "number"}},
        {"river": {"level": "number", "Level": "number"}},
        {"river": {"level": "number"}, "RIVER": {"level": "number"}},
        {"river": {"": "number"}},
    ],
)
def test_names_that_cannot_stand_side_by_side_are_refused(
    tmp_path: Path, types: dict[str, dict[str, ValueType]]
) -> None:
    """SQLite does not tell cases apart; better to say so than to mix two quantities."""
    with pytest.raises(CatalogueError, match="rename it"):
        SqliteTelemetry(tmp_path / "telemetry.db", catalogue=catalogue_of(types)).open()


@pytest.mark.parametrize("name", ["on", "order", "select", "a b", "x'); DROP TABLE last;--", 'q"q', "%s", "{x}", "đo"])
def test_any_other_name_is_just_a_name(tmp_path: Path, name: str) -> None:
    """FIWARE has attributes called "on"; nobody's name is code."""
    with opened(tmp_path / "telemetry.db", catalogue_of({name: {name: "integer", "other": "number"}})) as store:
        put(store, observed("d1", NOON_MS, {name: 7}, type=name))
        put(store, observed("d1", NOON_MS, {name: 8, "other": 1.0}, type=name))

        assert all_of(store, "d1", name) == {NOON_MS: 8}
        (day,) = store.series("d1", name, from_ms=0, to_ms=2**60, every_ms=86_400_000, fn="sum")
        assert day.value == 8


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    """A wrong path in the configuration destroys nothing."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE precious (x)")
        connection.commit()

    with pytest.raises(StoreUnavailable, match=r"other\.db is another program's database.*Choose another file"):
        SqliteTelemetry(path, catalogue=CATALOGUE).open()

    assert query(path, "SELECT name FROM sqlite_master") == [("precious",)]


def test_a_newer_smartwards_file_is_refused(tmp_path: Path) -> None:
    """Going back to an older version must not write what the newer would misread."""
    path = tmp_path / "telemetry.db"
    with opened(path):
        pass
    change(path, "PRAGMA user_version = 99")

    with pytest.raises(StoreUnavailable, match=r"newer smartward.*99.*Upgrade"):
        SqliteTelemetry(path, catalogue=CATALOGUE).open()
