"""Sources of pictures: files in real time, failures, and what may be logged of an address."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from edge.camera.capture import SourceFailed, open_capture, rate_of, shown
from edge.camera.source import Beat, Frame, VideoSource, back_off_s
from smartward.adapters.clock import SystemClock
from tests.edge.camera.scenes import FPS, HEIGHT, WIDTH, scene_of, write

DEADLINE_S = 20.0


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a short recording."""
    path = tmp_path_factory.mktemp("source") / "scene.avi"
    write(scene_of(3), path, seed=3)
    return path


def next_frame(source: VideoSource, *, after: int) -> Frame:
    """Wait for a frame."""
    frame = source.newest(after=after, timeout_s=DEADLINE_S)
    assert frame is not None, source.state()
    return frame


def test_a_file_is_played_from_start_to_stop(video: Path) -> None:
    """Frames come with growing numbers and instants, as pictures of the file's size."""
    source = VideoSource(str(video), analyse_fps=60, clock=SystemClock(), fps=60)
    source.start()
    try:
        first = next_frame(source, after=0)
        second = next_frame(source, after=first.number)
        state = source.state()
    finally:
        source.stop()
        source.stop()

    assert second.number > first.number
    assert second.at_ms >= first.at_ms
    assert first.gray.shape == (HEIGHT, WIDTH)
    assert state.arrived >= 2
    assert state.trouble == ""
    assert source.newest(after=10**9, timeout_s=DEADLINE_S) is None


def test_a_file_begins_again_and_says_that_it_is_another_scene(tmp_path: Path) -> None:
    """Whoever stood at the left in the last picture does not jump to the right in the first."""
    path = tmp_path / "scene.avi"
    write(scene_of(4), path, seed=4)
    source = VideoSource(str(path), analyse_fps=120, clock=SystemClock(), fps=120)
    source.start()
    try:
        frame = next_frame(source, after=0)
        began = frame.scene
        while frame.scene == began:
            frame = next_frame(source, after=frame.number)
    finally:
        source.stop()

    assert frame.scene == began + 1


def test_a_source_that_is_missing_is_tried_until_it_is_there(video: Path, tmp_path: Path) -> None:
    """A camera that comes up after the gateway is found without anybody's help."""
    path = tmp_path / "later.avi"
    source = VideoSource(str(path), analyse_fps=30, clock=SystemClock(), fps=30)
    source.start()
    try:
        assert source.newest(after=0, timeout_s=0.2) is None
        assert "there is no file" in source.state().trouble
        path.write_bytes(video.read_bytes())
        next_frame(source, after=0)
        assert source.state().trouble == ""
    finally:
        source.stop()


def test_a_source_can_be_started_again_after_a_stop(video: Path) -> None:
    """A new configuration stops and starts cameras in a running agent."""
    source = VideoSource(str(video), analyse_fps=60, clock=SystemClock(), fps=60)
    source.start()
    first = next_frame(source, after=0)
    source.stop()
    source.start()
    try:
        assert next_frame(source, after=first.number).scene > first.scene
    finally:
        source.stop()


def test_what_cannot_be_opened_is_said_in_plain_words(tmp_path: Path) -> None:
    """The message is what the technician reads on the camera's page."""
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is no video")

    with pytest.raises(SourceFailed, match="there is no file"):
        open_capture(str(tmp_path / "missing.mp4"))
    with pytest.raises(SourceFailed, match="cannot be opened"):
        open_capture(str(broken))


def test_the_header_s_rate_is_believed_when_it_is_plausible(video: Path) -> None:
    """Some headers say 1000 or 0 frames a second."""
    capture = open_capture(str(video))

    assert rate_of(capture) == FPS
    capture.release()


@pytest.mark.parametrize(
    ("address", "logged"),
    [
        ("rtsp://admin:Secret1@10.0.0.7:554/Streaming/101?token=abc", "rtsp://10.0.0.7:554/…"),
        ("rtsp://admin:p@ss/w@rd@cam-7/stream", "rtsp://cam-7/…"),
        ("http://cam/feed?user=admin&password=secret", "http://cam/…"),
        ("http://cam/feed?user=ward@example&password=secret", "http://…"),
        ("/home/ward/footage/bikes.mp4", "bikes.mp4"),
        ("usb:0", "usb:0"),
    ],
)
def test_no_login_of_a_camera_is_ever_logged(address: str, logged: str) -> None:
    """Logs are read by more people than may see the cameras."""
    assert shown(address) == logged


def test_pauses_between_attempts_grow_to_a_minute() -> None:
    """A dead camera is asked often at first, then once a minute, for ever."""
    assert [back_off_s(failures) for failures in (1, 2, 3, 7, 8, 10_000)] == [1, 2, 4, 60, 60, 60]


@pytest.mark.parametrize(("fps", "rate", "taken"), [(25, 5, 50), (25, 8, 80), (7, 7, 70), (10, 25, 100)])
def test_frames_are_taken_evenly_at_the_wanted_rate(fps: int, rate: float, taken: int) -> None:
    """Never more often than wanted or than there are frames, and with no drift over ten seconds."""
    is_due = Beat(rate)

    assert sum(is_due(number / fps) for number in range(10 * fps)) == taken


def test_a_pause_is_not_made_up_for() -> None:
    """After a stall the newest frame is wanted, not a burst."""
    is_due = Beat(5)

    assert [is_due(at_s) for at_s in (0.0, 10.0, 10.1, 10.2, 10.3, 10.4)] == [True, True, False, True, False, True]


@pytest.fixture
def served(video: Path) -> Iterator[str]:
    """Give the recording's address on a web server on loopback."""
    handler = partial(QuietHandler, directory=str(video.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield f"http://ward:secret@127.0.0.1:{server.server_port}/{video.name}"
        server.shutdown()
        serving.join()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


def test_a_network_stream_that_breaks_off_is_opened_again(served: str, caplog: pytest.LogCaptureFixture) -> None:
    """A camera that is restarted comes back by itself, as another scene, and its password stays out of the log."""
    source = VideoSource(served, analyse_fps=60, clock=SystemClock())
    with caplog.at_level(logging.INFO):
        source.start()
        try:
            frame = next_frame(source, after=0)
            began = frame.scene
            while frame.scene == began:
                frame = next_frame(source, after=frame.number)
        finally:
            source.stop()

    assert frame.scene == began + 1
    assert "the stream broke off" in caplog.text
    assert "pictures come from http://127.0.0.1" in caplog.text
    assert "secret" not in caplog.text


def test_a_waiting_reader_is_released_by_stop(tmp_path: Path) -> None:
    """Ctrl-C does not wait for a camera that never answers."""
    source = VideoSource(str(tmp_path / "missing.avi"), analyse_fps=5, clock=SystemClock())
    source.start()
    source.stop()

    assert source.newest(after=0, timeout_s=DEADLINE_S) is None
