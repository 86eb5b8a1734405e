"""Building: every dashboard as a JSON file that Grafana can import, and a check that the files follow the code."""

from __future__ import annotations

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.street_water import street_water
from smartward.catalogue import load

GENERATED = Path(__file__).parent / "generated"
BUILDERS = {"street-water": street_water}
"""Each dashboard's builder by the name of its file."""


def render() -> dict[str, str]:
    """Give the text of every dashboard by file name; the same code always gives the same bytes."""
    catalogue = load()
    return {f"{name}.json": _text(builder(catalogue)) for name, builder in BUILDERS.items()}


def build(out: Path = GENERATED) -> list[Path]:
    """Write all dashboards into a folder, made if need be, and give the files; others there are left alone."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in render().items():
        (out / name).write_text(text, encoding="utf-8")
        written.append(out / name)
    return written


def check(folder: Path = GENERATED) -> list[str]:
    """Find files that the code would write differently, that are missing, or that no code writes."""
    expected = render()
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))}
    findings = [
        f"{folder / name}: the file is missing. Run: smartward dashboards build"
        for name in expected.keys() - found.keys()
    ]
    findings += [
        f"{folder / name}: no code builds this dashboard. Remove the file, or write its builder in dashboards/"
        for name in found.keys() - expected.keys()
    ]
    findings += [
        f"{folder / name}: it differs from what the code builds, from line {_first_difference(text, found[name])}."
        " Run: smartward dashboards build; changes made by hand or in Grafana belong into the code"
        for name, text in expected.items()
        if name in found and found[name] != text
    ]
    return sorted(findings)


def _text(model: object) -> str:
    return json.dumps(model, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _first_difference(expected: str, found: str) -> int:
    ours, theirs = expected.splitlines(), found.splitlines()
    pairs = zip(ours, theirs, strict=False)
    return next((number for number, (a, b) in enumerate(pairs, 1) if a != b), min(len(ours), len(theirs)) + 1)
