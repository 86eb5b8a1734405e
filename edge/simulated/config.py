"""What a simulated ward's edge process is told: the seed, the story, and the devices behind each gateway.

The file is plain JSON, so that whoever plans a ward can write it without importing this package:

    {"ward": "songmay", "seed": 7, "profile": "demo", "story": "demo", "timezone": "Asia/Ho_Chi_Minh",
     "started_ms": 1795432700000,
     "gateways": [{"id": "songmay-gw-01", "devices": [
        {"id": "songmay-fld-014", "type": "flood_road", "site": "songmay-hem-48-ben-do",
         "lat": 21.2357, "lon": 105.6966, "params": {"alertLevel": 0.15, "dangerLevel": 0.3}}]}]}

`story` is the name of a shipped story, a path that ends in .yaml, or "" for a ward that just lives. `started_ms` is
the instant that the story counts from; null is the start of the process. A gateway's own vitals are simulated only
where its devices include one of type `edge_gateway` with the gateway's id.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from smartward.errors import ConfigError
from smartward.observation import Value


class SimulatedDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device of the simulated ward; `params` are its site parameters from the registry."""

    id: str
    type: str
    site: str
    lat: float
    lon: float
    params: dict[str, Value] = {}


class SimulatedGateway(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gateway and the devices that it speaks for."""

    id: str
    devices: tuple[SimulatedDevice, ...]


class SimulationConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that an edge process needs to know of the ward that it simulates."""

    ward: str
    gateways: tuple[SimulatedGateway, ...]
    seed: int = 7
    profile: str = "normal"
    story: str = ""
    timezone: str = "Asia/Ho_Chi_Minh"
    started_ms: int | None = None

    @property
    def devices(self) -> tuple[SimulatedDevice, ...]:
        """All devices, gateway by gateway."""
        return tuple(device for gateway in self.gateways for device in gateway.devices)


def read_config(path: Path) -> SimulationConfig:
    """Read the file. Raises ConfigError naming the file and the key."""
    try:
        document = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", file=str(path), remedy="Name a simulation file that exists"
        ) from error
    try:
        return msgspec.json.decode(document, type=SimulationConfig)
    except msgspec.DecodeError as error:
        raise ConfigError(str(error), file=str(path), remedy="Compare it with edge/simulated/config.py") from error


def write_config(config: SimulationConfig, path: Path) -> None:
    """Write the file, readable and in a fixed order."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(config), indent=2) + b"\n")
