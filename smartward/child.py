"""A child process that does not outlive us, and whose log cannot fill the disk."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import IO

PR_SET_PDEATHSIG = 1
LAST_LINES = 20
MAX_LOG_BYTES = 1024 * 1024
GRACE_S = 4.0


class Child:
    """One program: started, watched, and stopped by its process id.

    What it writes goes to `log_path`, which never holds more than `max_log_bytes`, the newest lines last (the part
    before is in `<log_path>.1`). Start it from a thread that lives as long as it should: Linux ends the child with
    the thread that started it.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        name: str,
        log_path: Path,
        env: Mapping[str, str] | None = None,
        max_log_bytes: int = MAX_LOG_BYTES,
    ) -> None:
        self.name = name
        self._argv = tuple(argv)
        self._env = env
        self._log = CappedFile(log_path, max_bytes=max_log_bytes)
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: Thread | None = None

    def start(self) -> None:
        """Start it; raises OSError when the program cannot be run."""
        self._process = subprocess.Popen(
            self._argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._env,
            preexec_fn=die_with(os.getpid()),  # noqa: PLW1509 - it only calls prctl(2): no lock is taken there
        )
        self._reader = Thread(target=self._keep_log, args=(self._process.stdout,), name=f"log-{self.name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int | None:
        """Give its process id; None before the start."""
        return self._process.pid if self._process else None

    @property
    def is_alive(self) -> bool:
        """Tell whether it runs now."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Give how it ended (negative: by that signal); None while it runs or before the start."""
        return self._process.poll() if self._process else None

    def wait(self, timeout_s: float) -> bool:
        """Wait until it has ended, and tell whether it has."""
        if self._process is None:
            return True
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_lines(self) -> list[str]:
        """List the last lines it wrote, oldest first; all of them once it has ended."""
        if self._reader is not None and not self.is_alive:
            self._reader.join(timeout=GRACE_S)
        return list(self._lines)

    def ask_to_end(self) -> None:
        """Ask it to end without waiting for it; safe when it does not run."""
        if self._process is not None and self.is_alive:
            self._process.terminate()

    def stop(self, *, grace_s: float = GRACE_S) -> None:
        """Ask it to end, and kill it after `grace_s` seconds; safe to call twice and without a start."""
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join(timeout=GRACE_S)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

    def _keep_log(self, stream: IO[bytes]) -> None:
        """Copy what the child writes until it ends."""
        for line in stream:
            self._lines.append(line.decode("utf-8", "replace").rstrip())
            self._log.write(line)
        self._log.close()


class CappedFile:
    """A file of lines that forgets its oldest half instead of growing beyond `max_bytes`."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self._path = path
        self._part_bytes = max_bytes // 2
        self._file: IO[bytes] | None = None
        self.lost_lines = 0

    def write(self, line: bytes) -> None:
        """Add a line; one that the disk has no room for is counted and let go."""
        try:
            self._write(line)
        except OSError:
            self.lost_lines += 1

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: bytes) -> None:
        if self._file is not None and self._file.tell() + len(line) > self._part_bytes:
            self.close()
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size + len(line) > self._part_bytes:
                self._path.replace(self._path.with_name(self._path.name + ".1"))
            self._file = self._path.open("ab", buffering=0)
        self._file.write(line)


def die_with(parent: int) -> Callable[[], None]:
    """Make what a child runs before its program: it asks Linux to be terminated when its parent ends."""
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before we could ask
            os._exit(1)

    return ask
