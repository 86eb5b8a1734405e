"""The demo measured from outside: seconds to first data, memory of all processes after a while, seconds to stop."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from threading import Event

import psutil

from tests.e2e.outside import RunningDemo, eventually


def main() -> None:
    """Start twice, watch, stop, and print the figures beside their aims."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to run before memory is read")
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="smartward-bench-") as folder:
        demo = RunningDemo(Path(folder) / "data")
        first_s = started(demo)
        demo.stop()
        second_s = started(demo)
        everybody_s = heard_everybody(demo)
        Event().wait(minutes * 60)
        memory = {name: pss_mb(process) for name, process in named(demo)}
        began_s = time.monotonic()
        demo.stop()
        stop_s = time.monotonic() - began_s
    say(f"first start to first data          {first_s:6.1f} s")
    say(f"second start to first data         {second_s:6.1f} s    (aim: 5)")
    say(f"second start to all devices heard  {everybody_s:6.1f} s")
    for name, megabytes in memory.items():
        say(f"memory of {name:24} {megabytes:6.0f} MB PSS after {minutes:g} min")
    say(f"memory of all                      {sum(memory.values()):6.0f} MB PSS (aim: 450)")
    say(f"Ctrl-C to no process               {stop_s:6.1f} s    (aim: 5)")


def started(demo: RunningDemo) -> float:
    """Start the demo and give the seconds until the ledger has grown."""
    before = stored(demo)
    began_s = time.monotonic()
    demo.start()
    eventually(lambda: stored(demo) > before)
    return time.monotonic() - began_s


def stored(demo: RunningDemo) -> int:
    """Count stored items on disk, as an outside reader."""
    if not (demo.folder / "ingest.db").exists():
        return 0
    return int(demo.rows("ingest.db", "SELECT coalesce(sum(stored), 0) FROM account")[0][0])


def heard_everybody(demo: RunningDemo) -> float:
    """Give the seconds since the processes' start until every device has spoken since then."""
    assert demo.process is not None
    born = psutil.Process(demo.process.pid).create_time()
    wanted = len(demo.get("/devices?limit=5000")["items"])
    silent = f"SELECT count(DISTINCT series) FROM last WHERE received_at > {int(born * 1000)}"
    eventually(lambda: demo.rows("telemetry.db", silent)[0][0] >= wanted)
    return time.time() - born


def named(demo: RunningDemo) -> list[tuple[str, psutil.Process]]:
    """List the demo's processes with the names that people know them by."""
    assert demo.process is not None
    own = psutil.Process(demo.process.pid)
    names = []
    for process in [own, *demo.children()]:
        words = [word for word in process.cmdline() if "python" not in word and not word.startswith("-")]
        name = Path(words[0]).name if words else process.name()
        config = next((Path(word).stem for word in words if word.endswith(".toml")), "")
        names.append((f"{name} {config}".strip() if process.pid != own.pid else "supervisor", process))
    return names


def pss_mb(process: psutil.Process) -> float:
    """Give a process's proportional share of memory."""
    return float(process.memory_full_info().pss) / 1024**2


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
