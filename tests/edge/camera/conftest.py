"""The installed footage, for the tests that watch it."""

from __future__ import annotations

import pytest

from edge.footage import Clip, clips, default_folder, install


@pytest.fixture(scope="session")
def footage() -> dict[str, Clip]:
    """Give both clips, installed on the first use; a clip that cannot be had is a failure, not a skip."""
    folder = default_folder()
    there = {clip.name: clip for clip in clips(folder)}
    said: list[str] = []
    if len(there) < 2:
        there = {clip.name: clip for clip in install(folder, say=said.append)}
    missing = {"bikes", "vtest"} - set(there)
    assert not missing, f"run `smartward footage install`: {sorted(missing)} cannot be had here: {said}"
    return there
