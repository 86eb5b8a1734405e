"""Configuration: a wrong key is named with its file, line, value and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartward.config import ServerConfig, load_toml, resolve, resolve_url
from smartward.errors import ConfigError

GOOD = """
[ward]
ids = ["songmay"]

[broker]
kind = "auto"
port = 1883

[api]
port = 8001
"""


def write(folder: Path, text: str) -> Path:
    """Write a configuration file."""
    path = folder / "smartward.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path, env: dict[str, str] | None = None) -> ConfigError:
    """Give the error that a file meets."""
    with pytest.raises(ConfigError) as caught:
        load_toml(path, ServerConfig, env=env or {})
    return caught.value


def test_a_good_file_is_read_with_defaults_for_the_rest(tmp_path: Path) -> None:
    """Only what differs must be written."""
    config = load_toml(write(tmp_path, GOOD), ServerConfig, env={})

    assert (config.ward.ids, config.api.port, config.store.kind) == (("songmay",), 8001, "sqlite")


def test_every_key_can_come_from_the_environment(tmp_path: Path) -> None:
    """And wins over the file; other programs' variables are none of ours."""
    env = {
        "SMARTWARD_API__PORT": "9000",
        "SMARTWARD_WARD__IDS": "a, b",
        "SMARTWARD_NOTIFY__CONSOLE": "true",
        "PATH": "/",
    }
    config = load_toml(write(tmp_path, GOOD), ServerConfig, env=env)

    assert (config.api.port, config.ward.ids, config.notify.console) == (9000, ("a", "b"), True)


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        (GOOD.replace("port = 8001", "prot = 8001"), 10, "api.prot", ("no such key", "prot = 8001", "Remove it")),
        (GOOD.replace('"auto"', '"best"'), 6, "broker.kind", ("best", "Correct the value")),
        (GOOD.replace("port = 1883", 'port = "many"'), 7, "broker.port", ("many",)),
        (GOOD.replace("[api]", "[apy]"), 9, "apy", ("no such key",)),
        (GOOD + "= 3\n", 11, "", ("not TOML",)),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, line: int, key: str, words: tuple[str, ...]) -> None:
    """File, line, key, value, remedy: nobody has to guess."""
    error = refusal(write(tmp_path, text))

    assert (error.line, error.key) == (line, key)
    assert str(error).startswith(f"{tmp_path / 'smartward.toml'}:{line}: ")
    for word in words:
        assert word in str(error)


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    """The environment is said to be the place, not the file."""
    error = refusal(write(tmp_path, GOOD), {"SMARTWARD_API__PROT": "1"})

    assert str(error).startswith("environment: SMARTWARD_API__PROT: no such key")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Plain words instead of a traceback."""
    assert "No such file" in str(refusal(tmp_path / "absent.toml"))


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """The folder can be moved as a whole."""
    file = tmp_path / "smartward.toml"

    assert resolve(Path("ward.db"), config_file=file) == tmp_path / "ward.db"
    assert resolve(Path("/data/ward.db"), config_file=file) == Path("/data/ward.db")
    assert resolve_url("sqlite:///ward.db", config_file=file) == f"sqlite:///{tmp_path / 'ward.db'}"
    assert resolve_url("postgresql+psycopg://u@h/d", config_file=file) == "postgresql+psycopg://u@h/d"
