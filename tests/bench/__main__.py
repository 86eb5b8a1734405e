"""`make bench`: run every measurement and write `docs/bench.md`; `make bench ARGS=store` runs one and only prints."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

REPORT = Path(__file__).parent.parent.parent / "docs" / "bench.md"
BENCHES = {
    "demo": "The demo: start, memory, stop",
    "ingest": "Ingest: CPU an observation, stage by stage",
    "store": "The telemetry store beside bare sqlite3",
    "camera": "The camera path beside cv2.resize of the same frame",
}
HEAD = """# Measurements
Written by `make bench`; nothing in a test depends on a figure here. Machines are noisy: read ratios within one
run, not times across runs.
"""


def main(argv: Sequence[str]) -> int:
    """Run the benches that are named, or all of them into the report."""
    names = list(argv) or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        sys.stderr.write(f"there is no bench {unknown[0]!r}; there are: {', '.join(BENCHES)}\n")
        return 2
    sections = [HEAD]
    for name in names:
        done = subprocess.run(
            [sys.executable, "-m", f"tests.bench.bench_{name}"], capture_output=True, text=True, check=False
        )
        sys.stdout.write(f"{BENCHES[name]}\n{done.stdout}\n{done.stderr}")
        if done.returncode != 0:
            return 1
        sections.append(f"## {BENCHES[name]}\n```\n{done.stdout.rstrip()}\n```\n")
    if not argv:
        REPORT.write_text("\n".join(sections), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
