"""`smartward schema export`: the contract for machines as files; the same code always gives the same bytes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.schema.asyncapi import asyncapi
from ingest.schema.documents import schemas
from ingest.schema.examples import examples
from ingest.schema.unsaid import KINDER, REFUSED_ALL_THE_SAME
from smartward.catalogue import load
from smartward.errors import ConfigError

FINE = 0
ASYNCAPI = "asyncapi.json"
SCHEMAS, EXAMPLES = "schemas", "examples"


def render() -> dict[str, str]:
    """Give the text of every file by its path within the folder."""
    catalogue = load()
    files = {ASYNCAPI: _text(asyncapi(catalogue))}
    files |= {f"{SCHEMAS}/{name}.json": _text(schema) for name, schema in schemas(catalogue).items()}
    files |= {f"{EXAMPLES}/{name}.json": _text(example) for name, example in examples(catalogue).items()}
    return files | {"README.md": _readme(sorted(files))}


def export(folder: Path) -> list[Path]:
    """Write all files into a folder, made if need be; files there that are not ours are left alone."""
    written = []
    for name, text in render().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def main(argv: Sequence[str] | None = None) -> int:
    """Export into the named folder. Raises ConfigError when it cannot be written."""
    parser = argparse.ArgumentParser(
        prog="smartward schema export", description="Write the contract as JSON Schema and AsyncAPI 3."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to write; made if need be")
    folder = parser.parse_args(argv).folder
    try:
        written = export(folder)
    except OSError as error:
        raise ConfigError(
            f"{error.strerror}", file=str(error.filename), remedy="Name a folder that can be written"
        ) from error
    sys.stdout.write(f"{folder}: {len(written)} files\n")
    return FINE


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _readme(names: list[str]) -> str:
    """Write the folder's table of contents, and what schemas cannot say."""
    refused = "\n".join(f"| `{unsaid.reason}` | {unsaid.why} |" for unsaid in REFUSED_ALL_THE_SAME)
    kinder = "\n".join(f"- {kindness}" for kindness in KINDER)
    contents = "\n".join(f"- [{name}]({name})" for name in names)
    return f"""# The contract for machines
Written by `smartward schema export docs/contract`; do not edit these files by hand, the code is the source.

- [{ASYNCAPI}]({ASYNCAPI}): AsyncAPI 3.0, every topic with its payloads, whole in one file.
- `{SCHEMAS}/`: JSON Schema 2020-12. `{{type}}.observation` is what a device of that type sends on its `obs` topic. A
  quantity has its range, its words, `x-unit` (UCUM), `x-every-s` (how often it is expected) and `x-optional`. What only
  the server computes is absent: it is refused from a device.
- `{EXAMPLES}/`: a payload of every type that ingest believes.
- `baseline/` (in the source): the contract as it was last published. A test compares; a change that would break a
  device or a reader fails by name. At a release: `smartward schema export docs/contract/baseline`.

A message that its schema accepts is believed whole, but for what no schema can say:

| Reason | Why a schema cannot know |
|---|---|
{refused}

Ingest is kinder than the schemas in a few places; do not build on them:

{kinder}

Patterns are ECMA 262, as JSON Schema asks: `$` is the end of the text (in Python's `re` also before a last newline).

## Files
{contents}
"""
