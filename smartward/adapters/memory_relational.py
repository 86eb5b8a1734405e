"""The relational ports in memory, with the promises of the real ones: for tests and for trying things out."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import msgspec

from smartward.alert import AlertCondition, Condition, Deed, WorkAction
from smartward.device import Device, Presence, Site, Ward
from smartward.errors import Conflict, NotFound
from smartward.ledger import Ledger
from smartward.notification import Notification
from smartward.ports import AuditEntry, DeadLetterGroup, Projection, Request
from smartward.staff import Person, Session


class MemoryRegistry:
    """The Registry port in dictionaries."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._number = 0
        self._wards: dict[str, Ward] = {}
        self._sites: dict[tuple[str, str], Site] = {}
        self._devices: dict[str, Device] = {}

    def revision(self) -> int:
        """Give the number of the newest change."""
        with self._lock:
            return self._number

    def wards(self) -> list[Ward]:
        """List all wards by id."""
        with self._lock:
            return [self._wards[id_] for id_ in sorted(self._wards)]

    def sites(self, ward: str) -> list[Site]:
        """List a ward's sites by id."""
        with self._lock:
            return [self._sites[key] for key in sorted(self._sites) if key[0] == ward]

    def devices(self, *, ward: str | None = None) -> list[Device]:
        """List devices by id."""
        with self._lock:
            found = [self._devices[id_] for id_ in sorted(self._devices)]
        return [device for device in found if ward in (None, device.ward)]

    def put_ward(self, ward: Ward) -> None:
        """Create or replace a ward."""
        with self._lock:
            self._wards[ward.id] = ward
            self._number += 1

    def put_site(self, site: Site) -> None:
        """Create or replace a site; raises NotFound when its ward is not registered."""
        with self._lock:
            _need(self._wards, "ward", site.ward)
            self._sites[site.ward, site.id] = site
            self._number += 1

    def put_device(self, device: Device, *, expected_version: int | None = None) -> Device:
        """Create or replace a device; raises Conflict and NotFound as the port says."""
        with self._lock:
            _need(self._wards, "ward", device.ward)
            if not device.is_gateway:
                _need(self._devices, "gateway", device.gateway)
            present = self._devices[device.id].version if device.id in self._devices else 0
            if expected_version not in (None, present):
                raise Conflict(
                    f"device {device.id} is at version {present}, not {expected_version}; "
                    "read it again and repeat the change"
                )
            stored = msgspec.structs.replace(device, params=dict(device.params), version=present + 1)
            self._devices[device.id] = stored
            self._number += 1
            return stored

    def remove_device(self, device: str) -> None:
        """Take a device out; raises NotFound, and Conflict for a gateway that still speaks for others."""
        with self._lock:
            _need(self._devices, "device", device)
            others = sum(other.gateway == device and other.id != device for other in self._devices.values())
            if others:
                raise Conflict(f"gateway {device} still speaks for {others} devices; move or remove them first")
            del self._devices[device]
            self._number += 1


class MemoryPeople:
    """The People port in dictionaries."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._people: dict[str, Person] = {}
        self._sessions: dict[str, Session] = {}

    def person(self, username: str) -> Person | None:
        """Find somebody, with the password hash."""
        with self._lock:
            return self._people.get(username)

    def people(self) -> list[Person]:
        """List everybody by username."""
        with self._lock:
            return [self._people[username] for username in sorted(self._people)]

    def put_person(self, person: Person) -> None:
        """Create or replace somebody."""
        with self._lock:
            self._people[person.username] = msgspec.structs.replace(person, access=dict(person.access))

    def open_session(self, session: Session) -> None:
        """Remember a login and forget those that expired before it; raises NotFound for an unknown person."""
        with self._lock:
            if session.username not in self._people:
                raise NotFound(f"person {session.username} does not exist; add them first")
            alive = {key: one for key, one in self._sessions.items() if one.expires_ms > session.created_ms}
            self._sessions = alive | {session.token_hash: session}

    def session(self, token_hash: str, *, now_ms: int) -> Session | None:
        """Find a login that has not expired."""
        with self._lock:
            found = self._sessions.get(token_hash)
        return found if found is not None and found.expires_ms > now_ms else None

    def close_session(self, token_hash: str) -> None:
        """Forget a login; nothing happens when there is none."""
        with self._lock:
            self._sessions.pop(token_hash, None)


class MemoryWorkLog:
    """The WorkLog port in a list."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._actions: list[WorkAction] = []

    def add(self, action: WorkAction) -> None:
        """Append a deed; a second acknowledgement in one episode raises Conflict with who and when."""
        with self._lock:
            if action.deed is Deed.ACKNOWLEDGE:
                for first in self._actions:
                    if (first.alert, first.deed, first.episode) == (action.alert, action.deed, action.episode):
                        raise Conflict(
                            f"alert {action.alert} is already acknowledged by {first.person}",
                            by=first.person,
                            at_ms=first.at_ms,
                        )
            self._actions.append(action)

    def actions(self, alerts: Iterable[str]) -> dict[str, list[WorkAction]]:
        """List the deeds on these alerts, in order; alerts without any are absent."""
        wanted, found = set(alerts), dict[str, list[WorkAction]]()
        with self._lock:
            for action in self._actions:
                if action.alert in wanted:
                    found.setdefault(action.alert, []).append(action)
        return found

    def revision(self) -> int:
        """Give the number of the newest deed."""
        with self._lock:
            return len(self._actions)


