"""Storing: the journal's `store` cursor. Each item reaches the telemetry store once, counted as what became of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from ingest import accounts, dead_letters, record
from ingest.home import Home, next_change
from ingest.trim import trim
from smartward.errors import StoreUnavailable
from smartward.ledger import Account
from smartward.log import Record
from smartward.ports import Batch, Clock, Count, Message, Refusal, TelemetryStore
from smartward.rejection import Reason, Rejection

CURSOR = "store"
RECORDS = 500


class Storing:
    """Feeds the telemetry store from the journal.

    The store remembers its newest batch, so a batch that was written but not yet counted when the process died is
    written again as it was, and answers what it answered.
    """

    def __init__(self, home: Home, *, store: TelemetryStore, clock: Clock) -> None:
        """Bring the journal and the store together."""
        self._home, self._store, self._clock = home, store, clock
        self._is_caught_up = False

    def step(self) -> bool:
        """Store one batch; True when there was one. Raises StoreUnavailable, and nothing has moved then."""
        cursor = self._home.journal.cursor(CURSOR)
        records = self._home.journal.read(after=cursor, limit=RECORDS)
        if not self._is_caught_up:
            records = self._as_last_time(records, cursor=cursor)
            self._is_caught_up = True
        if not records:
            return False
        try:
            self._store_records(records)
        except StoreUnavailable:
            self._is_caught_up = False  # it may have the batch all the same: ask before the next one is cut
            raise
        return True

    def _as_last_time(self, records: list[Record], *, cursor: int) -> list[Record]:
        """Cut the first batch where it was cut before the process died, if the store has it already."""
        newest = self._store.newest_batch(self._home.journal.boot)
        return [record for record in records if record.number <= newest] if newest > cursor else records

    def batch_of(self, records: Sequence[Record]) -> Batch:
        """Join records into the batch that is written at once."""
        entries = [record.decode(entry.body) for entry in records]
        return Batch(
            number=records[-1].number,
            observations=tuple(observation for entry in entries for observation in entry.observations),
            events=tuple(event for entry in entries for event in entry.events),
            journal=self._home.journal.boot,
        )

    def _store_records(self, records: Sequence[Record]) -> None:
        batch = self.batch_of(records)
        counts = self._store.write(batch) if batch.observations or batch.events else {}
        with self._home.database.transaction() as connection:
            accounts.add(connection, {device: _stored(count) for device, count in counts.items()})
            self._keep_refused(connection, [refusal for count in counts.values() for refusal in count.refusals])
            self._home.journal.advance(connection, CURSOR, number=batch.number)
            trim(self._home.journal, connection)

    def _keep_refused(self, connection: sqlite3.Connection, refusals: Sequence[Refusal]) -> None:
        """Keep what the store will never take (older than its retention, a field of another type) as dead letters."""
        if not refusals:
            return
        change, now_ms = next_change(connection), self._clock.now_ms()
        for refusal in refusals:
            rejection = Rejection(
                Reason.STORE_REJECTED,
                refusal.reason,
                device=refusal.device,
                quantity=refusal.item,
                items=refusal.items,
                part=f"{refusal.item}/{refusal.observed_ms}",
            )
            told = msgspec.json.encode({"at": refusal.observed_ms, "item": refusal.item})
            message = Message(f"{refusal.ward}/{refusal.device}", told)
            dead_letters.keep(
                connection, [rejection], message, ward=refusal.ward, gateway="", now_ms=now_ms, change=change
            )


def _stored(count: Count) -> Account:
    """Give what a batch changes in one device's account."""
    return Account(
        stored=count.stored,
        duplicates=count.duplicates,
        corrected=count.corrected,
        dead_lettered=count.rejected,
        waiting=-(count.stored + count.duplicates + count.rejected),
    )
