"""Packs by (boot, seq): taken once for ever, and how far each outbox is on our disk without a gap."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class Committed(NamedTuple):
    """Everything of this boot up to `seq` is on the server's disk."""

    ward: str
    gateway: str
    boot: str
    seq: int


def take(connection: sqlite3.Connection, *, ward: str, gateway: str, boot: str, seq: int, now_ms: int) -> bool:
    """Note a pack as on disk with this transaction; False when it was there before.

    Packs that leave a gap wait apart, and `committed` stays below the gap until the edge has sent it again, or has
    said that it no longer holds it (`oldest_held`). The first pack of a boot that never said so begins the count.
    """
    known = _span(connection, gateway, boot)
    if known is None:
        _put_span(connection, ward, gateway, boot, span=(seq, seq), now_ms=now_ms)
        return True
    base, through = known
    if base <= seq <= through or not _set_apart(connection, gateway, boot, seq):
        return False
    _put_span(connection, ward, gateway, boot, span=_joined(connection, gateway, boot, known), now_ms=now_ms)
    return True


def oldest_held(connection: sqlite3.Connection, *, ward: str, gateway: str, boot: str, oldest: int, now_ms: int) -> int:
    """Learn the oldest pack that an outbox still holds, and give how many packs are lost for good because of it."""
    known = _span(connection, gateway, boot)
    if known is None:
        _put_span(connection, ward, gateway, boot, span=(oldest, oldest - 1), now_ms=now_ms)
        return 0
    base, through = known
    if oldest - 1 <= through:
        return 0
    waiting = _apart_below(connection, gateway, boot, oldest)
    lost = oldest - 1 - through - waiting
    joined = _joined(connection, gateway, boot, (base, oldest - 1))
    _put_span(connection, ward, gateway, boot, span=joined, now_ms=now_ms)
    return lost


def committed(connection: sqlite3.Connection, *, gateway: str | None = None) -> list[Committed]:
    """List how far each outbox is on our disk."""
    rows = connection.execute(
        "SELECT ward, gateway, boot, through FROM pack_boot WHERE ? IS NULL OR gateway = ? ORDER BY gateway, seen_ms",
        (gateway, gateway),
    )
    return [Committed(*row) for row in rows]


def _span(connection: sqlite3.Connection, gateway: str, boot: str) -> tuple[int, int] | None:
    found = connection.execute(
        "SELECT base, through FROM pack_boot WHERE gateway = ? AND boot = ?", (gateway, boot)
    ).fetchone()
    return (found[0], found[1]) if found else None


def _put_span(
    connection: sqlite3.Connection, ward: str, gateway: str, boot: str, *, span: tuple[int, int], now_ms: int
) -> None:
    connection.execute(
        "INSERT INTO pack_boot (gateway, boot, ward, base, through, seen_ms) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (gateway, boot) DO UPDATE "
        "SET base = excluded.base, through = excluded.through, seen_ms = excluded.seen_ms",
        (gateway, boot, ward, *span, now_ms),
    )


def _set_apart(connection: sqlite3.Connection, gateway: str, boot: str, seq: int) -> bool:
    """Keep a pack's number outside the span; False when it was there."""
    added = connection.execute(
        "INSERT OR IGNORE INTO pack_ahead (gateway, boot, seq) VALUES (?, ?, ?)", (gateway, boot, seq)
    )
    return added.rowcount == 1


def _apart_below(connection: sqlite3.Connection, gateway: str, boot: str, seq: int) -> int:
    (count,) = connection.execute(
        "SELECT count(*) FROM pack_ahead WHERE gateway = ? AND boot = ? AND seq < ?", (gateway, boot, seq)
    ).fetchone()
    return int(count)


def _joined(connection: sqlite3.Connection, gateway: str, boot: str, span: tuple[int, int]) -> tuple[int, int]:
    """Let the span take in the numbers set apart that now touch it, and forget those inside it."""
    base, through = span
    apart = connection.execute(
        "SELECT seq FROM pack_ahead WHERE gateway = ? AND boot = ? ORDER BY seq", (gateway, boot)
    ).fetchall()
    for (seq,) in apart:
        through = seq if seq == through + 1 else through
    for (seq,) in reversed(apart):
        base = seq if seq == base - 1 else base
    connection.execute(
        "DELETE FROM pack_ahead WHERE gateway = ? AND boot = ? AND seq BETWEEN ? AND ?", (gateway, boot, base, through)
    )
    return base, through
