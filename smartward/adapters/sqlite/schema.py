"""The tables: made from the catalogue, and widened when a later catalogue has more."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from smartward.adapters.telemetry_value import Kinds, kinds_of
from smartward.catalogue.model import Catalogue, ValueType
from smartward.errors import CatalogueError, StoreUnavailable
from smartward.observation import Value

APPLICATION_ID = 0x736D7464
SCHEMA_VERSION = 1
OBS = "obs_"
OWN_COLUMNS = ("series", "at", "received_at")
DECLARED: dict[ValueType, str] = {"number": "REAL", "integer": "INTEGER", "boolean": "BOOLEAN", "string": "TEXT"}
KIND_OF: dict[str, ValueType] = {declared: kind for kind, declared in DECLARED.items()}

TABLES = (
    """CREATE TABLE series (
        id INTEGER PRIMARY KEY, ward TEXT NOT NULL, device TEXT NOT NULL, type TEXT NOT NULL,
        heard_at INTEGER NOT NULL, UNIQUE (device, ward, type))""",
    """CREATE TABLE last (
        series INTEGER NOT NULL, quantity TEXT NOT NULL, at INTEGER NOT NULL, received_at INTEGER NOT NULL,
        value NOT NULL, PRIMARY KEY (series, quantity)) WITHOUT ROWID""",
    *(
        f"""CREATE TABLE {name} (
        series INTEGER NOT NULL, quantity TEXT NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL,
        total, low, high, last NOT NULL, energy REAL, PRIMARY KEY (series, quantity, at)) WITHOUT ROWID"""
        for name in ("hourly", "daily")
    ),
    """CREATE TABLE dirty (
        series INTEGER NOT NULL, span TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (series, span, at)) WITHOUT ROWID""",
    """CREATE TABLE event (
        event_id TEXT NOT NULL PRIMARY KEY, ward TEXT NOT NULL, device TEXT NOT NULL, device_type TEXT NOT NULL,
        type TEXT NOT NULL, at INTEGER NOT NULL, received_at INTEGER NOT NULL, phase TEXT NOT NULL, confidence REAL,
        zone TEXT, dwell_s REAL, body TEXT NOT NULL)""",
    "CREATE INDEX event_by_time ON event (at, event_id)",
    "CREATE INDEX event_by_ward ON event (ward, at, event_id)",
    "CREATE INDEX event_by_device ON event (device, at, event_id)",
    """CREATE TABLE applied (
        journal TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE fact (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)


class Home(NamedTuple):
    """Where values of one quantity of one device lie: its series, the table's type, and the kind of the values."""

    series: int
    type: str
    kind: ValueType


def quoted(name: str) -> str:
    """Write any name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def named(statement: str, **names: str) -> str:
    """Put names, quoted already, where a statement has them in braces; values are bound, never put in."""
    return statement.format(**names)


def table_of(device_type: str) -> str:
    """Name the table of a device type, quoted."""
    return quoted(OBS + device_type)


def decoded(value: Any, kind: ValueType | None) -> Value:
    """Give a stored value in its kind's own Python type; an unknown kind as it is stored."""
    kept: Value = value
    match kind:
        case "boolean":
            return bool(kept)
        case "number":
            return float(kept)
        case "integer":
            return int(kept)
        case _:
            return kept


def prepare(connection: sqlite3.Connection, catalogue: Catalogue, *, path: Path) -> Kinds:
    """Make what is missing, inside the caller's transaction, and give what is stored of which kind.

    Raises StoreUnavailable for another program's file or a newer smartward's, CatalogueError for a catalogue whose
    values cannot stand in these tables.
    """
    if _is_new(connection, path=path):
        for statement in TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    stored = declared_kinds(connection)
    tables = {device_type.lower(): device_type for device_type in stored}
    for device_type, wanted in kinds_of(catalogue).items():
        _check_names(device_type, wanted, beside=tables)
        if device_type not in stored:
            _create(connection, device_type, wanted)
            continue
        for quantity, kind in wanted.items():
            if quantity not in stored[device_type]:
                _widen(connection, device_type, quantity, kind)
            else:
                _check_kind(device_type, quantity, stored[device_type][quantity], kind)
    return kinds_now(connection, catalogue)


def declared_kinds(connection: sqlite3.Connection) -> Kinds:
    """Read from the tables themselves what is stored and of which kind."""
    kinds: Kinds = {}
    columns = connection.execute(
        "SELECT t.name, c.name, c.type FROM sqlite_master t, pragma_table_info(t.name) c "
        "WHERE t.type = 'table' AND substr(t.name, 1, 4) = ?",
        (OBS,),
    )
    for table, column, declared in columns:
        quantities = kinds.setdefault(table.removeprefix(OBS), {})
        if column not in OWN_COLUMNS and declared in KIND_OF:
            quantities[column] = KIND_OF[declared]
    return kinds


def kinds_now(connection: sqlite3.Connection, catalogue: Catalogue) -> Kinds:
    """Say of which kind stored values are read: as declared, or as numbers where the catalogue has widened integers."""
    kinds = declared_kinds(connection)
    for device_type, wanted in kinds_of(catalogue).items():
        for quantity in wanted.keys() & kinds.get(device_type, {}).keys():
            if wanted[quantity] == "number":
                kinds[device_type][quantity] = "number"
    return kinds


def _is_new(connection: sqlite3.Connection, *, path: Path) -> bool:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    is_empty = connection.execute("SELECT NOT EXISTS (SELECT 1 FROM sqlite_master)").fetchone()[0] == 1
    if not is_empty and application != APPLICATION_ID:
        raise StoreUnavailable(f"{path} is another program's database. Choose another file, or move that one away")
    if version > SCHEMA_VERSION:
        raise StoreUnavailable(
            f"{path} was written by a newer smartward (tables {version}, here {SCHEMA_VERSION}). Upgrade this one"
        )
    return bool(is_empty)


def _check_names(device_type: str, wanted: dict[str, ValueType], *, beside: dict[str, str]) -> None:
    if beside.setdefault(device_type.lower(), device_type) != device_type:
        raise CatalogueError(f"type {device_type} cannot be stored beside {beside[device_type.lower()]}; rename it")
    seen: dict[str, str] = dict.fromkeys(OWN_COLUMNS, "a column of the store")
    for quantity in wanted:
        clash = seen.get(quantity.lower())
        if clash or "\0" in quantity or not quantity:
            raise CatalogueError(f"{device_type}: quantity {quantity!r} cannot be stored beside {clash}; rename it")
        seen[quantity.lower()] = f"quantity {quantity!r}"


def _check_kind(device_type: str, quantity: str, stored: ValueType, wanted: ValueType) -> None:
    if wanted not in (stored, "number" if stored == "integer" else stored):
        raise CatalogueError(
            f"{device_type}: quantity {quantity} is stored as {stored} and the catalogue says {wanted}; "
            "give the new meaning a new name"
        )


def _create(connection: sqlite3.Connection, device_type: str, wanted: dict[str, ValueType]) -> None:
    columns = "".join(f", {quoted(name)} {DECLARED[kind]}" for name, kind in wanted.items())
    connection.execute(
        f"CREATE TABLE {table_of(device_type)} (series INTEGER NOT NULL, at INTEGER NOT NULL, "
        f"received_at INTEGER NOT NULL{columns}, PRIMARY KEY (series, at)) WITHOUT ROWID"
    )


def _widen(connection: sqlite3.Connection, device_type: str, quantity: str, kind: ValueType) -> None:
    connection.execute(f"ALTER TABLE {table_of(device_type)} ADD COLUMN {quoted(quantity)} {DECLARED[kind]}")
