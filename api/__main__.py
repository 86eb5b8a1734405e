"""The API's composition root: `python -m api --config FILE` opens the adapters and serves until it is told to stop."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from api.app import create_app
from api.live import Live
from api.services import Services, Settings
from smartward.adapters.clock import SystemClock
from smartward.adapters.sql import (
    SqlAudit,
    SqlPeople,
    SqlProjections,
    SqlRegistry,
    SqlRequests,
    SqlWorkLog,
    migrate,
    open_database,
)
from smartward.adapters.sqlite import TelemetryReader
from smartward.catalogue.load import load
from smartward.catalogue.model import Catalogue
from smartward.config import (
    ApiConfig,
    ServerConfig,
    StoreConfig,
    influx_token,
    load_toml,
    resolve,
    resolve_url,
)
from smartward.errors import CatalogueError, ConfigError, StoreUnavailable

if TYPE_CHECKING:
    from smartward.adapters.influx import InfluxReader

logger = logging.getLogger("api")
BAD_USAGE = 2
GRACE_S = 2
"""How long requests may take to end once the server is told to stop; streams are ended at once."""


class Server(uvicorn.Server):
    """Uvicorn, which would wait for open streams: it ends them first."""

    def __init__(self, config: uvicorn.Config, *, live: Live) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then everything else."""
        self._live.end_streams()
        await super().shutdown(sockets)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Exit code 0 then; 2 when the configuration or the address is wrong."""
    parser = argparse.ArgumentParser(prog="api", description="The HTTP API and the console of smartward.")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the server's TOML file")
    parser.add_argument("--migrate", action="store_true", help="bring the database to the present schema first")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        config = load_toml(options.config, ServerConfig, env=os.environ)
        listener = listen(config.api)
        with listener:
            serve(config, config_file=options.config, listener=listener, should_migrate=options.migrate)
    except (ConfigError, CatalogueError, StoreUnavailable) as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    return 0


def listen(config: ApiConfig) -> socket.socket:
    """Take the address before anything else is opened; raises ConfigError in plain words when it cannot be had."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family, backlog=128)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        problem = f"port {config.port} on {config.host} is taken" if taken else f"{config.host}: {error.strerror}"
        remedy = (
            "Stop the program that uses it, or choose another port" if taken else "Choose an address of this machine"
        )
        raise ConfigError(problem, key="api.port" if taken else "api.host", remedy=remedy) from error


def serve(config: ServerConfig, *, config_file: Path, listener: socket.socket, should_migrate: bool) -> None:
    """Open the adapters, serve on a socket that already listens, and close everything again."""
    url = resolve_url(config.database.url, config_file=config_file)
    if should_migrate:
        migrate(url)
    database = open_database(url)
    catalogue = load(config.ward.profile)
    store = _reader(config.store, catalogue=catalogue, config_file=config_file)
    services = Services(
        store=store,
        registry=SqlRegistry(database),
        people=SqlPeople(database),
        work_log=SqlWorkLog(database),
        audit=SqlAudit(database),
        projections=SqlProjections(database),
        requests=SqlRequests(database),
        catalogue=catalogue,
        clock=SystemClock(),
    )
    settings = Settings(
        session_s=config.api.session_s,
        cookie_secure=config.api.cookie_secure,
        map_file=_resolved(config.ward.map_file, config_file=config_file),
        footage_file=_resolved(config.api.footage_file, config_file=config_file),
    )
    app = create_app(services, settings)
    server = Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_S,
            ws="none",
        ),
        live=app.state.live,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _was_told_to_stop)
    host, port = listener.getsockname()[:2]
    logger.info("serving on http://%s:%s", f"[{host}]" if ":" in host else host, port)
    try:
        server.run(sockets=[listener])
    finally:
        store.close()
        database.close()
    logger.info("stopped")


def _reader(config: StoreConfig, *, catalogue: Catalogue, config_file: Path) -> TelemetryReader | InfluxReader:
    """Choose the store to read; the InfluxDB client is imported only where it is used: it costs 44 MB."""
    if config.kind == "sqlite":
        return TelemetryReader(resolve(Path(config.path), config_file=config_file), catalogue=catalogue)
    from smartward.adapters.influx import InfluxReader  # noqa: PLC0415 - see above

    return InfluxReader(
        url=config.url,
        database=config.database,
        catalogue=catalogue,
        token=influx_token(config, config_file=config_file),
        username=config.username,
        password=config.password,
        org=config.org,
    )


def _resolved(path: str, *, config_file: Path) -> str:
    return str(resolve(Path(path), config_file=config_file)) if path else ""


def _was_told_to_stop(_number: int, _frame: object) -> None:
    """Do nothing: uvicorn has handled the signal and repeats it when it has ended; the exit code is ours."""


if __name__ == "__main__":
    sys.exit(main())
