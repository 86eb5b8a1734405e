"""The command line: exit codes and plain words; every documented command exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartward import __version__
from smartward.cli import COMMANDS, main


def test_without_a_command_the_usage_is_an_error_and_help_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    """2 for bad usage, 0 for asking."""
    assert main([]) == 2
    assert "usage: smartward" in capsys.readouterr().err
    assert main(["--help"]) == 0
    assert "catalogue check" in capsys.readouterr().out


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """For a bug report."""
    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_the_catalogue_holds_together(capsys: pytest.CaptureFixture[str]) -> None:
    """0 findings in what we ship."""
    assert main(["catalogue", "check"]) == 0
    assert "0 findings" in capsys.readouterr().out
    assert main(["catalogue", "list", "--profile", "demo"]) == 0
    assert capsys.readouterr().out.count("\n") == 21


def test_a_wrong_configuration_is_2_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same words for every command that reads it."""
    file = tmp_path / "smartward.toml"
    file.write_text("[api]\nprot = 1\n", encoding="utf-8")

    assert main(["check-config", str(file)]) == 2
    assert f"{file}:2: api.prot: no such key" in capsys.readouterr().err
    file.write_text("[api]\nport = 1\n", encoding="utf-8")
    assert main(["check-config", str(file)]) == 0


@pytest.mark.parametrize("command", COMMANDS, ids=[" ".join(command.words) for command in COMMANDS])
def test_every_command_knows_help(command: object, capsys: pytest.CaptureFixture[str]) -> None:
    """And says what it is for."""
    words = getattr(command, "words", ())
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])

    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out
