"""Configuration: one TOML file into frozen types; every key also as SMARTWARD_SECTION__KEY in the environment.

Unknown keys are refused. Relative paths are relative to the file's folder. Each deployable has a schema of its own;
the server's is here because `demo`, `up`, `ingest` and `api` share one file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from smartward.errors import ConfigError

PREFIX = "SMARTWARD_"
Schema = TypeVar("Schema", bound=msgspec.Struct)


class WardConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The wards that this server owns, their operating profile, and the map that the console draws (GeoJSON)."""

    ids: tuple[str, ...] = ()
    profile: str = "normal"
    map_file: str = ""


class BrokerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the broker listens and how the server logs in. `port_v5` is 0 when `port` speaks MQTT 5 too.

    `marks_retained` is false for a broker that hides the retain mark while it passes messages on, as the embedded one.
    """

    kind: Literal["auto", "embedded", "mosquitto", "external"] = "auto"
    host: str = "127.0.0.1"
    port: int = 1883
    port_v5: int = 0
    username: str = "server"
    password: str = ""
    marks_retained: bool = True


class StoreConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The telemetry store: a file (`path`), or an InfluxDB (`url`, `database` and how to log in).

    `token_file` holds a token that the configuration should not. `retention_days` is set up on the server: absent
    leaves what is there, 0 keeps for ever. `receipts` is ingest's own file beside it, and belongs in the backup.
    """

    kind: Literal["sqlite", "influx"] = "sqlite"
    path: str = "telemetry.db"
    url: str = ""
    database: str = "smartward"
    org: str = ""
    token: str = ""
    token_file: str = ""
    username: str = ""
    password: str = ""
    retention_days: int | None = None
    receipts: str = "receipts.db"


class DatabaseConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The relational database: sqlite:///FILE or postgresql+psycopg://…."""

    url: str = "sqlite:///ward.db"


class IngestConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ingest's own file, how large its journal may grow before it stops acknowledging, how long refusals are kept."""

    path: str = "ingest.db"
    max_journal_bytes: int = 2 * 1024**3
    dead_letter_days: int = 30


class ApiConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the API listens; `session_s` is how long a login lasts; `footage_file` names what cameras play."""

    host: str = "127.0.0.1"
    port: int = 8000
    session_s: int = 12 * 3600
    cookie_secure: bool = False
    footage_file: str = ""


class NotifyConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where notifications go: a file (one JSON line each; empty: none) and the console (stdout) of ingest."""

    file: str = "notifications.jsonl"
    console: bool = False


class ServerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that the server's processes need to know."""

    ward: WardConfig = WardConfig()
    broker: BrokerConfig = BrokerConfig()
    store: StoreConfig = StoreConfig()
    database: DatabaseConfig = DatabaseConfig()
    ingest: IngestConfig = IngestConfig()
    api: ApiConfig = ApiConfig()
    notify: NotifyConfig = NotifyConfig()


def load_toml(path: Path, schema: type[Schema], *, env: Mapping[str, str]) -> Schema:
    """Read a configuration file, laying the environment over it.

    Raises ConfigError with file, line, key, value and remedy.
    """
    text = _read(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise ConfigError(
            f"not TOML: {error}", file=str(path), line=int(line[1]) if line else 0, remedy="Correct the line"
        ) from error
    from_env = _lay_over(data, env)
    try:
        return msgspec.convert(data, schema, strict=False)
    except msgspec.ValidationError as error:
        raise _explain(error, path=path, text=text, from_env=from_env) from error


def resolve(path: Path, *, config_file: Path) -> Path:
    """Give a configured path as it is meant: relative to the configuration file's folder."""
    return path if path.is_absolute() else config_file.resolve().parent / path


def resolve_url(url: str, *, config_file: Path) -> str:
    """Give a database URL with a relative SQLite file resolved like any other path."""
    prefix = "sqlite:///"
    if not url.startswith(prefix):
        return url
    return prefix + str(resolve(Path(url.removeprefix(prefix)), config_file=config_file))


def influx_token(store: StoreConfig, *, config_file: Path) -> str:
    """Give the token that the configuration names, from its file where it names one; raises ConfigError."""
    if not store.url:
        raise ConfigError("an InfluxDB needs its address", key="store.url", remedy='Write url = "http://host:8086"')
    if not store.token_file:
        return store.token
    return _read(resolve(Path(store.token_file), config_file=config_file)).strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", file=str(path), remedy="Name a file that exists"
        ) from error


def _lay_over(data: dict[str, Any], env: Mapping[str, str]) -> set[str]:
    laid = set()
    for name, value in env.items():
        section, separator, key = name.removeprefix(PREFIX).lower().partition("__")
        if not name.startswith(PREFIX) or not separator:
            continue
        table = data.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = [part.strip() for part in value.split(",")] if key.endswith("ids") else value
            laid.add(f"{section}.{key}")
    return laid


def _explain(error: msgspec.ValidationError, *, path: Path, text: str, from_env: set[str]) -> ConfigError:
    message = str(error)
    unknown = re.search(r"unknown field `([^`]+)`", message)
    where = re.search(r" - at `\$\.?([^`]*)`", message)
    steps = [step for step in re.split(r"[.\[\]]+", where[1] if where else "") if step and not step.isdigit()]
    keys = [*steps, unknown[1]] if unknown else steps
    key = ".".join(keys)
    problem = "no such key" if unknown else message.split(" - at ", maxsplit=1)[0]
    line = _line_of(text, keys)
    if line:
        problem += f" (it says: {text.splitlines()[line - 1].strip()})"
    remedy = "Remove it or correct its name" if unknown else "Correct the value"
    if key in from_env:
        name = PREFIX + key.upper().replace(".", "__")
        return ConfigError(problem, file="environment", key=name, remedy=remedy)
    return ConfigError(problem, file=str(path), line=line, key=key, remedy=remedy)


def _line_of(text: str, keys: list[str]) -> int:
    """Find the line of a key in its section; 0 when it is not written there."""
    section = ""
    wanted, name = ".".join(keys[:-1]), keys[-1] if keys else ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+([^\]]+)\]+", line):
            section = header[1].strip()
            if section == ".".join(keys):
                return number
        elif section == wanted and re.match(rf"\s*{re.escape(name)}\s*=", line):
            return number
    return 0
