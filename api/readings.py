"""Readings: which devices have said something new, or changed their presence, since the last look."""

from __future__ import annotations

import msgspec

from smartward.device import Presence, PresenceState
from smartward.instants import SECOND_MS
from smartward.ports import Latest, Projections, TelemetryStore

OVERLAP_MS = 5 * SECOND_MS
"""How far each look reaches back: values that arrived earlier may have been written later."""
PAGE = 10_000
FULL_EVERY = 60
"""Every so many looks all newest values are compared, so that nothing stays unseen however late it was written."""


class DeviceView(msgspec.Struct, frozen=True):
    """What is new of one device: its presence, and the newest values of the quantities that changed."""

    ward: str
    id: str
    type: str
    presence: PresenceState
    values: tuple[Latest, ...] = ()
    presence_since_ms: int | None = None


class Readings:
    """Remembers the newest value of every series and every presence; not for several threads at once."""

    def __init__(self, *, store: TelemetryStore, projections: Projections) -> None:
        self._store, self._projections = store, projections
        self._latest: dict[tuple[str, str], Latest] = {}
        self._types: dict[str, str] = {}
        self._presences: dict[str, Presence] = {}
        self._presences_at = -1
        self._since_ms = 0
        self._overlap_ms = OVERLAP_MS
        self._looks = 0

    def look(self) -> list[DeviceView]:
        """List the devices with something new; the first look finds everything.

        Raises StoreUnavailable, and then the next look finds what this one would have.
        """
        values, presences_at, presences = self._read()
        fresh = self._take_values(values)
        moved = [device for device, presence in presences.items() if self._differs(presence)]
        self._presences, self._presences_at = presences, presences_at
        self._looks += 1
        return [self._view(device, values=fresh.get(device, [])) for device in dict.fromkeys([*fresh, *moved])]

    def _read(self) -> tuple[list[Latest], int, dict[str, Presence]]:
        """Read all that may fail before anything is remembered."""
        if self._looks % FULL_EVERY == 0:
            values = self._store.latest()
        else:
            values = self._store.latest_since(self._since_ms - self._overlap_ms, limit=PAGE)
            self._overlap_ms = OVERLAP_MS if len(values) < PAGE else 0
        revision = self._projections.revision()
        if revision == self._presences_at:
            return values, revision, self._presences
        return values, revision, {presence.device: presence for presence in self._projections.presences()}

    def _take_values(self, values: list[Latest]) -> dict[str, list[Latest]]:
        fresh: dict[str, list[Latest]] = {}
        for latest in values:
            key = latest.device, latest.quantity
            self._since_ms = max(self._since_ms, latest.received_ms)
            if self._latest.get(key) == latest:
                continue
            self._latest[key] = latest
            self._types[latest.device] = latest.type
            fresh.setdefault(latest.device, []).append(latest)
        return fresh

    def _differs(self, presence: Presence) -> bool:
        known = self._presences.get(presence.device)
        return known is None or (known.state, known.reason) != (presence.state, presence.reason)

    def _view(self, device: str, *, values: list[Latest]) -> DeviceView:
        presence = self._presences.get(device)
        return DeviceView(
            ward=presence.ward if presence else values[0].ward,
            id=device,
            type=self._types.get(device, ""),
            presence=presence.state if presence else PresenceState.UNKNOWN,
            values=tuple(values),
            presence_since_ms=presence.since_ms if presence else None,
        )
