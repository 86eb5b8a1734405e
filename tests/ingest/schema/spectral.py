"""Spectral, the AsyncAPI linter: installed once by npm into the cache, run offline from then on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE = "@stoplight/spectral-cli@6.16.3"
RULES = """extends: ["spectral:asyncapi"]
rules:
  asyncapi-info-contact: off # who to call is the ward that runs it
  asyncapi-latest-version: off # the contract is published as AsyncAPI 3.0
"""
TIMEOUT_S = 240


def spectral() -> Path:
    """Give the linter's program; fails the test with the line that installs it."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    folder = base / "smartward" / PACKAGE.rpartition("/")[2]
    program = folder / "node_modules" / ".bin" / "spectral"
    if program.exists():
        return program
    install = f"npm install --ignore-scripts --no-audit --no-fund --prefix {folder} {PACKAGE}"
    npm = shutil.which("npm")
    if npm is None:
        pytest.fail(f"npm is missing. Run: apt-get install -y npm && {install}")
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([npm, *install.split()[1:]], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode or not program.exists():
        shutil.rmtree(folder)
        pytest.fail(f"spectral could not be installed. Run: {install}\n{done.stderr[-2000:]}")
    return program


def lint(document: Path, *, folder: Path) -> tuple[int, str]:
    """Lint a document by Spectral's own AsyncAPI rules; a warning counts. Gives the exit code and what it said."""
    rules = folder / "rules.yaml"
    rules.write_text(RULES, encoding="utf-8")
    command = [str(spectral()), "lint", "--ruleset", str(rules), "--fail-severity", "hint", str(document)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    return done.returncode, done.stdout + done.stderr
