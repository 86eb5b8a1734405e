"""Versions of InfluxDB: what each one speaks, told by what it says of itself."""

from __future__ import annotations

import re

import msgspec

HAS_V2_WRITE = (1, 8)


class Version(msgspec.Struct, frozen=True):
    """A server's version; one that does not tell is taken for the oldest."""

    said: str
    major: int
    minor: int

    @property
    def write_path(self) -> str:
        """Where lines are written to."""
        return "/api/v2/write" if (self.major, self.minor) >= HAS_V2_WRITE else "/write"

    @property
    def takes_many_statements(self) -> bool:
        """Tell whether one request may ask several questions; 3.x takes one, and in the address."""
        return self.major < 3  # noqa: PLR2004 - the version's own number

    def write_query(self, database: str, *, org: str) -> list[tuple[str, str]]:
        """Name the database, or the bucket of that name, and the precision of times."""
        if self.write_path == "/write":
            return [("db", database), ("precision", "ns")]
        return [("bucket", database), ("org", org), ("precision", "ns")]


def parse_version(said: str) -> Version:
    """Read `1.6.7~rc0`, `v2.7.12` or `3.1.0`; anything else (`unknown`) is an old 1.x."""
    found = re.match(r"v?(\d+)\.(\d+)", said)
    return Version(said, int(found[1]), int(found[2])) if found else Version(said or "unknown", 1, 0)
