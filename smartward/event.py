"""Events: immutable facts that the edge asserts, in the past tense."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from smartward.observation import Value


class Phase(StrEnum):
    """Where an event that lasts stands; one that does not last is only ever NEW."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


class Snapshot(msgspec.Struct, frozen=True):
    """The picture that belongs to an event, by its digest; the bytes travel apart."""

    sha256: str
    bytes: int


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fact, known for ever by its `event_id` (a UUID); `dwell_s` is how long it had lasted when said."""

    device: str
    event_id: str
    type: str
    observed_ms: int | None = None
    confidence: float | None = None
    values: dict[str, Value] = {}
    zone: str | None = None
    phase: Phase = Phase.NEW
    dwell_s: float | None = None
    snapshot: Snapshot | None = None
