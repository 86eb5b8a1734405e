"""Replay: kept dead letters judged again by today's registry and catalogue; what is believed now moves on.

Only the parts that were refused are judged: what was good at once is in the store already, perhaps corrected since.
Items move in the ledger and `received` stays in sum, with two things to know. An item that was blamed on a gateway (its
device was unknown) is now its device's, so `received` moves with it. A message refused whole was one item; what it
turns out to hold is counted then.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import defaultdict
from collections.abc import Mapping

import msgspec

from ingest import accounts, dead_letters, record
from ingest.dead_letters import Kept
from ingest.decode import Decoded, ObservationClaim, decode
from ingest.home import Home, next_change
from ingest.record import JournalRecord
from ingest.validate import Registered, Validated, Validator
from smartward.ledger import Account
from smartward.ports import Message

log = logging.getLogger(__name__)

WHOLE = ""
"""The part of a message that is all of it."""


class Replay:
    """Replays groups; each in one transaction, so a kill leaves it done or not begun."""

    def __init__(self, home: Home, *, validator: Validator) -> None:
        """Know how to judge."""
        self._home, self._validator = home, validator

    def group(self, connection: sqlite3.Connection, group: str, *, registered: Registered, now_ms: int) -> int:
        """Replay the kept messages of a group in this transaction, and give how many items are believed now."""
        found = connection.execute(
            "SELECT account FROM dead_letter WHERE id = ? AND NOT forgotten", (group,)
        ).fetchone()
        if found is None:
            log.warning("dead letter group %s was to be replayed and is not here any more", group)
            return 0
        changes: defaultdict[str, Account] = defaultdict(Account)
        bodies: list[bytes] = []
        believed, settled, detail = 0, 0, ""
        for kept in dead_letters.messages_of(connection, group):
            gateway, outcome = self._judge(kept, registered)
            accepted = record.items_of(JournalRecord(kept.received_ms, gateway, outcome.observations, outcome.events))
            refused = {rejection.part: rejection.items for rejection in outcome.rejections}
            detail = outcome.rejections[-1].detail if outcome.rejections else detail
            if not accepted:
                continue
            bodies.append(record.encode(JournalRecord(kept.received_ms, gateway, outcome.observations, outcome.events)))
            left = sum(kept.parts.values()) - sum(refused.values())
            changes[found[0]] += Account(received=-left, dead_lettered=-left)
            for device, items in accepted.items():
                changes[device] += Account(received=items, waiting=items)
            believed, settled = believed + sum(accepted.values()), settled + left
            _keep_rest(connection, kept, refused)
        self._home.journal.append(connection, bodies, at_ms=now_ms)
        accounts.add(connection, changes)
        connection.execute(
            "UPDATE dead_letter SET count = count - ?, replayed = replayed + ?, replayed_ms = ?, change = ?, "
            "detail = CASE WHEN ? = '' THEN detail ELSE ? END WHERE id = ?",
            (settled, believed, now_ms, next_change(connection), detail, detail, group),
        )
        return believed

    def _judge(self, kept: Kept, registered: Registered) -> tuple[str, Validated]:
        """Judge what was refused of a message, as of the instant it arrived."""
        decoded = narrow(decode(Message(kept.topic, kept.payload, kept.retained)), kept.parts)
        gateway = decoded.address.gateway if decoded.address else ""
        return gateway, self._validator.validate(decoded, registered=registered, received_ms=kept.received_ms)


def narrow(decoded: Decoded, parts: Mapping[str, int]) -> Decoded:
    """Give only the named parts of a message: all of it, whole claims, or single values of a claim."""
    if WHOLE in parts:
        return decoded
    narrowed = (_narrow_claim(claim, parts) for claim in decoded.observations)
    return msgspec.structs.replace(
        decoded,
        observations=tuple(claim for claim in narrowed if claim.values),
        events=tuple(claim for claim in decoded.events if claim.part in parts),
        rejections=tuple(rejection for rejection in decoded.rejections if rejection.part in parts),
    )


def _narrow_claim(claim: ObservationClaim, parts: Mapping[str, int]) -> ObservationClaim:
    if claim.part in parts:
        return claim
    values = {name: value for name, value in claim.values.items() if f"{claim.part}/{name}" in parts}
    return msgspec.structs.replace(claim, values=values)


def _keep_rest(connection: sqlite3.Connection, kept: Kept, refused: dict[str, int]) -> None:
    """Keep a message for what is still refused of it; let it go when that is nothing."""
    if refused:
        connection.execute(
            "UPDATE dead_letter_message SET parts = ? WHERE number = ?", (msgspec.json.encode(refused), kept.number)
        )
    else:
        dead_letters.drop_message(connection, kept.number)
