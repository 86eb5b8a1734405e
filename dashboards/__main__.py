"""The dashboards' commands: `build` writes the JSON files, `check` tells whether they follow the code."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

FINE, FINDING, BAD_USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 fine, 1 a finding, 2 bad usage."""
    parser = argparse.ArgumentParser(prog="smartward dashboards", description="Grafana dashboards as code.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, does in (
        ("build", "write the dashboards' JSON files"),
        ("check", "compare the JSON files with the code"),
    ):
        command = commands.add_parser(name, help=does, description=does)
        command.add_argument("folder", nargs="?", type=Path, help="where the files are (default: the package's own)")
    options = parser.parse_args(argv)
    if importlib.util.find_spec("grafana_foundation_sdk") is None:
        print('dashboards: the Grafana SDK is not installed. Run: pip install "smartward[dashboards]"', file=sys.stderr)
        return BAD_USAGE
    return _build(options.folder) if options.command == "build" else _check(options.folder)


def _build(folder: Path | None) -> int:
    from dashboards.build import GENERATED, build  # noqa: PLC0415  # the SDK is an extra; main() has looked for it

    try:
        files = build(folder or GENERATED)
    except OSError as error:
        print(f"dashboards: {error.filename}: {error.strerror}. Name a folder that can be written", file=sys.stderr)
        return BAD_USAGE
    for path in files:
        print(path)
    return FINE


def _check(folder: Path | None) -> int:
    from dashboards.build import GENERATED, check  # noqa: PLC0415  # as above

    if folder is not None and not folder.is_dir():
        print(f"dashboards: {folder} is no folder. Name the folder that holds the JSON files", file=sys.stderr)
        return BAD_USAGE
    findings = check(folder or GENERATED)
    for finding in findings:
        print(finding)
    return FINDING if findings else FINE


if __name__ == "__main__":
    sys.exit(main())
