"""The camera as an input: threads, start and stop, real footage to a sink."""

from __future__ import annotations

import threading
from pathlib import Path
from uuid import UUID

import pytest

from edge.camera.camera import open_camera
from edge.camera.config import CameraConfig, CrowdConfig, LineConfig
from edge.footage import Clip, FootageMissing
from edge.inputs import Input
from smartward.adapters.clock import SystemClock
from smartward.event import Event
from tests.edge.camera.vocabulary import check_event, check_values
from tests.edge.sinks import MemorySink

VTEST = CameraConfig(
    "cam-1",
    source="footage:vtest",
    fps=70,
    analyse_fps=70,
    interval_s=1,
    health_interval_s=1,
    line=(LineConfig("path-west", (0.3906, 0.25), (0.3906, 0.65), label="person"),),
    crowd_flow=(CrowdConfig("crowd-1", ("path-west",)),),
)
DEVICES = {"cam-1", "crowd-1"}


def test_a_camera_on_real_footage_says_health_counts_and_crossings(footage: dict[str, Clip]) -> None:
    """Ten times as fast as it was filmed, the square gives facts of every kind, all of them the catalogue's."""
    camera: Input = open_camera(VTEST, clock=SystemClock(), footage_folder=footage["vtest"].path.parent)
    sink = MemorySink()
    before = threading.active_count()
    camera.start(sink)
    try:
        said = sink.wait_for(1)
        while not any(isinstance(fact, Event) for fact in said) or {fact.device for fact in said} != DEVICES:
            said = sink.wait_for(len(said) + 1)
    finally:
        camera.stop()
        camera.stop()
    after_stop = len(sink.said)

    assert threading.active_count() == before
    for fact in sink.said:
        kind = {"cam-1": "camera", "crowd-1": "crowd_flow"}[fact.device]
        if isinstance(fact, Event):
            check_event(kind, fact)
            assert UUID(fact.event_id).version == 4
        else:
            check_values(kind, fact.values)
    assert len(sink.said) == after_stop


def test_a_camera_can_be_stopped_without_a_start(tmp_path: Path) -> None:
    """An agent that fails half-way stops everything that it has built."""
    config = CameraConfig("cam-1", source=str(tmp_path / "missing.avi"))

    open_camera(config, clock=SystemClock(), footage_folder=tmp_path).stop()


def test_a_dead_camera_says_that_it_has_no_picture(tmp_path: Path) -> None:
    """Silence would be taken for a dead gateway: a camera without a picture still speaks."""
    config = CameraConfig("cam-1", source=str(tmp_path / "missing.avi"), health_interval_s=1)
    camera = open_camera(config, clock=SystemClock(), footage_folder=tmp_path)
    sink = MemorySink()
    camera.start(sink)
    try:
        (fact, *_) = sink.wait_for(1)
    finally:
        camera.stop()

    assert fact.values["stream_ok"] is False


def test_a_clip_that_is_not_installed_is_named_with_its_remedy(tmp_path: Path) -> None:
    """The message says which command brings it."""
    with pytest.raises(FootageMissing, match="smartward footage install"):
        open_camera(VTEST, clock=SystemClock(), footage_folder=tmp_path)
