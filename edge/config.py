"""Configuration of an edge process: one TOML file, as frozen types.

[mqtt]
host = "broker.example"

[gateway]                       # [[gateway]] where one process speaks for several
ward = "phuc-yen"
id = "phuc-yen-gw-01"
password_file = "gw-01.password"

[[camera]]                      # cameras belong to the first gateway
device = "phuc-yen-cam-01"
source = "rtsp://…"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from edge.camera.config import CameraConfig
from smartward import topics
from smartward.config import load_toml, resolve
from smartward.errors import ConfigError

Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
Beat = Annotated[int, msgspec.Meta(ge=1, le=3_600)]


class MqttConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the broker is."""

    host: str = "127.0.0.1"
    port: Port = 1883
    version: Literal["5", "3.1.1"] = "5"
    keepalive_s: Beat = 20


class GatewayConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One gateway: who it is, how it logs in, and where its outbox lies.

    An empty `username` is the id. `vitals_s` is how often the machine's own telemetry is said, 0 for never.
    """

    ward: str
    id: str
    username: str = ""
    password: str = ""
    password_file: str = ""
    heartbeat_s: Beat = 60
    data_dir: str = "edge-data"
    max_outbox_bytes: Annotated[int, msgspec.Meta(ge=1024 * 1024)] = 256 * 1024 * 1024
    vitals_s: Annotated[int, msgspec.Meta(ge=0, le=3_600)] = 60

    def __post_init__(self) -> None:
        """Refuse names that no topic can carry, and two passwords."""
        for what, name in (("ward", self.ward), ("id", self.id)):
            if not topics.is_id(name):
                raise ValueError(f"{what} {name!r} is no id: use lower-case letters, digits and hyphens")
        if self.password and self.password_file:
            raise ValueError(f"gateway {self.id} has password and password_file; keep one of them")


class SimulatedConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A simulated ward: the file that lists its gateways and devices; each of those needs its [[gateway]] too."""

    file: str = ""


class FootageConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the clips of `footage:` cameras lie; empty for the person's own cache folder."""

    folder: str = ""


class EdgeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that an edge process needs to know."""

    gateway: GatewayConfig | tuple[GatewayConfig, ...]
    mqtt: MqttConfig = MqttConfig()
    camera: tuple[CameraConfig, ...] = ()
    simulated: SimulatedConfig = SimulatedConfig()
    footage: FootageConfig = FootageConfig()

    def __post_init__(self) -> None:
        """Refuse a file without a gateway, or with one twice."""
        ids = [gateway.id for gateway in self.gateways]
        if not ids:
            raise ValueError("there is no gateway; write a [gateway] section with ward and id")
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(
                f"gateway {twice[0]} is there twice; two outboxes of one gateway look like a stolen identity"
            )

    @property
    def gateways(self) -> tuple[GatewayConfig, ...]:
        """All gateways, whether the file says [gateway] or [[gateway]]."""
        return (self.gateway,) if isinstance(self.gateway, GatewayConfig) else self.gateway


def load(path: Path, *, env: Mapping[str, str]) -> EdgeConfig:
    """Read the file, laying the environment over it, with paths made absolute and passwords read.

    Raises ConfigError with file, line, key, value and remedy.
    """
    config = load_toml(path, EdgeConfig, env=env)
    footage = config.footage.folder and str(resolve(Path(config.footage.folder), config_file=path))
    simulated = config.simulated.file and str(resolve(Path(config.simulated.file), config_file=path))
    return msgspec.structs.replace(
        config,
        gateway=tuple(_settled(gateway, config_file=path) for gateway in config.gateways),
        footage=FootageConfig(footage),
        simulated=SimulatedConfig(simulated),
    )


def _settled(gateway: GatewayConfig, *, config_file: Path) -> GatewayConfig:
    """Give a gateway with its user name, password and folder filled in."""
    password = gateway.password
    if gateway.password_file:
        try:
            password = resolve(Path(gateway.password_file), config_file=config_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(
                f"{gateway.password_file} cannot be read: {error.strerror}",
                file=str(config_file),
                key="gateway.password_file",
                remedy="Name a file that holds the password and that this user may read",
            ) from error
    return msgspec.structs.replace(
        gateway,
        username=gateway.username or gateway.id,
        password=password,
        password_file="",
        data_dir=str(resolve(Path(gateway.data_dir), config_file=config_file)),
    )
