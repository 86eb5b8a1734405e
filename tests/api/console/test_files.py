"""What the console ships: vendored files as they were published, nothing from elsewhere, nothing inline."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from api.console.files import FOLDER, TYPES, Files
from api.console.rendering import TEMPLATES
from tests.api.console.conftest import visit
from tests.api.console.sample_ward import SampleWard

VENDOR = FOLDER / "vendor"
MANIFEST = json.loads((VENDOR / "vendor.json").read_text())
OURS = sorted(path for path in FOLDER.glob("*") if path.suffix in {".js", ".css", ".svg"})


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: str(entry["file"]))
def test_a_vendored_file_is_the_one_that_was_published(entry: dict[str, str]) -> None:
    """Nobody, and no tool, edits what others wrote."""
    body = (VENDOR / entry["file"]).read_bytes()

    assert hashlib.sha256(body).hexdigest() == entry["sha256"]
    assert entry["licence"] in {"0BSD", "OFL-1.1"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", entry["version"])


def test_every_vendored_file_is_in_the_manifest_with_its_licence_beside_it() -> None:
    """What is shipped is known."""
    names = {path.name for path in VENDOR.iterdir()} - {"vendor.json"}

    assert names == {entry["file"] for entry in MANIFEST}
    assert {"htmx.LICENSE.txt", "inter.LICENSE.txt"} <= names


def test_all_that_a_browser_loads_is_small() -> None:
    """A patrol's phone on a bad link opens the screen too."""
    total = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.suffix in {".js", ".css", ".woff2", ".svg"})

    assert total < 200_000


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_files_call_nobody_else(path: Path) -> None:
    """No CDN, no font service, no analytics."""
    body = path.read_text().replace("http://www.w3.org/2000/svg", "")

    assert not re.search(r"https?://|//[a-z]+\.", body)
    assert "eval(" not in body


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*")), ids=lambda path: path.name)
def test_templates_have_nothing_that_a_strict_policy_refuses(path: Path) -> None:
    """`default-src 'self'`: no inline style, script or handler, and no expression for htmx to run."""
    body = path.read_text()

    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|hx-on|hx-vals=.js|<script(?![^>]*\ssrc=)", body)
    assert "|safe" not in body.replace(" ", "")


def test_files_are_kept_for_a_year_under_their_digest_and_asked_for_again_without(calm: SampleWard) -> None:
    """An upgrade reaches every browser at once, and nothing is loaded twice."""
    client, files = visit(calm), Files()

    kept = client.get(f"/static/{files.digest}/console.css")
    other = client.get("/static/0000/duty.js")

    assert kept.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in kept.headers["cache-control"]
    assert other.headers["content-type"].startswith("text/javascript")
    assert other.headers["cache-control"] == "no-cache"


def test_only_files_that_were_there_are_served(calm: SampleWard) -> None:
    """A path is a name in a list, not a way through the disk; and static files need no session."""
    client = visit(calm)
    client.cookies.clear()

    for path in ("../routes.py", "%2e%2e/routes.py", "", "vendor", "vendor/../../routes.py"):
        assert client.get(f"/static/x/{path}", follow_redirects=False).status_code == 404
    assert client.get("/static/x/vendor/vendor.json").status_code == 200
    assert client.post("/static/x/console.css").status_code in {403, 404}
    assert set(TYPES) >= {path.suffix for path in FOLDER.rglob("*") if path.is_file()}
