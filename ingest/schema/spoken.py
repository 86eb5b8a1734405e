"""What the server says on the bus, as types: how far a gateway's packs are on disk, and open alerts."""

from __future__ import annotations

import msgspec

from smartward.alert import Condition, Severity
from smartward.observation import Value


class Committed(msgspec.Struct, frozen=True):
    """Everything of this boot up to `seq` is on the server's disk. Retained."""

    seq: int


class OpenAlert(msgspec.Struct, frozen=True):
    """What anybody may know of an open alert: codes and numbers, no names. Retained; an empty payload says it is over.

    `started_at` is milliseconds since 1970; `value` and `threshold` are the latest that mattered.
    """

    id: str
    rule: str
    device: str
    severity: Severity
    condition: Condition
    started_at: int
    value: Value | None
    threshold: Value | None
