"""What the README says can be done can be done: every command, target and link is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smartward.cli import COMMANDS

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "docs/decisions/README.md")


def test_every_command_in_the_readme_exists_and_every_command_is_in_the_readme() -> None:
    """A reader may type what stands there."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    written = set(re.findall(r"`smartward ([a-z-]+(?: (?:list|check|install|analyse|export))?)", text))
    known = {" ".join(command.words) for command in COMMANDS}

    assert written <= known | {"dashboards check"}
    assert known - {"dashboards"} <= written | {"edge analyse"}


def test_every_make_target_in_the_readme_exists() -> None:
    """`make demo` and its sisters."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    written = set(re.findall(r"make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")))

    assert {name for name in written if name not in {"git", "up"}} <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    """Files that are named are there."""
    path = ROOT / document
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))

    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


def test_every_file_that_the_architecture_names_exists() -> None:
    """A reader follows the observation through real files."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`((?:smartward|edge|ingest|api|dashboards|tests)/[\w./]+)`", text))

    assert sorted(name for name in names if not (ROOT / name).exists()) == []
