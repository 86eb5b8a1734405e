"""The configuration of cameras: what a person may write, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.camera.analyse import Cameras
from edge.camera.config import CameraConfig
from smartward.config import load_toml
from smartward.errors import ConfigError

CAMERA = """
[[camera]]
device = "cam-1"
source = "footage:vtest"
analyse_fps = 7
interval_s = 5

[[camera.line]]
name = "gate"
from = [0.4, 0.2]
to = [0.4, 0.8]
label = "person"

[[camera.crowd_flow]]
device = "crowd-1"
lines = ["gate"]
zone = [[0, 0.3], [1, 0.3], [1, 1], [0, 1]]
"""


def read(text: str, folder: Path) -> tuple[CameraConfig, ...]:
    """Read a configuration file with this text."""
    path = folder / "edge.toml"
    path.write_text(text, encoding="utf-8")
    return load_toml(path, Cameras, env={}).camera


def test_a_camera_is_read_as_it_is_written(tmp_path: Path) -> None:
    """The file in the docs is the file that works."""
    (camera,) = read(CAMERA, tmp_path)

    assert (camera.device, camera.source, camera.analyse_fps, camera.interval_s) == ("cam-1", "footage:vtest", 7, 5)
    assert (camera.line[0].start, camera.line[0].end) == ((0.4, 0.2), (0.4, 0.8))
    assert camera.crowd_flow[0].lines == ("gate",)
    assert camera.traffic_flow == ()


@pytest.mark.parametrize(
    ("was", "wrong", "words"),
    [
        ('lines = ["gate"]', 'lines = ["door"]', "counts at line door, which is not drawn; drawn are: gate"),
        ("to = [0.4, 0.8]", "to = [0.4, 0.2]", "line gate begins and ends at"),
        ("to = [0.4, 0.8]", "to = [0.4, 80]", "<= 1"),
        ("zone = [[0, 0.3], [1, 0.3], [1, 1], [0, 1]]", "zone = [[0, 0.3], [1, 0.3]]", "has 2 points"),
        ("analyse_fps = 7", "analyse_fps = 0", "> 0"),
        ("analyse_fps = 7", "analyze_fps = 7", "no such key"),
        ('label = "person"', 'label = "Nguyễn Văn A"', "regex"),
    ],
)
def test_a_mistake_is_refused_in_words_that_name_it(was: str, wrong: str, words: str, tmp_path: Path) -> None:
    """Whoever sets a camera up at night in the rain has only this line to go by."""
    with pytest.raises(ConfigError) as refused:
        read(CAMERA.replace(was, wrong), tmp_path)

    assert words in str(refused.value)
    assert "edge.toml" in str(refused.value)


def test_two_lines_of_one_name_are_refused(tmp_path: Path) -> None:
    """Their crossings could not be told apart."""
    line = CAMERA[CAMERA.index("[[camera.line]]") : CAMERA.index("[[camera.crowd_flow]]")]

    with pytest.raises(ConfigError, match="two lines named gate"):
        read(CAMERA.replace(line, line + line), tmp_path)
