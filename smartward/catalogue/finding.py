"""A finding: one thing in the catalogue that does not hold together, with its place and its remedy."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """`path` names a quantity or rule by its name, so that it survives reordering: `rules.flood_watch.clear`."""

    file: str
    path: str
    value: object
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Give the one line that a person reads."""
        return f"{self.file}: {self.path}: {self.problem} (value {self.value!r}). {self.remedy}."
