"""The `smartward` command: one table of subcommands, each imported when it is asked for.

Exit code 0: fine, 1: a finding, 2: bad usage or configuration, with the remedy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from smartward import __version__
from smartward.errors import CatalogueError, ConfigError, SmartwardError

FINE, FINDING, BAD_USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and give its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["--version"]:
        print(f"smartward {__version__}")
        return FINE
    command, rest = _find(arguments)
    if command is None:
        print(_usage(), file=sys.stderr if arguments[:1] not in (["--help"], ["-h"]) else sys.stdout)
        return FINE if arguments[:1] in (["--help"], ["-h"]) else BAD_USAGE
    try:
        return command.run(rest)
    except (ConfigError, CatalogueError) as error:
        print(error, file=sys.stderr)
        return BAD_USAGE
    except SmartwardError as error:
        print(error, file=sys.stderr)
        return FINDING


class Command(NamedTuple):
    """One subcommand: its words, what it is for, and what runs it with the remaining arguments."""

    words: tuple[str, ...]
    purpose: str
    run: Callable[[list[str]], int]


def _find(arguments: list[str]) -> tuple[Command | None, list[str]]:
    """Find the command with the most words that the arguments begin with."""
    for command in sorted(COMMANDS, key=lambda command: -len(command.words)):
        if tuple(arguments[: len(command.words)]) == command.words:
            return command, arguments[len(command.words) :]
    return None, arguments


def _usage() -> str:
    width = max(len(" ".join(command.words)) for command in COMMANDS)
    lines = [f"  {' '.join(command.words):<{width}}  {command.purpose}" for command in COMMANDS]
    return "usage: smartward COMMAND [OPTIONS]; each command knows --help\n\n" + "\n".join(lines)


# --- the commands, in the order of the help text ------------------------------------------------------------


def _demo(arguments: list[str]) -> int:
    from edge.footage import clips, default_folder
    from smartward.demo.layout import Clip
    from smartward.demo.run import main as demo

    installed = {clip.name: Clip(clip.name, clip.line_vi, clip.fps) for clip in clips(default_folder())}
    return demo(arguments, clips=installed)


def _ingest(arguments: list[str]) -> int:
    from ingest.__main__ import main as ingest

    return ingest(arguments)


def _api(arguments: list[str]) -> int:
    from api.__main__ import main as api

    return api(arguments)


def _edge(arguments: list[str]) -> int:
    from edge.__main__ import main as edge

    return edge(arguments)


def _edge_analyse(arguments: list[str]) -> int:
    from edge.camera.analyse import main as analyse

    return analyse(arguments)


def _check_config(arguments: list[str]) -> int:
    import os

    from smartward.config import ServerConfig, load_toml

    parser = _parser("check-config", "Check the server's configuration file.")
    parser.add_argument("file", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    load_toml(options.file, ServerConfig, env=os.environ)
    print(f"{options.file}: fine")
    return FINE


def _catalogue_list(arguments: list[str]) -> int:
    from smartward.catalogue import load
    from smartward.catalogue.table import catalogue_table

    parser = _parser("catalogue list", "List the device types.")
    parser.add_argument("--profile", default="normal", help="the operating profile to lay over (default: normal)")
    options = parser.parse_args(arguments)
    for row in catalogue_table(load(options.profile)):
        counts = f"{row.quantities:3} quantities {row.rules:3} rules {row.events:3} events"
        print(f"{row.type:20} {counts}  every {row.reporting_interval_s:5} s  {row.name}")
    return FINE


def _catalogue_check(arguments: list[str]) -> int:
    from smartward.catalogue import load
    from smartward.catalogue.check import check

    _parser("catalogue check", "Check that the catalogue holds together.").parse_args(arguments)
    findings = check(load())
    for finding in findings:
        print(finding)
    print(f"catalogue: {len(findings)} findings")
    return FINDING if findings else FINE


def _ledger(arguments: list[str]) -> int:
    import os

    from ingest.recount import run as recount
    from smartward.adapters.sql import SqlProjections, open_database
    from smartward.config import ServerConfig, load_toml, resolve, resolve_url

    parser = _parser("ledger", "Show the ledger: received = stored + duplicates + dead-lettered + waiting.")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the server's TOML file")
    parser.add_argument("--recount", action="store_true", help="count journal, store and dead letters, and compare")
    options = parser.parse_args(arguments)
    config = load_toml(options.config, ServerConfig, env=os.environ)
    if options.recount and config.store.kind != "sqlite":
        raise ConfigError(
            f"a recount reads files, and this store is {config.store.kind}",
            file=str(options.config),
            key="store.kind",
            remedy="Compare with InfluxQL by hand: SELECT count(*) of each measurement",
        )
    if options.recount:
        ingest_db, telemetry_db = (
            resolve(Path(path), config_file=options.config) for path in (config.ingest.path, config.store.path)
        )
        return recount(ingest_db=ingest_db, telemetry_db=telemetry_db)
    database = open_database(resolve_url(config.database.url, config_file=options.config))
    try:
        ledger = SqlProjections(database).ledger()
    finally:
        database.close()
    if ledger is None:
        print("no ledger yet: ingest has not run")
        return FINDING
    total = ledger.total
    for field in total.__struct_fields__:
        print(f"{field:14} {getattr(total, field):>12}")
    print("balances" if total.balances else "DOES NOT BALANCE")
    return FINE if total.balances else FINDING


def _dashboards(arguments: list[str]) -> int:
    from dashboards.__main__ import main as dashboards

    return dashboards(arguments)


def _firmware_check(arguments: list[str]) -> int:
    from ingest.firmware import main as firmware

    return firmware(arguments)


def _schema_export(arguments: list[str]) -> int:
    from ingest.schema.export import main as schema_export

    return schema_export(arguments)


def _footage_install(arguments: list[str]) -> int:
    from edge.footage import default_folder, install

    parser = _parser("footage install", "Fetch the footage that the demo's cameras and the tests play.")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="where to keep it (default: the cache)")
    install(parser.parse_args(arguments).folder)
    return FINE


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"smartward {name}", description=description)


COMMANDS = (
    Command(("demo",), "a living ward on this machine: broker, ingest, API, cameras and simulated sensors", _demo),
    Command(("ingest",), "take in what devices say, store it and decide alerts", _ingest),
    Command(("api",), "serve the API and the console", _api),
    Command(("edge",), "run the agent of a gateway", _edge),
    Command(("edge", "analyse"), "count in a video file, as fast as it goes", _edge_analyse),
    Command(("check-config",), "check the server's configuration file", _check_config),
    Command(("catalogue", "list"), "list the device types", _catalogue_list),
    Command(("catalogue", "check"), "check that the catalogue holds together", _catalogue_check),
    Command(("ledger",), "show what became of everything that devices said", _ledger),
    Command(("dashboards",), "build or check the Grafana dashboards", _dashboards),
    Command(("firmware", "check"), "check the wire messages of firmware profiles", _firmware_check),
    Command(("schema", "export"), "write the contract as JSON Schema and AsyncAPI 3", _schema_export),
    Command(("footage", "install"), "fetch the footage that cameras play in the demo and the tests", _footage_install),
)


if __name__ == "__main__":
    sys.exit(main())
