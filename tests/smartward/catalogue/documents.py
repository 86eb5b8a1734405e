"""The catalogue's documents as text, and a copy of them with one thing broken."""

from __future__ import annotations

from importlib.resources import files


def documents() -> dict[str, str]:
    """Read the catalogue's files by name, as they are shipped."""
    folder = files("smartward.catalogue")
    return {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")}


def broken(file: str, old: str, new: str) -> dict[str, str]:
    """Give the documents with the first `old` of one file replaced; the text must be there."""
    copy = documents()
    assert old in copy[file], f"{file} no longer holds {old!r}"
    return copy | {file: copy[file].replace(old, new, 1)}
