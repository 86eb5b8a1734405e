"""An edge agent's file is read whole or refused with the line to correct."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import load
from smartward.errors import ConfigError

WHOLE = """
[mqtt]
host = "10.0.0.2"

[gateway]
ward = "phuc-yen"
id = "phuc-yen-gw-01"
password_file = "gw.password"

[[camera]]
device = "phuc-yen-cam-01"
source = "footage:bikes"
"""
SEVERAL = """
[[gateway]]
ward = "phuc-yen"
id = "gw-1"

[[gateway]]
ward = "phuc-yen"
id = "gw-2"
username = "somebody"
data_dir = "/var/lib/gw-2"

[simulated]
file = "ward.json"
"""


def written(folder: Path, text: str) -> Path:
    """Write a configuration."""
    path = folder / "edge.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_gateways_file_is_read_with_its_password_and_its_paths(tmp_path: Path) -> None:
    """What the installer wrote is what the agent runs with, wherever it is started from."""
    (tmp_path / "gw.password").write_text("secret\n")

    config = load(written(tmp_path, WHOLE), env={})

    (gateway,) = config.gateways
    assert (gateway.username, gateway.password) == ("phuc-yen-gw-01", "secret")
    assert gateway.data_dir == str(tmp_path / "edge-data")
    assert (config.mqtt.host, config.mqtt.port) == ("10.0.0.2", 1883)
    assert [camera.device for camera in config.camera] == ["phuc-yen-cam-01"]


def test_one_process_may_speak_for_several_gateways(tmp_path: Path) -> None:
    """The demo's whole ward is one process; each gateway keeps its own identity and outbox."""
    config = load(written(tmp_path, SEVERAL), env={})

    assert [(gateway.id, gateway.username) for gateway in config.gateways] == [("gw-1", "gw-1"), ("gw-2", "somebody")]
    assert [gateway.data_dir for gateway in config.gateways] == [str(tmp_path / "edge-data"), "/var/lib/gw-2"]
    assert config.simulated.file == str(tmp_path / "ward.json")


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    """A container gets its identity and its secret from outside."""
    path = written(tmp_path, WHOLE.replace('password_file = "gw.password"', ""))

    config = load(path, env={"SMARTWARD_GATEWAY__PASSWORD": "p", "SMARTWARD_MQTT__PORT": "8883"})

    assert (config.gateways[0].password, config.mqtt.port) == ("p", 8883)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('host = "10.0.0.2"', 'hots = "10.0.0.2"', "edge.toml:3: mqtt.hots: no such key"),
        ('id = "phuc-yen-gw-01"', 'id = "Phúc Yên"', "id 'Phúc Yên' is no id"),
        ('ward = "phuc-yen"', "", "missing required field `ward`"),
        ('password_file = "gw.password"', 'password_file = "none"', "gateway.password_file: none cannot be read"),
        ('password_file = "gw.password"', 'password_file = "a"\npassword = "b"', "keep one of them"),
        ('source = "footage:bikes"', "", "missing required field `source`"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_to_do(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The installer stands on a ladder: one line must be enough."""
    (tmp_path / "gw.password").write_text("secret\n")

    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, WHOLE.replace(old, new)), env={})

    assert said in str(refused.value)


def test_a_gateway_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    """Two outboxes of one gateway look like a stolen identity to the server."""
    with pytest.raises(ConfigError, match="gateway gw-1 is there twice"):
        load(written(tmp_path, SEVERAL.replace("gw-2", "gw-1")), env={})
