"""A child process is watched and stopped by its id, and its log stays small."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from smartward.child import CappedFile, Child


def child(tmp_path: Path, program: str) -> Child:
    """Make a Python child."""
    return Child([sys.executable, "-u", "-c", program], name="child", log_path=tmp_path / "child.log")


def test_what_a_child_writes_is_in_its_log_and_its_end_is_known(tmp_path: Path) -> None:
    """The supervisor quotes it when the child dies."""
    process = child(tmp_path, "import sys; print('hello'); print('oh no', file=sys.stderr); sys.exit(3)")
    process.start()

    assert process.wait(20)
    assert process.exit_code == 3
    assert not process.is_alive
    assert process.last_lines() == ["hello", "oh no"]
    assert (tmp_path / "child.log").read_text() == "hello\noh no\n"
    process.stop()


def test_a_child_that_will_not_end_is_killed(tmp_path: Path) -> None:
    """Ctrl-C stops everything within five seconds."""
    process = child(
        tmp_path, "import signal, sys\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\nsys.stdin.read()"
    )
    process.start()
    pid = process.pid
    assert pid is not None
    assert not process.wait(0.0)
    while not process.last_lines():
        assert process.is_alive

    process.stop(grace_s=0.05)

    assert not psutil.pid_exists(pid)


def test_a_child_that_was_never_started_can_be_stopped(tmp_path: Path) -> None:
    """A start that fails half-way stops everything, also what it had not come to."""
    process = child(tmp_path, "")
    process.stop()

    assert (process.pid, process.exit_code, process.last_lines()) == (None, None, [])


def test_a_program_that_does_not_exist_raises(tmp_path: Path) -> None:
    """The caller knows its name and what to say."""
    with pytest.raises(FileNotFoundError):
        Child(["/nowhere/program"], name="x", log_path=tmp_path / "x.log").start()


def test_a_log_never_grows_beyond_its_limit_and_keeps_the_newest_lines(tmp_path: Path) -> None:
    """A broker that complains every second filled many a small disk."""
    path = tmp_path / "broker.log"
    for start in (0, 500):  # a second run finds the files of the first
        file = CappedFile(path, max_bytes=1_000)
        for number in range(start, start + 500):
            file.write(b"line %d\n" % number)
        file.close()

    kept = (tmp_path / "broker.log.1").read_bytes() + path.read_bytes()
    assert len(kept) <= 1_000
    assert kept.endswith(b"line 998\nline 999\n")


def test_a_log_that_cannot_be_written_does_not_stop_the_child(tmp_path: Path) -> None:
    """A full disk is bad enough without the broker hanging on its output."""
    (tmp_path / "file").write_text("")
    file = CappedFile(tmp_path / "file" / "broker.log", max_bytes=100)

    file.write(b"line\n")

    assert file.lost_lines == 1
