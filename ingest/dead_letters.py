"""Dead letters: refused inputs kept with their reason, grouped so that one broken device is one line.

Of each group the newest messages are kept as they came, so that they can be replayed when the cause is mended. One
gateway cannot fill the disk: over its quota of groups only counts are kept (one group per device and reason), and over
its quota of bytes, in all or in a day, only counts and the reason.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Sequence

import msgspec

from ingest.home import next_change
from smartward.instants import DAY_MS
from smartward.ledger import UNATTRIBUTED
from smartward.ports import DeadLetterGroup, Message
from smartward.rejection import Rejection

MAX_BODY_BYTES = 4 * 1024
"""How much of the newest refused message a group shows."""
KEPT_MESSAGES = 50
"""How many of a group's newest messages are kept whole, for a replay."""
MAX_MESSAGE_BYTES = 256 * 1024
"""A larger message is no message of ours and cannot be replayed."""
MAX_GROUPS = 200
MAX_HELD_BYTES = 8 * 1024 * 1024
MAX_DAY_BYTES = 2 * 1024 * 1024
"""Per gateway: groups, bytes kept in all, and bytes taken in on one day of UTC."""
OVER_QUOTA = "(over quota)"

_NUMBERS = re.compile(r"-?\d+(\.\d+)?")
_KEEP = """INSERT INTO dead_letter (id, ward, device, reason, shape, detail, topic, count, first_ms, last_ms, body,
    body_dropped, change, account, gateway) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET count = count + excluded.count, last_ms = max(last_ms, excluded.last_ms),
    first_ms = CASE WHEN forgotten THEN excluded.first_ms ELSE first_ms END, forgotten = 0,
    detail = excluded.detail, topic = excluded.topic, change = excluded.change, body_dropped = excluded.body_dropped,
    body = CASE WHEN excluded.body_dropped AND excluded.body = x'' THEN body ELSE excluded.body END"""
_CHANGED = """SELECT id, ward, device, reason, shape, detail, topic, count, first_ms, last_ms, body, body_dropped,
    gateway, (SELECT count(*) FROM dead_letter_message WHERE group_id = dead_letter.id) AS kept, replayed, replayed_ms
    FROM dead_letter WHERE change > ? AND change <= ? AND NOT forgotten ORDER BY change"""


class Kept(msgspec.Struct, frozen=True):
    """One refused message as it came. `parts` maps what was refused of it to the items that this was counted as."""

    number: int
    received_ms: int
    topic: str
    payload: bytes
    retained: bool
    parts: dict[str, int]


def keep(
    connection: sqlite3.Connection,
    rejections: Sequence[Rejection],
    message: Message,
    *,
    ward: str,
    gateway: str,
    now_ms: int,
    change: int,
) -> None:
    """Keep what was refused of one message in its groups; `gateway` is empty when no registered one can be blamed."""
    groups: dict[str, list[Rejection]] = {}
    for rejection in rejections:
        group = _group_of(connection, rejection, message, ward=ward, gateway=gateway)
        groups.setdefault(group, []).append(rejection)
    for group, together in groups.items():
        _keep_group(connection, group, together, message, ward=ward, gateway=gateway, now_ms=now_ms, change=change)


def shape_of(rejection: Rejection) -> str:
    """Give what refusals of one kind have in common: the quantity, or the detail without its numbers."""
    return rejection.quantity or _NUMBERS.sub("#", rejection.detail)[:120]


def changed(connection: sqlite3.Connection, *, span: tuple[int, int]) -> tuple[DeadLetterGroup, ...]:
    """List groups whose newest change is numbered after the first and up to the second of a span."""
    cursor = connection.execute(_CHANGED, span)
    names = [column[0] for column in cursor.description]
    return tuple(msgspec.convert(dict(zip(names, row, strict=True)), DeadLetterGroup, strict=False) for row in cursor)


def forgotten(connection: sqlite3.Connection, *, span: tuple[int, int]) -> tuple[str, ...]:
    """List groups that have expired in a span of changes."""
    rows = connection.execute("SELECT id FROM dead_letter WHERE change > ? AND change <= ? AND forgotten", span)
    return tuple(group for (group,) in rows)


def messages_of(connection: sqlite3.Connection, group: str) -> list[Kept]:
    """List the kept messages of a group in the order they came."""
    rows = connection.execute(
        "SELECT number, received_ms, topic, payload, retained, parts FROM dead_letter_message "
        "WHERE group_id = ? ORDER BY number",
        (group,),
    )
    return [
        Kept(number, received_ms, topic, payload, bool(retained), msgspec.json.decode(parts, type=dict[str, int]))
        for number, received_ms, topic, payload, retained, parts in rows
    ]


def drop_message(connection: sqlite3.Connection, number: int) -> None:
    """Let go of one kept message, and give its bytes back to its gateway's quota."""
    connection.execute(
        "UPDATE dead_letter_quota SET held_bytes = held_bytes - (SELECT length(payload) FROM dead_letter_message "
        "WHERE number = ?1) WHERE gateway = (SELECT gateway FROM dead_letter WHERE id = "
        "(SELECT group_id FROM dead_letter_message WHERE number = ?1))",
        (number,),
    )
    connection.execute("DELETE FROM dead_letter_message WHERE number = ?", (number,))


