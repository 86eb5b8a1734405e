"""Ingest's composition root: `python -m ingest --config FILE` chooses the adapters and runs until told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from ingest.home import Home
from ingest.service import Ingest, World
from smartward import topics
from smartward.adapters.clock import SteadyClock, SystemClock
from smartward.adapters.mqtt import MqttBus
from smartward.adapters.notify_console import ConsoleNotifier
from smartward.adapters.notify_file import FileNotifier
from smartward.adapters.sql import SqlProjections, SqlRegistry, SqlRequests, open_database
from smartward.adapters.sqlite import SqliteTelemetry
from smartward.catalogue import load
from smartward.catalogue.model import Catalogue
from smartward.config import NotifyConfig, ServerConfig, StoreConfig, influx_token, load_toml, resolve, resolve_url
from smartward.errors import CatalogueError, ConfigError, StoreUnavailable
from smartward.ports import Bus, Notifier

if TYPE_CHECKING:
    from smartward.adapters.influx import InfluxTelemetry

log = logging.getLogger("ingest")
BAD_USAGE = 2
SESSION_EXPIRY_S = 7 * 24 * 3600
"""How long a broker with memory keeps for us what we have not acknowledged."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Exit code 0 then; 2 when the configuration or a file is wrong."""
    parser = argparse.ArgumentParser(prog="ingest", description="From the broker to the disk, the store and the rules.")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the server's TOML file")
    parser.add_argument(
        "--wards", default="", metavar="a,b", help="the wards to own; all of the configuration without it"
    )
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        config = load_toml(options.config, ServerConfig, env=os.environ)
        wards = tuple(filter(None, options.wards.split(","))) or config.ward.ids
        run(config, config_file=options.config, wards=wards, stopping=stopping)
    except (ConfigError, CatalogueError, StoreUnavailable) as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    return 0


def run(config: ServerConfig, *, config_file: Path, wards: tuple[str, ...], stopping: Event) -> None:
    """Open the adapters, take in what comes until `stopping` is set, and close everything again."""
    if not wards:
        raise ConfigError("no ward to own", file=str(config_file), key="ward.ids", remedy='Write ids = ["my-ward"]')
    catalogue = load(config.ward.profile)
    database = open_database(resolve_url(config.database.url, config_file=config_file))
    store = _store(config.store, catalogue=catalogue, config_file=config_file)
    home = Home(
        resolve(Path(config.ingest.path), config_file=config_file), max_journal_bytes=config.ingest.max_journal_bytes
    )
    world = World(
        bus=_bus(config, wards),
        store=store,
        registry=SqlRegistry(database),
        projections=SqlProjections(database),
        channels=_channels(config.notify, config_file=config_file),
        catalogue=catalogue,
        clock=SystemClock(),
        steady=SteadyClock(),
        requests=SqlRequests(database),
        wards=wards,
        dead_letter_days=config.ingest.dead_letter_days,
        look_for_retained=None if config.broker.marks_retained else lambda: _sentry_bus(config, wards),
    )
    store.open()
    ingest = Ingest(home, world)
    try:
        ingest.start()
        log.info("ingest runs for %s under the profile %s", ", ".join(wards), catalogue.profile.name)
        stopping.wait()
    finally:
        ingest.stop()
        store.close()
        database.close()


def _store(config: StoreConfig, *, catalogue: Catalogue, config_file: Path) -> SqliteTelemetry | InfluxTelemetry:
    """Choose the telemetry store; the InfluxDB client is imported only where it is used: it costs 44 MB."""
    if config.kind == "sqlite":
        return SqliteTelemetry(resolve(Path(config.path), config_file=config_file), catalogue=catalogue)
    from smartward.adapters.influx import InfluxTelemetry  # noqa: PLC0415 - see above

    return InfluxTelemetry(
        url=config.url,
        database=config.database,
        catalogue=catalogue,
        receipts=resolve(Path(config.receipts), config_file=config_file),
        token=influx_token(config, config_file=config_file),
        username=config.username,
        password=config.password,
        org=config.org,
        retention_days=config.retention_days,
    )


def _bus(config: ServerConfig, wards: tuple[str, ...]) -> Bus:
    """Connect under a fixed client id: a broker with memory then knows what we have not acknowledged."""
    broker = config.broker
    return MqttBus(
        host=broker.host,
        port=broker.port_v5 or broker.port,
        client_id=f"ingest-{'-'.join(wards)}"[:64],
        username=broker.username,
        password=broker.password,
        subscriptions=topics.subscriptions(wards),
        clean_start=False,
        session_expiry_s=SESSION_EXPIRY_S,
    )


def _sentry_bus(config: ServerConfig, wards: tuple[str, ...]) -> Bus:
    """Connect afresh, for what the broker has retained."""
    broker = config.broker
    return MqttBus(
        host=broker.host,
        port=broker.port_v5 or broker.port,
        client_id=f"sentry-{'-'.join(wards)}"[:64],
        username=broker.username,
        password=broker.password,
        subscriptions=[topic for topic in topics.subscriptions(wards) if not topic.endswith(topics.Kind.PRESENCE)],
    )


def _channels(config: NotifyConfig, *, config_file: Path) -> dict[str, Notifier]:
    channels: dict[str, Notifier] = {}
    if config.file:
        channels["file"] = FileNotifier(resolve(Path(config.file), config_file=config_file))
    if config.console:
        channels["console"] = ConsoleNotifier(sys.stdout)
    return channels


if __name__ == "__main__":
    sys.exit(main())
