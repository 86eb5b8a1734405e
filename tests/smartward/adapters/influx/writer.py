"""A process that writes a random life into InfluxDB until it is killed: `python -m … URL DATABASE RECEIPTS SEED`.

It prints each batch's number and answer once `write` has returned, and goes on where it was when it is started again.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import msgspec

from smartward.adapters.influx import InfluxTelemetry
from tests.contracts.telemetry import CATALOGUE, life


def main() -> None:
    """Write for ever."""
    url, database, receipts, seed = sys.argv[1:]
    store = InfluxTelemetry(url=url, database=database, catalogue=CATALOGUE, receipts=Path(receipts))
    store.open()
    newest = store.newest_batch("j1")
    for batch in islice(life(int(seed)), max(newest - 1, 0), None):
        answer = msgspec.json.encode((batch.number, store.write(batch)))
        sys.stdout.write(answer.decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
