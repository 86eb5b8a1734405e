"""Loops: one thread that repeats a step until it is stopped, and that survives what the step cannot do now."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from smartward.errors import SmartwardError

log = logging.getLogger(__name__)

BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)


class Loop:
    """Runs `step` again and again; a step that answers False had nothing to do, and the loop rests `idle_s`.

    What a step raises is logged when it begins and when it is over, a mistake of ours with its trace, and the step is
    repeated with back-off: one broken part takes no other down.
    """

    def __init__(self, name: str, step: Callable[[], bool], *, idle_s: float) -> None:
        """Name the loop; it runs from `start` to `stop`."""
        self._name, self._step, self._idle_s = name, step, idle_s
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self.trouble = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step under way and end; safe before `start` and twice."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                rest_s = 0.0 if self._step() else self._idle_s
            except SmartwardError as error:
                self._note(str(error))
            except Exception as error:
                if str(error) != self.trouble:
                    log.exception("%s met a mistake of ours; it tries again", self._name)
                self.trouble = str(error) or type(error).__name__
            else:
                if self.trouble:
                    log.info("%s goes on", self._name)
                self.trouble, failures = "", 0
                if rest_s:
                    self._stopping.wait(rest_s)
                continue
            self._stopping.wait(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
            failures += 1

    def _note(self, trouble: str) -> None:
        """Say what is in the way once, not at every attempt."""
        if trouble != self.trouble:
            log.warning("%s waits: %s", self._name, trouble)
        self.trouble = trouble
