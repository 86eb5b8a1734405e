"""Real brokers for tests: the embedded one and Debian's Mosquitto, each on free ports of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from smartward.adapters.broker import Broker, find
from smartward.errors import ConfigError

USERS = {"server": "server's secret", "gw-1": 'gate"way', "gw-2": "other"}


@contextmanager
def running(
    kind: Literal["embedded", "mosquitto"], folder: Path, *, users: Mapping[str, str] | None = None
) -> Iterator[Broker]:
    """Run a broker for the time of a block; a machine without it fails the test with the line that installs it."""
    try:
        choice = find(kind)
    except ConfigError as error:
        pytest.fail(f"{error}\napt-get install -y mosquitto; pip install -r requirements-dev.txt")
    broker = Broker(choice, folder=folder, users=users or USERS)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
