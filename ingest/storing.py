"""Storing: the journal's `store` cursor. Each item reaches the telemetry store once, counted as what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from ingest import accounts, record
from ingest.home import Home
from smartward.ledger import Account
from smartward.log import Record
from smartward.ports import Batch, Count, TelemetryStore

CURSOR = "store"
RECORDS = 500


class Storing:
    """Feeds the telemetry store from the journal.

    The store remembers its newest batch, so a batch that was written but not yet counted when the process died is
    written again as it was, and answers what it answered.
    """

    def __init__(self, home: Home, *, store: TelemetryStore) -> None:
        """Bring the journal and the store together."""
        self._home, self._store = home, store
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
        self._store_records(records)
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
            self._home.journal.advance(connection, CURSOR, number=batch.number)


def _stored(count: Count) -> Account:
    """Give what a batch changes in one device's account."""
    return Account(
        stored=count.stored,
        duplicates=count.duplicates,
        corrected=count.corrected,
        waiting=-(count.stored + count.duplicates),
    )
