"""The ports: what the rooms need of the world, as small protocols.

Each has at least two adapters and one contract suite over all of them. All may be called from several threads
unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol

import msgspec

from smartward.alert import AlertCondition, WorkAction
from smartward.device import Device, Presence, Site, Ward
from smartward.event import Event
from smartward.ledger import Ledger
from smartward.notification import Notification
from smartward.observation import Value
from smartward.staff import Person, Session


class Clock(Protocol):
    """What time it is, in ms since 1970."""

    def now_ms(self) -> int:
        """Give the present instant."""


# --- the wire -----------------------------------------------------------------------------------------------


class Message(msgspec.Struct, frozen=True):
    """One message from the broker. `receipt` is the adapter's own and is what `acknowledge` needs."""

    topic: str
    payload: bytes
    retained: bool = False
    redelivered: bool = False
    receipt: object = None


class BusListener(Protocol):
    """Who is told what happens on a connection; called on the bus's own thread, so every call returns at once."""

    def connected(self) -> None:
        """Know that a connection stands and the subscriptions are made; called again after each reconnection."""

    def disconnected(self, reason: str) -> None:
        """Know that the connection is gone; receipts of the messages it brought are worthless from now on."""

    def received(self, message: Message) -> None:
        """Take one message; it is redelivered after a reconnection until it is acknowledged."""


