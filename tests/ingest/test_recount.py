"""The recount: silent when nothing is wrong, else it names device and figure; table: `tests/data/recount.yaml`."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.recount import recount
from smartward import topics
from smartward.adapters.sqlite import SqliteTelemetry
from smartward.cli import main
from smartward.errors import StoreUnavailable
from tests.ingest.world import CATALOGUE, NOON, WARD, TestWard

CASES = yaml.safe_load((Path(__file__).parent.parent / "data" / "recount.yaml").read_text(encoding="utf-8"))
BEGIN_MS = NOON - 60_000


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[TestWard]:
    """Give a ward with a real store beside its ingest.db, in which everything of the table has been said."""
    store = SqliteTelemetry(tmp_path / "telemetry.db", catalogue=CATALOGUE)
    store.open()
    ward = TestWard(tmp_path, store=store)
    for said in CASES["stored"]:
        say(ward, **said)
        ward.settle()
    for said in CASES["waiting"]:
        say(ward, **said)
    ward.take_in()
    yield ward
    ward.kill()
    store.close()


def say(
    ward: TestWard, *, device: str, at: int, values: dict[str, Any] | None = None, event: int | None = None
) -> None:
    """Say what a row of the table says."""
    body: dict[str, Any] = {"at": BEGIN_MS + at, "values": values or {}}
    if event is None:
        ward.say(topics.obs(WARD, "gw-1", device), body)
    else:
        body |= {"event_id": str(uuid.UUID(int=event)), "type": "line_crossed"}
        ward.say(topics.event(WARD, "gw-1", device), body)


def findings(folder: Path) -> list[list[str]]:
    """Recount, and give device and figure of what does not come out."""
    found = recount(folder / "ingest.db", folder / "telemetry.db").findings
    return [[finding.device, finding.figure] for finding in found]


def damage(folder: Path, file: str, sql: str) -> None:
    """Do something to a file behind everybody's back."""
    with closing(sqlite3.connect(folder / file, isolation_level=None)) as connection:
        assert connection.execute(sql).rowcount > 0


def test_nothing_is_found_where_nothing_is_wrong(ward: TestWard) -> None:
    """Corrections, duplicates, refusals and what still waits all come out, and so does the table."""
    ward.ingest.deciding.step()
    ward.clock.advance(ms=2_000)
    ward.ingest.mirror.step()

    assert findings(ward.folder) == []
    for device, expected in CASES["accounts"].items():
        account = ward.ledger().devices[device]
        assert {figure: getattr(account, figure) for figure in expected} == expected, device


@pytest.mark.parametrize("case", CASES["damage"], ids=[case["name"].replace(" ", "-") for case in CASES["damage"]])
def test_any_damage_is_found_and_named(ward: TestWard, case: dict[str, Any]) -> None:
    """One row deleted by plain sqlite3 is enough; the finding names device and figure and nothing else."""
    damage(ward.folder, case["file"], case["sql"])

    assert findings(ward.folder) == case["finds"]


def test_trimmed_records_still_come_out(ward: TestWard) -> None:
    """What every reader has is gone from the journal, and counted."""
    ward.settle()
    with ward.home.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM log_record").fetchone() == (0,)

    assert findings(ward.folder) == []


def test_what_the_broker_said_again_comes_out(ward: TestWard) -> None:
    """A repeat never reaches the journal and is a duplicate all the same."""
    ward.say(topics.obs(WARD, "gw-1", "fld-1"), {"values": {"depth": 0.2}})
    ward.broker.cut("ingest")
    ward.take_in()
    ward.kill()
    ward.boot_up()
    ward.settle()

    assert ward.ledger().devices["fld-1"].repeated == 1
    assert findings(ward.folder) == []


def test_a_batch_that_the_store_has_and_the_ledger_does_not_know_yet_is_no_finding(ward: TestWard) -> None:
    """A process that died between the two commits has lost nothing."""
    entries = ward.home.journal.read(after=ward.home.journal.cursor("store"), limit=99)
    ward.store.write(ward.ingest.storing.batch_of(entries))

    assert findings(ward.folder) == []
    damage(ward.folder, "telemetry.db", "DELETE FROM event WHERE event_id LIKE '%9'")
    assert findings(ward.folder) == [["cam-1", "stored"]]


def test_the_file_of_an_older_smartward_is_brought_up_to_date(ward: TestWard) -> None:
    """Its ledger comes out too, and goes on coming out."""
    ward.kill()
    with closing(sqlite3.connect(ward.folder / "ingest.db", isolation_level=None)) as connection:
        for column in ("trimmed", "expired", "repeated"):
            connection.execute(f"ALTER TABLE account DROP COLUMN {column}")
        connection.execute("DROP INDEX dead_letter_gateway")
        for column in ("account", "gateway", "replayed", "replayed_ms", "forgotten"):
            connection.execute(f"ALTER TABLE dead_letter DROP COLUMN {column}")
    ward.boot_up()

    assert findings(ward.folder) == []
    ward.settle()
    assert findings(ward.folder) == []


def test_the_command_says_what_it_found(ward: TestWard, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 with nothing to say, 1 with the device's name."""
    config = ward.folder / "smartward.toml"
    config.write_text('[store]\npath = "telemetry.db"\n[ingest]\npath = "ingest.db"\n', encoding="utf-8")
    assert main(["ledger", "--config", str(config), "--recount"]) == 0
    assert "0 findings" in capsys.readouterr().out

    damage(ward.folder, "telemetry.db", "DELETE FROM obs_flood_road WHERE depth = 0.21")
    assert main(["ledger", "--config", str(config), "--recount"]) == 1
    assert "fld-1: stored: the ledger says 4, counted 3" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Nothing counted is not the same as nothing wrong, and nothing is created."""
    with pytest.raises(StoreUnavailable, match="does not exist"):
        recount(tmp_path / "ingest.db", tmp_path / "telemetry.db")
    assert list(tmp_path.iterdir()) == []
