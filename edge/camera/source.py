"""Sources of pictures: a file played in real time, a network stream or a USB camera, all through cv2.VideoCapture.

A reader thread keeps only the newest picture, so that slow analysis never works off old ones. When the source fails
it is opened again after 1, 2, 4 … 60 s, for ever.
"""

from __future__ import annotations

import logging
import time
from functools import cached_property
from pathlib import Path
from threading import Condition, Thread
from threading import Event as Flag

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.camera.capture import SourceFailed, open_capture, rate_of, shown
from edge.camera.steady import Luma
from smartward.ports import Clock

logger = logging.getLogger(__name__)

FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 1.0, 60.0
STOP_TIMEOUT_S = 2.0
LATE_S = 1.0
"""When playing a file is this late, it goes on from now instead of hurrying after."""


class Frame:
    """One picture, taken at `at_ms`; `number` grows by one a frame, a new `scene` does not continue the last."""

    def __init__(self, bgr: NDArray[np.uint8], *, at_ms: int, number: int, scene: int) -> None:
        self.bgr = bgr
        self.at_ms = at_ms
        self.number = number
        self.scene = scene

    @cached_property
    def gray(self) -> Luma:
        """The full-size luma, made when first asked for."""
        return luma_of(self.bgr)


class SourceState(msgspec.Struct, frozen=True):
    """How a source does: pictures that came since its start, when the last one came, and why none comes now."""

    arrived: int = 0
    last_ms: int | None = None
    trouble: str = ""


class VideoSource:
    """Plays one source from `start` to `stop` and keeps its newest picture at most `analyse_fps` times a second."""

    def __init__(self, address: str, *, analyse_fps: float, clock: Clock, fps: float = 0.0) -> None:
        """Play `address`: a file, `usb:0`, or a URL; `fps` is a file's true rate, 0 when its header tells it."""
        self._address = address
        self._fps = fps
        self._analyse_fps = analyse_fps
        self._clock = clock
        self._stop = Flag()
        self._thread: Thread | None = None
        self._changed = Condition()
        self._newest: Frame | None = None
        self._state = SourceState()
        self._scene = 0

    def start(self) -> None:
        """Begin to play, on a thread of its own."""
        self._stop = Flag()
        self._thread = Thread(target=self._run, args=(self._stop,), name=f"source-{shown(self._address)}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; safe to call twice and without a start.

        A thread that hangs in a dead stream is not waited for: it ends within its read timeout and keeps nothing.
        """
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=STOP_TIMEOUT_S)
            self._thread = None

    def newest(self, *, after: int, timeout_s: float) -> Frame | None:
        """Give the newest frame whose number is above `after`, waiting for it; None when none came in time."""

        def is_newer() -> bool:
            return self._stop.is_set() or (self._newest is not None and self._newest.number > after)

        with self._changed:
            self._changed.wait_for(is_newer, timeout=timeout_s)
            frame = self._newest
        return frame if frame is not None and frame.number > after else None

    def state(self) -> SourceState:
        """Tell how the source does."""
        with self._changed:
            return self._state

    def _run(self, stop: Flag) -> None:
        """Open and play, again and again, until stopped."""
        failures = 0
        while not stop.is_set():
            arrived = self._state.arrived
            try:
                self._play_once(stop)
                trouble = "it ended"
            except (SourceFailed, cv2.error) as failed:
                trouble = str(failed)
            if stop.is_set():
                return
            if self._state.arrived > arrived:
                failures = 0
            failures += 1
            if failures == 1:
                logger.warning("no picture from %s: %s", shown(self._address), trouble)
            with self._changed:
                self._state = msgspec.structs.replace(self._state, trouble=trouble)
            stop.wait(back_off_s(failures))

    def _play_once(self, stop: Flag) -> None:
        """Open the source and play it until it fails or the source is stopped."""
        capture = open_capture(self._address)
        try:
            self._scene += 1
            if Path(self._address).is_file():
                self._play_file(capture, stop)
            else:
                self._play_live(capture, stop)
        finally:
            capture.release()

    def _play_live(self, capture: cv2.VideoCapture, stop: Flag) -> None:
        """Take what comes as it comes."""
        is_due = Beat(self._analyse_fps)
        while not stop.is_set() and capture.grab():
            if stop.is_set():
                return
            self._arrived()
            if is_due(time.monotonic()):
                self._keep(capture, at_ms=self._clock.now_ms())
        if not stop.is_set():
            raise SourceFailed("the stream broke off")

    def _play_file(self, capture: cv2.VideoCapture, stop: Flag) -> None:
        """Play a file at its true rate, over and over."""
        period_s = 1 / (self._fps or rate_of(capture))
        is_due = Beat(self._analyse_fps)
        due_s = time.monotonic()
        while not stop.wait(max(due_s - time.monotonic(), 0)):
            if not capture.grab():
                self._rewind(capture)
            self._arrived()
            if is_due(due_s):
                self._keep(capture, at_ms=self._clock.now_ms())
            due_s += period_s
            if time.monotonic() - due_s > LATE_S:
                due_s = time.monotonic()

    def _rewind(self, capture: cv2.VideoCapture) -> None:
        self._scene += 1
        if not capture.set(cv2.CAP_PROP_POS_FRAMES, 0) or not capture.grab():
            raise SourceFailed("the file cannot be played from its beginning again")

    def _arrived(self) -> None:
        with self._changed:
            if self._state.trouble:
                logger.info("pictures come from %s again", shown(self._address))
            self._state = SourceState(arrived=self._state.arrived + 1, last_ms=self._clock.now_ms())

    def _keep(self, capture: cv2.VideoCapture, *, at_ms: int) -> None:
        """Decode the grabbed picture and keep it in place of the last."""
        is_decoded, picture = capture.retrieve()
        if not is_decoded:
            return
        bgr = np.asarray(picture, dtype=np.uint8)
        with self._changed:
            number = self._newest.number + 1 if self._newest is not None else 1
            self._newest = Frame(bgr, at_ms=at_ms, number=number, scene=self._scene)
            self._changed.notify_all()


class Beat:
    """Tells which instants to take so that they come at most so often a second, evenly."""

    def __init__(self, rate: float) -> None:
        """Keep to `rate` a second."""
        self._period_s = 1 / rate
        self._next_s: float | None = None

    def __call__(self, at_s: float) -> bool:
        """Tell whether the beat is due at an instant in seconds; a hundredth early is due."""
        if self._next_s is not None and at_s < self._next_s - 0.01 * self._period_s:
            return False
        is_late = self._next_s is None or at_s - self._next_s > self._period_s
        self._next_s = (at_s if is_late or self._next_s is None else self._next_s) + self._period_s
        return True


def luma_of(bgr: NDArray[np.uint8]) -> Luma:
    """Give the brightness of a picture; some cameras give nothing else."""
    if bgr.ndim == 2:  # noqa: PLR2004 - height and width, no colours
        return bgr
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def back_off_s(failures: int) -> float:
    """Tell how long to wait after that many failures in a row, in seconds."""
    return min(FIRST_BACK_OFF_S * (1 << min(failures - 1, 10)), LONGEST_BACK_OFF_S)