class Bus(Protocol):
    """One connection to a broker, QoS 1 both ways, manual acknowledgement, reconnecting by itself until stopped."""

    def start(self, listener: BusListener) -> None:
        """Begin to connect, in the background; connection failures go to `listener.disconnected`."""

    def stop(self) -> None:
        """Say goodbye and end the thread; safe to call twice."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Hand one message to the broker; raises BusDisconnected when there is no connection now.

        Returning means handed over, not received: whoever must know waits for the other side's word.
        """

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are safe with us; receipts of an earlier connection are passed over."""


# --- telemetry ----------------------------------------------------------------------------------------------


class StoredObservation(msgspec.Struct, frozen=True, array_like=True):
    """A validated observation on its way into the store."""

    ward: str
    device: str
    type: str
    observed_ms: int
    received_ms: int
    values: dict[str, Value]


class StoredEvent(msgspec.Struct, frozen=True, array_like=True):
    """A validated event on its way into the store."""

    ward: str
    type_of_device: str
    received_ms: int
    event: Event


class Batch(msgspec.Struct, frozen=True):
    """What is written at once, in journal order.

    `journal` is the id of the journal file it comes from; `number` is the last journal number in it and only grows
    within one journal.
    """

    number: int
    observations: tuple[StoredObservation, ...] = ()
    events: tuple[StoredEvent, ...] = ()
    journal: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """A value or event that the store will never take, whoever asks again.

    `item` is the quantity or the event's id, `items` how many ledger items of the batch it stood for, `reason` plain
    words.
    """

    ward: str
    device: str
    item: str
    observed_ms: int
    reason: str
    items: int = 1


class Count(msgspec.Struct):
    """What became of one device's items in a batch; `stored` includes `corrected`, `rejected` is what `refusals` name.

    Only a store that has rules of its own (retention, field types) ever rejects.
    """

    stored: int = 0
    duplicates: int = 0
    corrected: int = 0
    rejected: int = 0
    refusals: tuple[Refusal, ...] = ()


class Latest(msgspec.Struct, frozen=True):
    """The newest value by device time; late data never replaces it."""

    ward: str
    device: str
    type: str
    quantity: str
    value: Value
    observed_ms: int
    received_ms: int


class Point(msgspec.Struct, frozen=True):
    """One value of a series; for a bucket `at_ms` is its start."""

    at_ms: int
    value: Value | None


Fn = Literal["mean", "min", "max", "sum", "count", "last", "energy_mean"]


class TelemetryStore(Protocol):
    """Observations and events, with their newest values and rollups. One writer, many readers, in several processes."""

    def write(self, batch: Batch) -> dict[str, Count]:
        """Write a batch, all or nothing, and say per device what became of its items.

        A value's identity is (device, quantity, observed_ms); an event's is its id. The same again is a duplicate;
        a different one overwrites and counts as stored and corrected. Writing the newest batch of a journal again
        changes nothing and gives the first answer. Raises StoreUnavailable.
        """

    def newest_batch(self, journal: str) -> int:
        """Give the number of the newest batch written from a journal; 0 when there is none."""

    def latest(self, *, ward: str | None = None, type: str | None = None, device: str | None = None) -> list[Latest]:  # noqa: A002
        """List newest values, by device then quantity."""

    def latest_since(self, received_ms: int, *, limit: int = 10_000) -> list[Latest]:
        """List newest values that arrived after an instant, in order of arrival."""

    def series(
        self,
        device: str,
        quantity: str,
        *,
        from_ms: int,
        to_ms: int,
        every_ms: int | None = None,
        fn: Fn = "mean",
        timezone: str = "UTC",
        limit: int = 5_000,
    ) -> list[Point]:
        """List values with from_ms <= at < to_ms in order of time: raw without `every_ms`, else one point a bucket.

        Buckets of a day or more begin at midnight of `timezone`. Empty buckets are left out.
        `energy_mean` is for decibels.
        """

    def events(
        self, *, ward: str | None = None, device: str | None = None, before_ms: int | None = None, limit: int = 100
    ) -> list[StoredEvent]:
        """List events, newest first by device time."""


# --- relational, written by the API ----------------------------------------------------------------------------


class Registry(Protocol):
    """Wards, sites and devices. `revision` grows with every committed change, in the order of commits."""

    def revision(self) -> int:
        """Give the number of the newest change; a reader that saw it has seen all before it."""

    def wards(self) -> list[Ward]:
        """List all wards by id."""

    def sites(self, ward: str) -> list[Site]:
        """List a ward's sites by id."""

    def devices(self, *, ward: str | None = None) -> list[Device]:
        """List devices by id."""

    def put_ward(self, ward: Ward) -> None:
        """Create or replace a ward."""

    def put_site(self, site: Site) -> None:
        """Create or replace a site; raises NotFound when its ward is not registered."""

    def put_device(self, device: Device, *, expected_version: int | None = None) -> Device:
        """Create or replace a device and give it back with its new version.

        Raises Conflict when `expected_version` is given and is not the present one (0: must not exist),
        NotFound when its ward or (other) gateway is not registered.
        """

    def remove_device(self, device: str) -> None:
        """Take a device out of the registry; its history stays.

        Raises NotFound, and Conflict for a gateway that still speaks for others.
        """


class People(Protocol):
    """Who can log in, and their sessions."""

    def person(self, username: str) -> Person | None:
        """Find somebody, with the password hash."""

    def people(self) -> list[Person]:
        """List everybody by username."""

    def put_person(self, person: Person) -> None:
        """Create or replace somebody."""

    def open_session(self, session: Session) -> None:
        """Remember a login and forget those that expired before it; raises NotFound for an unknown person."""

    def session(self, token_hash: str, *, now_ms: int) -> Session | None:
        """Find a login that has not expired."""

    def close_session(self, token_hash: str) -> None:
        """Forget a login; nothing happens when there is none."""


class WorkLog(Protocol):
    """What people did to alerts: append-only."""

    def add(self, action: WorkAction) -> None:
        """Append a deed; a second acknowledgement in one episode raises Conflict with who and when."""

    def actions(self, alerts: Iterable[str]) -> dict[str, list[WorkAction]]:
        """List the deeds on these alerts, in order; alerts without any are absent."""

    def revision(self) -> int:
        """Give the number of the newest deed, in the order of commits."""


