"""A process that writes a random life into a telemetry file until it is killed: `python -m … PATH SEED`.

It prints each batch's number and answer once `write` has returned, which is the promise the tests hold it to.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from smartward.adapters.sqlite import SqliteTelemetry
from tests.contracts.telemetry import CATALOGUE, life


def main() -> None:
    """Write for ever."""
    store = SqliteTelemetry(Path(sys.argv[1]), catalogue=CATALOGUE)
    store.open()
    for batch in life(int(sys.argv[2])):
        answer = msgspec.json.encode((batch.number, store.write(batch)))
        sys.stdout.write(answer.decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