def expire(connection: sqlite3.Connection, *, before_ms: int, mirrored: int) -> int:
    """Forget groups last seen before an instant and messages older than it, and give how many groups went.

    What the ledger counts stays counted. A group's row waits until the mirror has carried its end (change `mirrored`).
    """
    connection.execute("DELETE FROM dead_letter WHERE forgotten AND change <= ?", (mirrored,))
    for (number,) in connection.execute(
        "SELECT number FROM dead_letter_message WHERE received_ms < ?", (before_ms,)
    ).fetchall():
        drop_message(connection, number)
    old = connection.execute(
        "SELECT id, account, count FROM dead_letter WHERE last_ms < ? AND NOT forgotten", (before_ms,)
    ).fetchall()
    if not old:
        return 0
    connection.executemany(
        "INSERT INTO dead_letter_past (account, count) VALUES (?, ?) "
        "ON CONFLICT (account) DO UPDATE SET count = count + excluded.count",
        [(account, count) for _, account, count in old],
    )
    change = next_change(connection)
    connection.executemany(
        "UPDATE dead_letter SET forgotten = 1, count = 0, replayed = 0, replayed_ms = NULL, body = x'', change = ? "
        "WHERE id = ?",
        [(change, group) for group, _, _ in old],
    )
    return len(old)


def _group_of(
    connection: sqlite3.Connection, rejection: Rejection, message: Message, *, ward: str, gateway: str
) -> str:
    """Name the group of a refusal; its gateway's overflow when that may have no new one."""
    device, shape = _device(rejection, message), shape_of(rejection)
    group = _id(ward, device, rejection.reason, shape)
    if connection.execute("SELECT 1 FROM dead_letter WHERE id = ?", (group,)).fetchone():
        return group
    (groups,) = connection.execute(
        "SELECT count(*) FROM dead_letter WHERE gateway = ? AND NOT forgotten", (gateway or UNATTRIBUTED,)
    ).fetchone()
    if groups < MAX_GROUPS:
        return group
    return _id(ward if gateway else "", rejection.device or UNATTRIBUTED, rejection.reason, OVER_QUOTA)


def _keep_group(
    connection: sqlite3.Connection,
    group: str,
    together: Sequence[Rejection],
    message: Message,
    *,
    ward: str,
    gateway: str,
    now_ms: int,
    change: int,
) -> None:
    """Count refusals of one message in their group, and keep the message if there is room."""
    first = together[0]
    device, shape = _device(first, message), shape_of(first)
    is_over = group != _id(ward, device, first.reason, shape)
    if is_over:
        ward, device, shape = ward if gateway else "", first.device or UNATTRIBUTED, OVER_QUOTA
    size, owner = len(message.payload), gateway or UNATTRIBUTED
    is_kept = not is_over and size <= MAX_MESSAGE_BYTES and _take_room(connection, owner, size=size, now_ms=now_ms)
    connection.execute(
        _KEEP,
        (
            group,
            ward,
            device,
            first.reason,
            shape,
            first.detail,
            message.topic[:300],
            sum(rejection.items for rejection in together),
            now_ms,
            now_ms,
            message.payload[:MAX_BODY_BYTES] if is_kept else b"",
            not is_kept,
            change,
            first.device or UNATTRIBUTED,
            owner,
        ),
    )
    if is_kept:
        _keep_message(connection, group, together, message, now_ms=now_ms)


def _keep_message(
    connection: sqlite3.Connection, group: str, together: Sequence[Rejection], message: Message, *, now_ms: int
) -> None:
    parts: dict[str, int] = {}
    for rejection in together:
        parts[rejection.part] = parts.get(rejection.part, 0) + rejection.items
    connection.execute(
        "INSERT INTO dead_letter_message (group_id, received_ms, topic, payload, retained, parts) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (group, now_ms, message.topic, message.payload, message.retained, msgspec.json.encode(parts)),
    )
    oldest = connection.execute(
        "SELECT number FROM dead_letter_message WHERE group_id = ? ORDER BY number DESC LIMIT -1 OFFSET ?",
        (group, KEPT_MESSAGES),
    ).fetchall()
    for (number,) in oldest:
        drop_message(connection, number)


def _take_room(connection: sqlite3.Connection, gateway: str, *, size: int, now_ms: int) -> bool:
    """Take bytes from a gateway's quota of the day and in all; False when there is no room."""
    day = now_ms // DAY_MS
    found = connection.execute(
        "SELECT day, day_bytes, held_bytes FROM dead_letter_quota WHERE gateway = ?", (gateway,)
    ).fetchone()
    known_day, day_bytes, held_bytes = found or (day, 0, 0)
    day_bytes = day_bytes if known_day == day else 0
    if day_bytes + size > MAX_DAY_BYTES or held_bytes + size > MAX_HELD_BYTES:
        return False
    connection.execute(
        "INSERT OR REPLACE INTO dead_letter_quota (gateway, day, day_bytes, held_bytes) VALUES (?, ?, ?, ?)",
        (gateway, day, day_bytes + size, held_bytes + size),
    )
    return True


def _device(rejection: Rejection, message: Message) -> str:
    return rejection.claimed or rejection.device or _blamed(message.topic)


def _id(ward: str, device: str, reason: str, shape: str) -> str:
    return hashlib.blake2b(f"{ward}/{device}/{reason}/{shape}".encode(), digest_size=8).hexdigest()


def _blamed(topic: str) -> str:
    """Give the device that a topic names, as text: it may not be registered, or be nonsense."""
    parts = topic.split("/")
    return parts[-2][:64] if len(parts) > 2 else topic[:64]  # noqa: PLR2004  # …/DEVICE/obs