class AuditEntry(msgspec.Struct, frozen=True):
    """Who did what, when, from where; `detail` never holds a secret."""

    ward: str
    person: str
    action: str
    target: str
    at_ms: int
    address: str = ""
    detail: str = ""


class Audit(Protocol):
    """The append-only record of deeds."""

    def record(self, entry: AuditEntry) -> None:
        """Append one entry."""

    def entries(self, *, ward: str | None = None, limit: int = 100) -> list[AuditEntry]:
        """List the newest entries first."""


class Request(msgspec.Struct, frozen=True):
    """What a person asks of ingest: `kind` "replay" with a dead letter group as its `target`."""

    kind: str
    target: str
    ward: str
    person: str
    at_ms: int
    number: int = 0


class Requests(Protocol):
    """What people ask of ingest, in order. The API writes; ingest reads and remembers how far it has come."""

    def ask(self, request: Request) -> Request:
        """Append a request and give it back with its number; numbers grow in the order of commits."""

    def requests_since(self, number: int, *, limit: int = 100) -> list[Request]:
        """List the requests after a number, in order."""


# --- relational, written by ingest --------------------------------------------------------------------------


class DeadLetterGroup(msgspec.Struct, frozen=True):
    """Refused inputs of one (device, reason, shape): how many, when, and one of them as it came (up to a cap).

    `kept` messages can be replayed; `replayed` items were believed when they were, last at `replayed_ms`.
    """

    id: str
    ward: str
    device: str
    reason: str
    shape: str
    detail: str
    topic: str
    count: int
    first_ms: int
    last_ms: int
    body: bytes = b""
    body_dropped: bool = False
    gateway: str = ""
    kept: int = 0
    replayed: int = 0
    replayed_ms: int | None = None


class Projection(msgspec.Struct, frozen=True):
    """What ingest shows the API in one transaction; parts left empty are not touched.

    `forgotten` names dead letter groups that have expired: they are removed.
    """

    conditions: tuple[AlertCondition, ...] = ()
    notifications: tuple[Notification, ...] = ()
    presences: tuple[Presence, ...] = ()
    dead_letters: tuple[DeadLetterGroup, ...] = ()
    ledger: Ledger | None = None
    forgotten: tuple[str, ...] = ()


class Projections(Protocol):
    """The copy of ingest's knowledge that the API reads. Ingest writes, upserting by id; the API only reads."""

    def project(self, projection: Projection) -> None:
        """Write all parts in one transaction; raises StoreUnavailable."""

    def revision(self) -> int:
        """Give a number that grows with every projection, in the order of commits."""

    def conditions(
        self, *, ward: str | None = None, only_open: bool = False, limit: int = 5_000
    ) -> list[AlertCondition]:
        """List alert conditions, newest start first; `only_open` leaves out the cleared."""

    def condition(self, alert: str) -> AlertCondition | None:
        """Find one alert's condition."""

    def conditions_since(self, revision: int) -> tuple[int, list[AlertCondition]]:
        """List conditions that changed after a revision, and the revision they bring the reader to."""

    def notifications(self, alert: str) -> list[Notification]:
        """List the notifications of one alert, oldest first."""

    def presences(self, *, ward: str | None = None) -> list[Presence]:
        """List the presence of every device that ingest knows."""

    def dead_letters(self, *, ward: str | None = None, limit: int = 100) -> list[DeadLetterGroup]:
        """List dead letter groups, last seen first."""

    def ledger(self) -> Ledger | None:
        """Give the newest ledger snapshot; None before the first."""


# --- people's phones, screens and files -----------------------------------------------------------------------


class Notifier(Protocol):
    """One channel to people."""

    def send(self, notification: Notification) -> str:
        """Tell it, and give the channel's answer; raises any SmartwardError when it could not.

        The same notification may come again after a crash: its key is unique.
        """


Sleep = Callable[[float], bool]
"""Waits that many seconds, or less when asked to stop: then it answers True."""
