"""Recount: the ledger checked from outside, by plain SQLite on the files, without any code that keeps it.

What the telemetry store holds is counted cell by cell, what waits and what is held by decoding the journal itself, and
what was refused in the dead letters. Each figure of each device must come out as the ledger says:

    stored        = rows + corrected + expired           (rows: non-null cells of quantities, and events)
    waiting       = items in journal records beyond the `store` cursor
    journaled     = items held in the journal + trimmed  = stored + waiting + duplicates - repeated
    dead_lettered = items in dead letter groups, those that have expired included
    received      = stored + duplicates + dead_lettered + waiting

It may run beside a running ingest: it only reads, and looks again when ingest moved between the two files.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from smartward.errors import StoreUnavailable

FINE, FINDING = 0, 1
ATTEMPTS = 50
"""How often we look again when ingest stored a batch while we were reading; a look takes as long as a count."""

REFUSED = """SELECT account, sum(count) FROM (SELECT account, count FROM dead_letter
    UNION ALL SELECT account, count FROM dead_letter_past) GROUP BY account"""
_OWN_COLUMNS = ("series", "at", "received_at")


class Finding(NamedTuple):
    """One figure of one device that does not come out; `because` says what was counted."""

    device: str
    figure: str
    ledger: int
    counted: int
    because: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.device}: {self.figure}: the ledger says {self.ledger}, counted {self.counted} ({self.because})"


class Recount(NamedTuple):
    """How many devices were recounted, how many items they ever sent, and what does not come out."""

    devices: int
    items: int
    findings: tuple[Finding, ...]


class _Ours(NamedTuple):
    """What ingest's own file says in one snapshot."""

    journal: str
    cursor: int
    accounts: dict[str, dict[str, int]]
    held: Counter[str]
    waiting: Counter[str]
    refused: Counter[str]


class _Theirs(NamedTuple):
    """What the telemetry store's file says in one snapshot; `answer` is of the newest batch of our journal."""

    rows: Counter[str]
    newest_batch: int
    answer: dict[str, dict[str, int]]


def run(*, ingest_db: Path, telemetry_db: Path) -> int:
    """Recount and print what was found. Exit code 1 when something does not come out."""
    result = recount(ingest_db, telemetry_db)
    for finding in result.findings:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"recount: {result.devices} devices, {result.items} items, {len(result.findings)} findings\n")
    return FINDING if result.findings else FINE


def recount(ingest_db: Path, telemetry_db: Path) -> Recount:
    """Recount both files; raises StoreUnavailable when one cannot be read."""
    ours, theirs = _read_both(ingest_db, telemetry_db)
    devices = sorted({*ours.accounts, *ours.held, *ours.refused, *theirs.rows})
    findings = tuple(finding for device in devices for finding in _check(device, ours, theirs))
    return Recount(len(devices), sum(account["received"] for account in ours.accounts.values()), findings)


def _check(device: str, ours: _Ours, theirs: _Theirs) -> Iterator[Finding]:
    """Compare the figures of one device."""
    said: Mapping[str, int] = Counter(ours.accounts.get(device, {}))
    uncounted: Mapping[str, int] = Counter(theirs.answer.get(device, {}) if theirs.newest_batch > ours.cursor else {})
    rows, corrected = theirs.rows[device], said["corrected"] + uncounted["corrected"]
    counted = {
        "stored": (
            rows + corrected + said["expired"] - uncounted["stored"],
            f"{rows} rows + {corrected} corrected + {said['expired']} expired",
        ),
        "waiting": (ours.waiting[device], "in the journal beyond the store's cursor"),
        "dead_lettered": (ours.refused[device], "in dead letter groups, with the expired"),
        "received": (
            said["stored"] + said["duplicates"] + said["dead_lettered"] + said["waiting"],
            "stored + duplicates + dead_lettered + waiting",
        ),
    }
    for figure, (number, because) in counted.items():
        if said[figure] != number:
            yield Finding(device, figure, said[figure], number, because)
    journaled = said["stored"] + said["waiting"] + said["duplicates"] - said["repeated"]
    if journaled != ours.held[device] + said["trimmed"]:
        because = f"{ours.held[device]} in the journal + {said['trimmed']} trimmed"
        yield Finding(device, "journaled", journaled, ours.held[device] + said["trimmed"], because)


