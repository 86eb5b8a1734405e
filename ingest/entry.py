"""Entry: what one batch of messages brings to disk, counted where it happens."""

from __future__ import annotations

import logging
import sqlite3
from collections import defaultdict

from ingest import dead_letters, packs, record
from ingest.decode import Decoded
from ingest.home import next_change
from ingest.record import Heard, JournalRecord
from ingest.validate import Registered, Validated
from smartward import topics
from smartward.ledger import UNATTRIBUTED, Account
from smartward.ports import Message

log = logging.getLogger(__name__)


class Entry:
    """Collects what one batch brings to disk; all of it belongs to the transaction that it was made in."""

    def __init__(self, connection: sqlite3.Connection, *, registered: Registered, now_ms: int) -> None:
        """Begin an empty batch."""
        self._connection, self._registered, self._now_ms = connection, registered, now_ms
        self._change = 0
        self.bodies: list[bytes] = []
        self.digests: list[bytes] = []
        self.changes: defaultdict[str, Account] = defaultdict(Account)
        self.packed: dict[str, None] = {}

    def presence(self, ward: str, gateway: str, decoded: Decoded) -> None:
        """Enter a gateway's word on itself; it holds no ledger items."""
        claim = decoded.presence
        if claim is None:
            return
        heard = Heard(ward, gateway, claim.online, claim.session)
        self.bodies.append(record.encode(JournalRecord(self._now_ms, gateway, presence=heard)))
        if claim.boot and claim.oldest:
            lost = packs.oldest_held(
                self._connection, ward=ward, gateway=gateway, boot=claim.boot, oldest=claim.oldest, now_ms=self._now_ms
            )
            self.packed[gateway] = None
            if lost:
                log.warning("gateway %s no longer holds %d packs that never arrived: known loss", gateway, lost)

    def take_pack(self, ward: str, gateway: str, decoded: Decoded) -> bool:
        """Take a pack by its number; False when it is on disk already."""
        pack = decoded.pack
        if pack is None:
            return True
        self.packed[gateway] = None
        is_new = packs.take(
            self._connection, ward=ward, gateway=gateway, boot=pack.boot, seq=pack.seq, now_ms=self._now_ms
        )
        for device, count in pack.thinned.items() if is_new else ():
            self.changes[device if device in self._registered.devices else gateway].thinned += count
        return is_new

    def count_repeat(self, validated: Validated) -> None:
        """Count all items of a message that is on disk already."""
        for device, items in _items(validated):
            self.changes[device].received += items
            self.changes[device].duplicates += items
            self.changes[device].repeated += items

    def count_new(self, message: Message, validated: Validated, *, gateway: str) -> None:
        """Journal what is believed, keep what is refused, and count both."""
        for device, items in _items(validated):
            self.changes[device].received += items
        for observation in validated.observations:
            self.changes[observation.device].waiting += len(observation.values)
        for event in validated.events:
            self.changes[event.event.device].waiting += 1
        for rejection in validated.rejections:
            self.changes[rejection.device or UNATTRIBUTED].dead_lettered += rejection.items
        if validated.rejections:
            self._change = self._change or next_change(self._connection)
            dead_letters.keep(
                self._connection,
                validated.rejections,
                message,
                ward=_ward_of(message),
                gateway=gateway,
                now_ms=self._now_ms,
                change=self._change,
            )
        if gateway:
            clocks = {rejection.device: rejection.at_ms for rejection in validated.rejections if rejection.at_ms}
            believed = JournalRecord(self._now_ms, gateway, validated.observations, validated.events, clocks=clocks)
            self.bodies.append(record.encode(believed))


def _items(validated: Validated) -> list[tuple[str, int]]:
    """List how many items each device has in a message."""
    return [
        *((observation.device, len(observation.values)) for observation in validated.observations),
        *((event.event.device, 1) for event in validated.events),
        *((rejection.device or UNATTRIBUTED, rejection.items) for rejection in validated.rejections),
    ]


def _ward_of(message: Message) -> str:
    address = topics.parse(message.topic)
    return address.ward if address else ""
