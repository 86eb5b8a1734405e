"""What one message leaves in the journal: the believed items, with everything that readers need and nothing twice."""

from __future__ import annotations

from collections import Counter

import msgspec

from smartward.ports import StoredEvent, StoredObservation


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """A gateway's own word on its presence; `online` is False in its last will."""

    ward: str
    gateway: str
    online: bool
    session: str


class JournalRecord(msgspec.Struct, frozen=True, array_like=True):
    """One message as it was believed, at the instant it was received.

    `gateway` spoke, whatever it said; `presence` is set when it spoke of itself; `clocks` holds the instants
    that devices claimed and that were too far from ours to be believed.
    """

    received_ms: int
    gateway: str
    observations: tuple[StoredObservation, ...] = ()
    events: tuple[StoredEvent, ...] = ()
    presence: Heard | None = None
    clocks: dict[str, int] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(JournalRecord)


def encode(record: JournalRecord) -> bytes:
    """Write a record for the journal (MessagePack, positional)."""
    return _encoder.encode(record)


def decode(body: bytes) -> JournalRecord:
    """Read a record back."""
    return _decoder.decode(body)


def items_of(record: JournalRecord) -> Counter[str]:
    """Count the ledger items that a record holds, by device."""
    items: Counter[str] = Counter()
    for observation in record.observations:
        items[observation.device] += len(observation.values)
    for event in record.events:
        items[event.event.device] += 1
    return items
