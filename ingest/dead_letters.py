"""Dead letters: refused inputs kept with their reason, grouped so that one broken device is one line."""

from __future__ import annotations

import hashlib
import re
import sqlite3

import msgspec

from smartward.ledger import UNATTRIBUTED
from smartward.ports import DeadLetterGroup, Message
from smartward.rejection import Rejection

MAX_BODY_BYTES = 4 * 1024
"""How much of the newest refused message a group keeps."""

_NUMBERS = re.compile(r"-?\d+(\.\d+)?")


def keep(
    connection: sqlite3.Connection, rejection: Rejection, message: Message, *, ward: str, now_ms: int, change: int
) -> None:
    """Keep one rejection in its group, with the message that it came in."""
    shape = shape_of(rejection)
    device = rejection.claimed or rejection.device or _blamed(message.topic)
    group = hashlib.blake2b(f"{ward}/{device}/{rejection.reason}/{shape}".encode(), digest_size=8).hexdigest()
    connection.execute(
        "INSERT INTO dead_letter (id, ward, device, reason, shape, detail, topic, count, first_ms, last_ms, body, "
        "body_dropped, change, account) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
        "SET count = count + excluded.count, last_ms = excluded.last_ms, detail = excluded.detail, "
        "topic = excluded.topic, body = excluded.body, body_dropped = excluded.body_dropped, change = excluded.change",
        (
            group,
            ward,
            device,
            rejection.reason,
            shape,
            rejection.detail,
            message.topic[:300],
            rejection.items,
            now_ms,
            now_ms,
            message.payload[:MAX_BODY_BYTES],
            len(message.payload) > MAX_BODY_BYTES,
            change,
            rejection.device or UNATTRIBUTED,
        ),
    )


def shape_of(rejection: Rejection) -> str:
    """Give what refusals of one kind have in common: the quantity, or the detail without its numbers."""
    return rejection.quantity or _NUMBERS.sub("#", rejection.detail)[:120]


def changed(connection: sqlite3.Connection, *, span: tuple[int, int]) -> tuple[DeadLetterGroup, ...]:
    """List groups whose newest change is numbered after the first and up to the second of a span."""
    rows = connection.execute(
        "SELECT id, ward, device, reason, shape, detail, topic, count, first_ms, last_ms, body, body_dropped "
        "FROM dead_letter WHERE change > ? AND change <= ? ORDER BY change",
        span,
    )
    return tuple(msgspec.structs.replace(DeadLetterGroup(*row[:-1]), body_dropped=bool(row[-1])) for row in rows)


def _blamed(topic: str) -> str:
    """Give the device that a topic names, as text: it may not be registered, or be nonsense."""
    parts = topic.split("/")
    return parts[-2][:64] if len(parts) > 2 else topic[:64]  # noqa: PLR2004  # …/DEVICE/obs
