"""The camera: an input that watches one source and says counts, crossings and its own health, never a picture."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import cv2

from edge import footage
from edge.camera.config import CameraConfig
from edge.camera.source import Frame, VideoSource
from edge.camera.watch import NewId, Watch
from edge.inputs import Sink
from smartward.event import Event
from smartward.observation import Observation
from smartward.ports import Clock

logger = logging.getLogger(__name__)

FOOTAGE = "footage:"
"""How a source names an installed clip."""
WAIT_S = 0.5
"""The longest wait for a frame: what is due by the clock is said no later than that."""


def new_event_id() -> str:
    """Give an id that no other event has."""
    return str(uuid.uuid4())


def open_camera(config: CameraConfig, *, clock: Clock, footage_folder: Path) -> Camera:
    """Give the camera that a configuration describes, not yet started; raises FootageMissing for an absent clip."""
    address, fps = config.source, config.fps
    if address.startswith(FOOTAGE):
        clip = footage.find(address.removeprefix(FOOTAGE), folder=footage_folder)
        address, fps = str(clip.path), fps or clip.fps
    source = VideoSource(address, analyse_fps=config.analyse_fps, clock=clock, fps=fps)
    return Camera(config, source=source, clock=clock)


class Camera:
    """One camera on this gateway; `source` is started and stopped with it."""

    def __init__(
        self, config: CameraConfig, *, source: VideoSource, clock: Clock, new_id: NewId = new_event_id
    ) -> None:
        self.name = config.device
        self.failures = 0
        self._config = config
        self._source = source
        self._clock = clock
        self._watch = Watch(config, new_id=new_id)
        self._stop = Flag()
        self._thread: Thread | None = None

    def start(self, sink: Sink) -> None:
        """Begin to watch, on threads of its own."""
        cv2.setNumThreads(1)
        self._stop.clear()
        self._source.start()
        self._thread = Thread(target=self._run, args=(sink,), name=f"camera-{self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the threads after the frame in hand."""
        self._stop.set()
        self._source.stop()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, sink: Sink) -> None:
        number = 0
        self._watch.begin(now_ms=self._clock.now_ms())
        while not self._stop.is_set():
            frame = self._source.newest(after=number, timeout_s=WAIT_S)
            if self._stop.is_set():
                return
            if frame is not None:
                number = frame.number
                self._look(frame, sink)
            for fact in self._watch.say(arrived=self._source.state().arrived, now_ms=self._clock.now_ms()):
                _tell(sink, fact)

    def _look(self, frame: Frame, sink: Sink) -> None:
        """Look at one frame; one that cannot be looked at is counted, and the camera goes on."""
        try:
            events = self._watch.look(frame)
        except Exception as error:  # noqa: BLE001 - a codec may give any picture, and one must not end the camera
            self.failures += 1
            if self.failures == 1:
                logger.warning("camera %s: a frame cannot be analysed, going on: %r", self.name, error)
            return
        for event in events:
            sink.assert_event(event)


def _tell(sink: Sink, fact: Observation | Event) -> None:
    if isinstance(fact, Event):
        sink.assert_event(fact)
    else:
        sink.observe(fact)
