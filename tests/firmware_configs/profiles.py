"""The device profiles under firmware_configs/: their wire messages, and their ESPHome text with its secrets put in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from smartward.observation import Value

ROOT = Path(__file__).parents[2] / "firmware_configs"
SECRET = re.compile(r"!secret (\w+)")


class WireMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message that a profile produces; without `at` the time of arrival counts."""

    file: str
    topic: str
    values: dict[str, Value]
    at: str = ""


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a profile's `wire/expected.yaml` promises."""

    ward: str
    device: str
    device_type: str
    messages: tuple[WireMessage, ...]


class Profile(NamedTuple):
    """One folder that produces wire messages."""

    name: str
    folder: Path
    expected: Expected


def profiles() -> list[Profile]:
    """Find every folder with a wire/expected.yaml."""
    found = sorted(ROOT.glob("*/wire/expected.yaml"))
    return [
        Profile(path.parents[1].name, path.parents[1], msgspec.yaml.decode(path.read_bytes(), type=Expected))
        for path in found
    ]


def esphome_file(folder: Path) -> Path | None:
    """Give a profile's ESPHome file; None when it is none."""
    return next((path for path in folder.glob("*.yaml") if path.name != "secrets.example.yaml"), None)


def esphome(path: Path) -> dict[str, Any]:
    """Read an ESPHome file with its example secrets and its substitutions put in."""
    text = path.read_text(encoding="utf-8")
    secrets = yaml.safe_load((path.parent / "secrets.example.yaml").read_text(encoding="utf-8"))
    text = SECRET.sub(lambda found: msgspec.json.encode(secrets[found[1]]).decode(), text)
    for name, value in yaml.safe_load(text)["substitutions"].items():
        text = text.replace(f"${{{name}}}", str(value))
    configuration: dict[str, Any] = yaml.safe_load(text)
    return configuration


def publications(configuration: dict[str, Any]) -> list[dict[str, Any]]:
    """List every mqtt.publish_json action of an ESPHome configuration, wherever it stands."""
    found: list[dict[str, Any]] = []
    waiting: list[Any] = [configuration]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found += [part["mqtt.publish_json"]] if "mqtt.publish_json" in part else []
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return found
