"""`schema export`: the committed files are what the code writes, and the same code always writes the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.schema.export import export, render
from smartward.cli import main

CONTRACT = Path(__file__).parents[3] / "docs" / "contract"
REMEDY = "run: smartward schema export docs/contract"


@pytest.mark.parametrize("name", sorted(render()))
def test_the_committed_file_is_in_step_with_the_code(name: str) -> None:
    """Who reads the repository reads the truth."""
    assert (CONTRACT / name).is_file(), f"{name} is missing; {REMEDY}"
    assert (CONTRACT / name).read_text(encoding="utf-8") == render()[name], f"{name} is out of step; {REMEDY}"


def test_no_committed_file_is_left_from_before() -> None:
    """A type that is gone leaves no file behind."""
    found = {str(path.relative_to(CONTRACT)) for path in CONTRACT.rglob("*") if path.is_file()}

    assert {name for name in found if not name.startswith("baseline/")} == set(render())


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_writes_the_same_bytes(seed: str, tmp_path: Path) -> None:
    """Whatever its hash seed: a difference in a commit is a difference in the contract."""
    command = [sys.executable, "-m", "smartward.cli", "schema", "export", str(tmp_path / "made" / "here")]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True)

    assert {
        str(path.relative_to(tmp_path / "made" / "here")): path.read_text(encoding="utf-8")
        for path in tmp_path.rglob("*")
        if path.is_file()
    } == render()


def test_the_command_says_what_it_wrote_and_a_folder_that_cannot_be_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit codes 0 and 2."""
    assert main(["schema", "export", str(tmp_path)]) == 0
    assert f"{len(render())} files" in capsys.readouterr().out
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["schema", "export", str(tmp_path / "file")]) == 2
    assert "Name a folder that can be written" in capsys.readouterr().err


def test_files_of_others_stay(tmp_path: Path) -> None:
    """An export into a folder with notes keeps the notes."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    export(tmp_path)

    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
