"""The whole path on rendered scenes: every crossing in the picture is counted once, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.camera.analyse import analyse
from edge.camera.config import CameraConfig, LineConfig
from tests.edge.camera.scenes import FPS, frames_of, scene_of, write

MIDDLE = LineConfig("middle", (0.5, 0.0), (0.5, 1.0), label="person")


@pytest.mark.parametrize("seed", range(20))
def test_every_crossing_of_a_rendered_scene_is_counted_once(seed: int, tmp_path: Path) -> None:
    """With figures that do not hide each other there is one right answer, also through a real codec."""
    scene = scene_of(seed)
    write(scene, tmp_path / "scene.avi", seed=seed)
    config = CameraConfig("cam-1", source="", analyse_fps=FPS, line=(MIDDLE,))

    seen = analyse(tmp_path / "scene.avi", config=config)

    assert seen.frames == frames_of(scene)
    assert seen.counts == {"middle": {"in": scene.crossings_in, "out": scene.crossings_out}}
    assert len(seen.events) == scene.crossings_in + scene.crossings_out
    assert len({sighting.track for sighting in seen.tracks}) == len(scene.walkers)
