"""`smartward firmware check`: whether the wire messages of firmware profiles are what our decoder believes.

Each profile folder may hold `wire/expected.yaml`: a device, its type and ward, and for each message file its topic, the
values that must be stored, and `at` unless arrival is the time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from ingest.decode import decode
from ingest.validate import Registered, Validator
from smartward.catalogue import load
from smartward.device import Device
from smartward.errors import ConfigError
from smartward.instants import parse_rfc3339
from smartward.ports import Message

FINE, FINDING = 0, 1
ARRIVAL_MS = parse_rfc3339("2026-11-23T07:30:01Z")


class ExpectedMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message: the file that holds its payload, its topic, and what must become of it."""

    file: str
    topic: str
    values: dict[str, Any]
    at: str = ""


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a profile's device sends. A profile without `gateway` speaks for itself."""

    device: str
    device_type: str
    ward: str
    messages: tuple[ExpectedMessage, ...]
    gateway: str = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Check every profile in a folder. Exit code 1 when a message is not believed; 2 when there is nothing to check."""
    parser = argparse.ArgumentParser(prog="smartward firmware check", description="Check firmware profiles.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("firmware_configs"), metavar="DIR")
    folder = parser.parse_args(argv).folder
    tables = sorted(folder.glob("*/wire/expected.yaml"))
    if not tables:
        raise ConfigError("no profile with wire/expected.yaml", file=str(folder), remedy="Name the folder of profiles")
    findings = [finding for table in tables for finding in check(table)]
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"firmware: {len(tables)} profiles, {len(findings)} findings\n")
    return FINDING if findings else FINE


def check(table: Path) -> Iterator[str]:
    """Say what of a profile's messages is not as its table says."""
    try:
        expected = msgspec.convert(yaml.safe_load(table.read_text(encoding="utf-8")), Expected)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigError(f"not a table of wire messages: {error}", file=str(table), remedy="Correct it") from error
    registered = registry_of(expected)
    for message in expected.messages:
        path = table.parent / message.file
        if not path.is_file():
            yield f"{path}: there is no such file; correct `file` in {table}"
            continue
        for problem in check_message(message, path.read_bytes(), registered=registered):
            yield f"{path}: {problem}"


def check_message(message: ExpectedMessage, payload: bytes, *, registered: Registered) -> Iterator[str]:
    """Say what of one message is not as expected."""
    decoded = decode(Message(message.topic, payload))
    validated = Validator(load()).validate(decoded, registered=registered, received_ms=ARRIVAL_MS)
    for rejection in validated.rejections:
        yield f"{rejection.reason}: {rejection.detail}"
    stored = {name: value for each in validated.observations for name, value in each.values.items()}
    if stored != message.values:
        yield f"stores {stored}, expected {message.values}"
    wanted_ms = parse_rfc3339(message.at) if message.at else ARRIVAL_MS
    for observation in validated.observations:
        if observation.observed_ms != wanted_ms:
            yield f"is of {observation.observed_ms}, expected {wanted_ms}"


def registry_of(expected: Expected) -> Registered:
    """Register the profile's device, and its gateway where it has one."""
    gateway = expected.gateway or expected.device
    device = Device(expected.device, expected.ward, gateway, expected.device_type)
    return Registered({gateway: Device(gateway, expected.ward, gateway, "edge_gateway"), device.id: device})


if __name__ == "__main__":
    sys.exit(main())
