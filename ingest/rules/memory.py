"""What the rules remember, on ingest's disk: read once at start, written in the transaction that changed it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from ingest.home import next_change
from smartward.alert import AlertCondition, Condition
from smartward.device import Presence
from smartward.rules.evaluate import AlertChange, DeviceState
from smartward.rules.silence import Ear

_states = msgspec.msgpack.Decoder(DeviceState)
_ears = msgspec.msgpack.Decoder(Ear)


def load_states(connection: sqlite3.Connection) -> dict[str, DeviceState]:
    """Read what the rules remember of each device."""
    return {device: _states.decode(body) for device, body in connection.execute("SELECT device, body FROM rule_state")}


def load_ears(connection: sqlite3.Connection) -> dict[str, Ear]:
    """Read when each device was heard."""
    return {device: _ears.decode(body) for device, body in connection.execute("SELECT device, body FROM ear")}


def keep_states(connection: sqlite3.Connection, states: Iterable[tuple[str, DeviceState]]) -> None:
    """Write what the rules remember of some devices."""
    connection.executemany(
        "INSERT INTO rule_state (device, body) VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET body = excluded.body",
        [(device, msgspec.msgpack.encode(state)) for device, state in states],
    )


def keep_ears(connection: sqlite3.Connection, ears: Iterable[tuple[str, Ear]]) -> None:
    """Write when some devices were heard."""
    connection.executemany(
        "INSERT INTO ear (device, body) VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET body = excluded.body",
        [(device, msgspec.msgpack.encode(ear)) for device, ear in ears],
    )


def keep_changes(connection: sqlite3.Connection, changes: Iterable[AlertChange]) -> None:
    """Write the conditions that changed, for the mirror to carry."""
    newest = {change.condition.id: change.condition for change in changes}
    if not newest:
        return
    number = next_change(connection)
    connection.executemany(
        "INSERT INTO alert_condition (id, is_open, body, change) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, body = excluded.body, change = excluded.change",
        [
            (condition.id, condition.condition is not Condition.CLEARED, msgspec.json.encode(condition), number)
            for condition in newest.values()
        ],
    )


def keep_presences(connection: sqlite3.Connection, presences: Iterable[Presence]) -> None:
    """Write the presences that changed, for the mirror to carry."""
    rows = [(presence.device, msgspec.json.encode(presence)) for presence in presences]
    if not rows:
        return
    number = next_change(connection)
    connection.executemany(
        "INSERT INTO presence (device, body, change) VALUES (?, ?, ?) "
        "ON CONFLICT (device) DO UPDATE SET body = excluded.body, change = excluded.change",
        [(device, body, number) for device, body in rows],
    )


def open_conditions(connection: sqlite3.Connection) -> list[AlertCondition]:
    """List the alerts that are open."""
    rows = connection.execute("SELECT body FROM alert_condition WHERE is_open = 1")
    return [msgspec.json.decode(body, type=AlertCondition) for (body,) in rows]