def _read_both(ingest_db: Path, telemetry_db: Path) -> tuple[_Ours, _Theirs]:
    """Read both files at one point of ingest's life: between the two reads its store cursor has not moved."""
    with closing(_open(ingest_db)) as ingest, closing(_open(telemetry_db)) as telemetry:
        try:
            for _ in range(ATTEMPTS):
                ours = _read_ours(ingest)
                theirs = _read_theirs(telemetry, journal=ours.journal)
                if _cursor(ingest) == ours.cursor:
                    return ours, theirs
        except (sqlite3.Error, msgspec.DecodeError) as error:
            raise StoreUnavailable(f"{ingest_db} and {telemetry_db} cannot be recounted: {error}") from error
    raise StoreUnavailable(f"{ingest_db} does not stand still long enough to be recounted; stop ingest and try again")


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise StoreUnavailable(f"{path} does not exist; name the configuration of a server that has run")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5)
    connection.row_factory = sqlite3.Row
    return connection


def _read_ours(connection: sqlite3.Connection) -> _Ours:
    connection.execute("BEGIN")
    try:
        cursor = _cursor(connection)
        held: Counter[str] = Counter()
        waiting: Counter[str] = Counter()
        for number, body in connection.execute("SELECT number, body FROM log_record ORDER BY number"):
            items = _items(msgspec.msgpack.decode(body))
            held.update(items)
            if number > cursor:
                waiting.update(items)
        refused = Counter(dict(connection.execute(REFUSED).fetchall()))
        accounts = {row["device"]: _figures(row) for row in connection.execute("SELECT * FROM account")}
        (journal,) = connection.execute("SELECT boot FROM log_head").fetchone()
        return _Ours(journal, cursor, accounts, held, waiting, refused)
    finally:
        connection.execute("COMMIT")


def _figures(row: sqlite3.Row) -> dict[str, int]:
    return {name: row[name] for name in row.keys() if name != "device"}  # noqa: SIM118  # a Row iterates over values


def _items(record: list[Any]) -> Counter[str]:
    """Count the items of one journal record: `[received, gateway, observations, events, …]`, all positional."""
    items: Counter[str] = Counter()
    for _ward, device, _type, _observed, _received, values in record[2]:
        items[device] += len(values)
    for _ward, _type, _received, event in record[3]:
        items[event["device"]] += 1
    return items


def _read_theirs(connection: sqlite3.Connection, *, journal: str) -> _Theirs:
    connection.execute("BEGIN")
    try:
        device_of = dict(connection.execute("SELECT id, device FROM series").fetchall())
        rows = Counter(dict(connection.execute("SELECT device, count(*) FROM event GROUP BY device").fetchall()))
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'obs\\_%' ESCAPE '\\'"
        )
        for (table,) in tables.fetchall():
            for series, cells in _cells(connection, table):
                rows[device_of.get(series, f"(series {series})")] += cells
        newest = connection.execute("SELECT number, answer FROM applied WHERE journal = ?", (journal,)).fetchone()
        return _Theirs(rows, newest["number"], json.loads(newest["answer"])) if newest else _Theirs(rows, 0, {})
    finally:
        connection.execute("COMMIT")


def _cells(connection: sqlite3.Connection, table: str) -> list[tuple[int, int]]:
    """Count the non-null quantities of one table, by series."""
    columns = [row["name"] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})")]
    counts = " + ".join(f"count({_quoted(column)})" for column in columns if column not in _OWN_COLUMNS)
    if not counts:
        return []
    statement = f"SELECT series, {counts} FROM {_quoted(table)} GROUP BY series"  # noqa: S608  # names from the file itself, quoted
    return [(series, cells) for series, cells in connection.execute(statement)]


def _cursor(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("SELECT number FROM log_cursor WHERE name = 'store'").fetchone()
    return int(number)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
