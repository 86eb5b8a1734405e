"""Firmware profiles: what they send is what our decoder believes, and a change that breaks it is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.firmware import main
from smartward.errors import ConfigError

PROFILES = Path(__file__).parent.parent.parent / "firmware_configs"


def test_every_profile_speaks_what_we_believe(capsys: pytest.CaptureFixture[str]) -> None:
    """A vendor may copy any of them."""
    assert main([str(PROFILES)]) == 0
    assert "0 findings" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"depth":0.32', '"depth":32', "out_of_range: depth = 32"),
        ('"depth":0.32', '"deepness":0.32', "unknown_quantity"),
        ('"depth":0.32', '"depth":0.33', "expected"),
        ("2026-11-23T07:30:00Z", "2026-11-23T07:30:00", "bad_time"),
        ("2026-11-23T07:30:00Z", "2026-11-23T07:29:00Z", "is of"),
    ],
)
def test_a_broken_message_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, words: str
) -> None:
    """File and reason, so that whoever changed the profile sees at once."""
    copy = tmp_path / "profiles"
    shutil.copytree(PROFILES / "esphome-street-water", copy / "water")
    message = copy / "water" / "wire" / "flooded.json"
    message.write_text(message.read_text().replace(old, new))

    assert main([str(copy)]) == 1
    said = capsys.readouterr().out
    assert "flooded.json" in said
    assert words in said


def test_an_empty_folder_is_bad_usage(tmp_path: Path) -> None:
    """Nothing checked is not the same as nothing wrong."""
    with pytest.raises(ConfigError, match="no profile"):
        main([str(tmp_path)])
