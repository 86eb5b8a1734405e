"""Ingest in front of a real InfluxDB: the same ledger, and what the server will never take is named."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartward.adapters.influx import InfluxTelemetry
from tests.ingest.world import CATALOGUE, TestWard
from tests.servers.influxdb import InfluxDB

NOW_MS = time.time_ns() // 1_000_000
DAY_MS = 86_400_000


class Served:
    """A ward whose store is a fresh database of an InfluxDB server that keeps one day."""

    def __init__(self, folder: Path, server: InfluxDB) -> None:
        """Open the store and the ward."""
        self.database = server.new_database()
        self.store = InfluxTelemetry(
            url=server.url,
            database=self.database,
            catalogue=CATALOGUE,
            receipts=folder / "receipts.db",
            token=server.token,
            org=server.org,
            retention_days=1,
        )
        self.store.open()
        self.ward = TestWard(folder, store=self.store, now_ms=NOW_MS)


@pytest.fixture
def served(tmp_path: Path, influxdb: InfluxDB) -> Iterator[Served]:
    """Give such a ward, and clean up after it."""
    served = Served(tmp_path, influxdb)
    yield served
    served.ward.kill()
    served.store.close()
    influxdb.forget()


def test_a_value_older_than_the_server_keeps_is_a_dead_letter_and_the_rest_is_stored(
    served: Served, influxdb: InfluxDB
) -> None:
    """Named, counted and balanced; counted on the server by its own query language."""
    for index in range(5):
        served.ward.say_depth(0.1, at_ms=NOW_MS - index * 1_000)
    served.ward.say_depth(0.2, at_ms=NOW_MS - 20 * DAY_MS)
    served.ward.settle()

    account = served.ward.ledger().devices["fld-1"]
    assert (account.received, account.stored, account.dead_lettered, account.waiting) == (6, 5, 1, 0)
    assert served.ward.ledger().total.balances
    (letter,) = served.ward.projections.dead_letters()
    assert (letter.reason, letter.device, letter.count) == ("store_rejected", "fld-1", 1)
    (row,) = influxdb.query("SELECT count(depth) FROM flood_road", database=served.database)
    assert row["count"] == 5


def test_a_kill_between_the_server_and_the_ledger_counts_once(served: Served) -> None:
    """As with every other store."""
    served.ward.say_depth(0.1, at_ms=NOW_MS - 5)
    served.ward.take_in()
    (entry,) = served.ward.home.journal.read(after=0, limit=9)
    served.store.write(served.ward.ingest.storing.batch_of([entry]))
    served.ward.kill()
    served.ward.boot_up()
    served.ward.say_depth(0.2, at_ms=NOW_MS - 4)
    served.ward.settle()

    account = served.ward.ledger().devices["fld-1"]
    assert (account.stored, account.duplicates, account.waiting) == (2, 0, 0)