class MemoryAudit:
    """The Audit port in a list."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: list[AuditEntry] = []

    def record(self, entry: AuditEntry) -> None:
        """Append one entry."""
        with self._lock:
            self._entries.append(entry)

    def entries(self, *, ward: str | None = None, limit: int = 100) -> list[AuditEntry]:
        """List the newest entries first."""
        with self._lock:
            return [entry for entry in reversed(self._entries) if ward in (None, entry.ward)][:limit]


class MemoryRequests:
    """The Requests port in a list."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: list[Request] = []

    def ask(self, request: Request) -> Request:
        """Append a request and give it back with its number."""
        with self._lock:
            numbered = msgspec.structs.replace(request, number=len(self._requests) + 1)
            self._requests.append(numbered)
            return numbered

    def requests_since(self, number: int, *, limit: int = 100) -> list[Request]:
        """List the requests after a number, in order."""
        with self._lock:
            return [request for request in self._requests if request.number > number][:limit]


class MemoryProjections:
    """The Projections port in dictionaries."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._number = 0
        self._conditions: dict[str, tuple[int, AlertCondition]] = {}
        self._notifications: dict[str, Notification] = {}
        self._presences: dict[str, Presence] = {}
        self._dead_letters: dict[str, DeadLetterGroup] = {}
        self._ledger: Ledger | None = None

    def project(self, projection: Projection) -> None:
        """Write all parts at once."""
        with self._lock:
            self._number += 1
            self._conditions |= {condition.id: (self._number, condition) for condition in projection.conditions}
            self._notifications |= {notification.key: notification for notification in projection.notifications}
            self._presences |= {presence.device: presence for presence in projection.presences}
            self._dead_letters |= {group.id: group for group in projection.dead_letters}
            for group in projection.forgotten:
                self._dead_letters.pop(group, None)
            if projection.ledger is not None:
                self._ledger = _copy(projection.ledger)

    def revision(self) -> int:
        """Give a number that grows with every projection."""
        with self._lock:
            return self._number

    def conditions(
        self, *, ward: str | None = None, only_open: bool = False, limit: int = 5_000
    ) -> list[AlertCondition]:
        """List alert conditions, newest start first; `only_open` leaves out the cleared."""
        with self._lock:
            found = [condition for _, condition in self._conditions.values() if ward in (None, condition.ward)]
        if only_open:
            found = [condition for condition in found if condition.condition is not Condition.CLEARED]
        return sorted(found, key=lambda condition: (-condition.started_ms, condition.id))[:limit]

    def condition(self, alert: str) -> AlertCondition | None:
        """Find one alert's condition."""
        with self._lock:
            return self._conditions[alert][1] if alert in self._conditions else None

    def conditions_since(self, revision: int) -> tuple[int, list[AlertCondition]]:
        """List conditions that changed after a revision, in that order, and the revision they bring the reader to."""
        with self._lock:
            changed = sorted((number, id_) for id_, (number, _) in self._conditions.items() if number > revision)
            return self._number, [self._conditions[id_][1] for _, id_ in changed]

    def notifications(self, alert: str) -> list[Notification]:
        """List the notifications of one alert, oldest first."""
        with self._lock:
            found = [notification for notification in self._notifications.values() if notification.alert == alert]
        return sorted(found, key=lambda notification: (notification.created_ms, notification.key))

    def presences(self, *, ward: str | None = None) -> list[Presence]:
        """List the presence of every device that ingest knows, by device."""
        with self._lock:
            found = [self._presences[device] for device in sorted(self._presences)]
        return [presence for presence in found if ward in (None, presence.ward)]

    def dead_letters(self, *, ward: str | None = None, limit: int = 100) -> list[DeadLetterGroup]:
        """List dead letter groups, last seen first."""
        with self._lock:
            found = [group for group in self._dead_letters.values() if ward in (None, group.ward)]
        return sorted(found, key=lambda group: (-group.last_ms, group.id))[:limit]

    def ledger(self) -> Ledger | None:
        """Give the newest ledger snapshot; None before the first."""
        with self._lock:
            return None if self._ledger is None else _copy(self._ledger)


def _need(known: Iterable[str], kind: str, id_: str) -> None:
    """Raise NotFound unless the id is known."""
    if id_ not in known:
        raise NotFound(f"{kind} {id_} is not registered; register it first")


def _copy(ledger: Ledger) -> Ledger:
    """Copy a ledger with its accounts: they go on being counted while the snapshot stays."""
    return msgspec.convert(msgspec.to_builtins(ledger), Ledger)
