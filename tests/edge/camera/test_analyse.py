"""`smartward edge analyse`: the files it writes, and its answers to mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.camera.analyse import analyse, main
from edge.camera.capture import open_capture
from edge.camera.config import CameraConfig
from tests.edge.camera.scenes import FPS, Scene, frames_of, scene_of, write

CONFIG = """
[[camera]]
device = "cam-1"
source = "anything"
analyse_fps = 5

[[camera.line]]
name = "gate"
from = [0.5, 0]
to = [0.5, 1]
label = "person"

[[camera]]
device = "cam-2"
source = "anything"

[agent]
other = "things of the same file"
"""


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Give a scene with crossings in both directions."""
    return next(scene_of(seed) for seed in range(9) if scene_of(seed).crossings_in and scene_of(seed).crossings_out)


@pytest.fixture(scope="module")
def video(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give its recording."""
    path = tmp_path_factory.mktemp("analyse") / "scene.avi"
    write(scene, path, seed=1)
    return path


def test_tracks_events_and_an_annotated_copy_are_written(
    scene: Scene, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command gives all that is needed to judge a place for a camera."""
    config = tmp_path / "edge.toml"
    config.write_text(CONFIG, encoding="utf-8")
    tracks, events, copy = tmp_path / "mot.csv", tmp_path / "events.jsonl", tmp_path / "out.mp4"
    options = ["--config", str(config), "--tracks", str(tracks), "--events", str(events), "--annotated", str(copy)]

    assert main([str(video), *options]) == 0

    crossings = f"gate: {scene.crossings_in} in, {scene.crossings_out} out"
    assert crossings in capsys.readouterr().out
    said = [json.loads(line) for line in events.read_text().splitlines()]
    assert len(said) == scene.crossings_in + scene.crossings_out
    assert all(event["at"] == round((event["frame"] - 1) * 1000 / FPS) for event in said)
    assert {event["values"]["direction"] for event in said} == {"in", "out"}
    rows = [line.split(",") for line in tracks.read_text().splitlines()]
    assert {len(row) for row in rows} == {10}
    assert len({row[1] for row in rows}) == len(scene.walkers)
    capture = open_capture(str(copy))
    assert capture.grab()
    capture.release()


def test_boxes_between_analysed_frames_are_filled_in(scene: Scene, video: Path) -> None:
    """At 5 of 10 frames a second a track still has a box in every frame from its first to its last."""
    seen = analyse(video, config=CameraConfig("cam-1", source="", analyse_fps=5))

    for track in {sighting.track for sighting in seen.tracks}:
        frames = [sighting.frame for sighting in seen.tracks if sighting.track == track]
        assert frames == list(range(frames[0], frames[-1] + 1))
    assert seen.frames == frames_of(scene)


def test_the_same_recording_gives_the_same_answer(video: Path) -> None:
    """Two people who look at one recording see the same facts, ids included."""
    config = CameraConfig("cam-1", source="", analyse_fps=FPS)

    assert analyse(video, config=config) == analyse(video, config=config)


def test_a_camera_is_chosen_by_name_and_a_wrong_name_lists_the_right_ones(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gateway has several cameras, and a typing error is not a camera without lines."""
    config = tmp_path / "edge.toml"
    config.write_text(CONFIG, encoding="utf-8")

    assert main([str(video), "--config", str(config), "--camera", "cam-2"]) == 0
    assert "gate" not in capsys.readouterr().out
    assert main([str(video), "--config", str(config), "--camera", "cam-3"]) == 2
    assert "Cameras there: cam-1, cam-2" in capsys.readouterr().err


def test_a_recording_that_cannot_be_read_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 and one line that names the file."""
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")

    assert main([str(broken)]) == 1
    assert main([str(tmp_path / "missing.mp4")]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert "broken.mp4: it cannot be opened" in lines[-2] or "broken.mp4" in lines[0]
    assert "there is no file" in lines[-1]


def test_an_annotated_copy_that_cannot_be_written_is_a_finding(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits for an analysis whose result goes nowhere."""
    assert main([str(video), "--annotated", str(tmp_path / "no" / "folder.mp4")]) == 1
    assert "cannot be written" in capsys.readouterr().err
