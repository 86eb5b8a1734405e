"""What the cameras play is said as it was written, or refused with the file's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.console.footage import read_footage
from smartward.errors import ConfigError


def test_a_list_is_read(tmp_path: Path) -> None:
    """From camera to clip."""
    path = tmp_path / "footage.json"
    path.write_text('{"cam-1": "bikes.mp4 (quay ở Mỹ)"}')

    assert read_footage(path) == {"cam-1": "bikes.mp4 (quay ở Mỹ)"}


@pytest.mark.parametrize("body", ['["cam-1"]', '{"cam-1": 3}', "{"])
def test_what_is_no_list_is_refused(tmp_path: Path, body: str) -> None:
    """The remedy shows how it should look."""
    path = tmp_path / "footage.json"
    path.write_text(body)

    with pytest.raises(ConfigError, match=r"footage\.json.*footage_file.*clip name"):
        read_footage(path)


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    """A wrong path is said at the start."""
    with pytest.raises(ConfigError, match=r"none\.json.*cannot be read"):
        read_footage(tmp_path / "none.json")
