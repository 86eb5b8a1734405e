"""What the cameras play, where that is footage and not the street: a JSON object from device id to the clip's name."""

from __future__ import annotations

from pathlib import Path

import msgspec

from smartward.errors import ConfigError


def read_footage(path: Path) -> dict[str, str]:
    """Read what each camera plays; raises ConfigError naming the file and what is wrong with it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the list of footage cannot be read: {error.strerror}",
            file=str(path),
            key="api.footage_file",
            remedy="Give the path of a JSON object from camera id to clip name, or leave footage_file empty",
        ) from error
    try:
        return msgspec.json.decode(raw, type=dict[str, str])
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"not a list of footage: {error}",
            file=str(path),
            key="api.footage_file",
            remedy='Write {"camera-id": "clip name"}',
        ) from error
