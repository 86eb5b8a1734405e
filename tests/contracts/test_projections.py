"""What every projection of ingest's knowledge promises to the API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from smartward.alert import AlertCondition, Condition, Severity
from smartward.device import Presence, PresenceState
from smartward.ledger import UNATTRIBUTED, Account, Ledger, total_of
from smartward.notification import DeliveryState, Notification
from smartward.observation import Value
from smartward.ports import DeadLetterGroup, Projection, Projections
from tests.contracts.relational import Relational

FLOOD = AlertCondition(
    "aq7k2m9xp1",
    "phuc-yen",
    "flood_road.deep",
    "flood-1",
    "Đường Trưng Trắc",
    Severity.HIGH,
    Condition.FIRING,
    started_ms=1_000,
    changed_ms=1_000,
    value=0.42,
    threshold=0.3,
    quantity="depth",
    verify=True,
    inhibits=3,
)
NOTICE = Notification(
    "aq7k2m9xp1/firing/police_duty/console",
    "aq7k2m9xp1",
    "phuc-yen",
    "police_duty",
    "console",
    "high",
    "Ngập 42 cm ở Đường Trưng Trắc",
    created_ms=1_000,
)
REFUSED = DeadLetterGroup(
    "d1", "phuc-yen", "flood-1", "out_of_range", "depth", "depth 99 m > 5 m", "ward/phuc-yen/g/flood-1/obs", 1, 10, 10
)


def condition(id_: str, started_ms: int = 1_000, **changes: object) -> AlertCondition:
    """Vary the flood."""
    return msgspec.structs.replace(FLOOD, id=id_, started_ms=started_ms, **changes)


def put(projections: Projections, *conditions: AlertCondition) -> None:
    """Project only conditions."""
    projections.project(Projection(conditions=conditions))


def test_before_the_first_projection_there_is_nothing(relational: Relational) -> None:
    """The API starts before ingest and shows emptiness, not an error."""
    projections = relational.projections

    assert projections.revision() == 0
    assert projections.conditions() == []
    assert projections.conditions_since(0) == (0, [])
    assert projections.condition("a1") is None
    assert projections.notifications("a1") == []
    assert projections.presences() == []
    assert projections.dead_letters() == []
    assert projections.ledger() is None


def test_what_was_projected_is_what_is_read(relational: Relational) -> None:
    """All parts in one go, every field, in Vietnamese."""
    presence = Presence("flood-1", "phuc-yen", PresenceState.STALE, 900, "silent", heard_ms=100, skew_ms=-300_000)
    never = Presence("flood-2", "phuc-yen", PresenceState.UNKNOWN, 900, "never_heard")
    refused = msgspec.structs.replace(REFUSED, body=b"\x00\xff{", body_dropped=True)
    ledger = Ledger(5, Account(received=1, stored=1), {"flood-1": Account(received=1, stored=1)})

    relational.projections.project(
        Projection(
            conditions=(FLOOD,),
            notifications=(NOTICE,),
            presences=(presence, never),
            dead_letters=(refused,),
            ledger=ledger,
        )
    )

    assert relational.projections.conditions() == [FLOOD]
    assert relational.projections.condition(FLOOD.id) == FLOOD
    assert relational.projections.notifications(FLOOD.id) == [NOTICE]
    assert relational.projections.presences() == [presence, never]
    assert relational.projections.dead_letters() == [refused]
    assert relational.projections.ledger() == ledger
    assert relational.projections.revision() == 1


@pytest.mark.parametrize("value", [None, True, False, 0, 1, 1.0, -0.0, 0.1 + 0.2, 1e300, 2**70, "", "null", "đỏ"])
def test_values_keep_their_types(relational: Relational, value: Value | None) -> None:
    """True is not 1 and 1 is not 1.0: the page writes them differently."""
    put(relational.projections, msgspec.structs.replace(FLOOD, value=value, threshold=value))

    kept = relational.projections.condition(FLOOD.id)

    assert kept is not None
    assert (repr(kept.value), repr(kept.threshold)) == (repr(value), repr(value))


def test_parts_left_empty_are_not_touched(relational: Relational) -> None:
    """A presence that changes leaves alerts, ledger and refusals as they were."""
    ledger = Ledger(5, Account(), {})
    relational.projections.project(
        Projection(conditions=(FLOOD,), notifications=(NOTICE,), dead_letters=(REFUSED,), ledger=ledger)
    )

    relational.projections.project(
        Projection(presences=(Presence("flood-1", "phuc-yen", PresenceState.ONLINE, 1, "heard"),))
    )
    relational.projections.project(Projection())

    assert relational.projections.conditions() == [FLOOD]
    assert relational.projections.notifications(FLOOD.id) == [NOTICE]
    assert relational.projections.dead_letters() == [REFUSED]
    assert relational.projections.ledger() == ledger
    assert len(relational.projections.presences()) == 1
    assert relational.projections.revision() == 3


def test_projecting_again_replaces_by_id(relational: Relational) -> None:
    """After a crash ingest projects the same again, then what changed: no twins, no leftovers."""
    cleared = msgspec.structs.replace(
        FLOOD, condition=Condition.CLEARED, cleared_ms=2_000, changed_ms=2_000, value=None, reason="recovered"
    )
    sent = msgspec.structs.replace(NOTICE, state=DeliveryState.SENT, attempts=2, due_ms=7, answer="OK")
    more = msgspec.structs.replace(REFUSED, count=12, last_ms=99)
    projection = Projection(conditions=(FLOOD,), notifications=(NOTICE,), dead_letters=(REFUSED,))
    relational.projections.project(projection)
    relational.projections.project(projection)

    relational.projections.project(Projection(conditions=(cleared,), notifications=(sent,), dead_letters=(more,)))

    assert relational.projections.conditions() == [cleared]
    assert relational.projections.notifications(FLOOD.id) == [sent]
    assert relational.projections.dead_letters() == [more]


def test_of_two_with_one_id_the_last_wins(relational: Relational) -> None:
    """An alert may fire and clear between two projections; both transitions arrive together."""
    cleared = msgspec.structs.replace(FLOOD, condition=Condition.CLEARED, cleared_ms=2_000)

    put(relational.projections, FLOOD, cleared)

    assert relational.projections.conditions() == [cleared]


def test_conditions_are_newest_first_by_ward_open_and_limit(relational: Relational) -> None:
    """What the queue on the screen asks for."""
    old, new = condition("a1", 10), condition("a3", 30)
    over = condition("a2", 20, condition=Condition.CLEARED, cleared_ms=25)
    elsewhere = condition("a4", 40, ward="xuan-hoa")
    put(relational.projections, old, new, over, elsewhere)

    assert relational.projections.conditions() == [elsewhere, new, over, old]
    assert relational.projections.conditions(ward="phuc-yen") == [new, over, old]
    assert relational.projections.conditions(ward="phuc-yen", only_open=True) == [new, old]
    assert relational.projections.conditions(only_open=True, limit=2) == [elsewhere, new]
    assert relational.projections.conditions(ward="nowhere") == []


def test_conditions_of_one_instant_have_a_fixed_order(relational: Relational) -> None:
    """A storm raises forty at once; the page must not shuffle them at each reading."""
    put(relational.projections, *(condition(f"a{number}") for number in (3, 1, 2)))

    assert [one.id for one in relational.projections.conditions()] == ["a1", "a2", "a3"]


def test_a_reader_gets_each_change_after_what_it_has_seen(relational: Relational) -> None:
    """The stream to the screens: nothing missed, nothing again, in the order of changes."""
    projections = relational.projections
    put(projections, condition("a1"), condition("a2"))
    seen, first = projections.conditions_since(0)
    put(projections, condition("a3"))
    put(projections, condition("a1", changed_ms=5))
    then, second = projections.conditions_since(seen)

    assert [one.id for one in first] == ["a1", "a2"]
    assert second == [condition("a3"), condition("a1", changed_ms=5)]
    assert projections.conditions_since(then) == (then, [])
    assert then == projections.revision()


def test_a_reader_moves_on_when_only_presence_changed(relational: Relational) -> None:
    """Otherwise it would ask for the same old numbers for ever."""
    put(relational.projections, FLOOD)
    relational.projections.project(Projection())

    assert relational.projections.conditions_since(1) == (2, [])


def test_a_reader_that_is_ahead_is_brought_back(relational: Relational) -> None:
    """After a restore from backup the numbers begin lower: a reader that waited for its old one would be blind."""
    put(relational.projections, FLOOD)

    assert relational.projections.conditions_since(1_000) == (1, [])


def test_a_reader_beside_many_writers_misses_nothing(relational: Relational) -> None:
    """Numbers follow commits: what a reader has passed never appears behind it."""
    found: list[str] = []
    revision = 0
    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(put, relational.projections, condition(f"a{number}")) for number in range(60)]
        while not all(done.done() for done in writing):
            revision, changed = relational.projections.conditions_since(revision)
            found += [one.id for one in changed]
        for done in writing:
            done.result()
    revision, changed = relational.projections.conditions_since(revision)
    found += [one.id for one in changed]

    assert sorted(found) == sorted(f"a{number}" for number in range(60))
    assert revision == 60


def test_notifications_of_an_alert_are_oldest_first(relational: Relational) -> None:
    """The timeline of one alert, without those of others."""
    second = msgspec.structs.replace(NOTICE, key="k2", created_ms=2_000)
    other = msgspec.structs.replace(NOTICE, key="k3", alert="a2")
    relational.projections.project(Projection(notifications=(second, other, NOTICE)))

    assert relational.projections.notifications(FLOOD.id) == [NOTICE, second]


def test_presences_are_by_device_and_ward(relational: Relational) -> None:
    """The map of one ward."""
    many = tuple(
        Presence(
            f"d{number:04}", "phuc-yen" if number % 2 else "xuan-hoa", PresenceState.ONLINE, number, "heard", number
        )
        for number in range(2_000)
    )
    relational.projections.project(Projection(presences=many[::-1]))
    relational.projections.project(Projection(presences=many))

    assert relational.projections.presences() == list(many)
    assert relational.projections.presences(ward="phuc-yen") == list(many[1::2])


def test_dead_letters_are_last_seen_first_by_ward_and_limit(relational: Relational) -> None:
    """The technician sees what goes wrong now; refusals that no device can be blamed for have a place too."""
    groups = [msgspec.structs.replace(REFUSED, id=f"d{number}", last_ms=number) for number in range(4)]
    stranger = msgspec.structs.replace(REFUSED, id="d9", ward="", device=UNATTRIBUTED, last_ms=9)
    relational.projections.project(Projection(dead_letters=(*groups, stranger)))

    assert relational.projections.dead_letters() == [stranger, *groups[::-1]]
    assert relational.projections.dead_letters(ward="phuc-yen", limit=2) == [groups[3], groups[2]]


def test_a_hostile_dead_letter_does_not_stop_the_others(relational: Relational) -> None:
    """What was refused is hostile by nature: NUL and broken characters may stand in every text of it."""
    hostile = msgspec.structs.replace(
        REFUSED,
        id="d0",
        device="x\0y",
        detail="\0\ud800",
        shape="\x1b[2J",
        topic="ward/\0/'; DROP TABLE ward; --",
        last_ms=99,
    )

    relational.projections.project(Projection(dead_letters=(hostile, REFUSED), presences=()))

    assert [group.id for group in relational.projections.dead_letters()] == ["d0", "d1"]


def test_the_ledger_is_replaced_whole(relational: Relational) -> None:
    """A device that is gone from the accounts is gone from the snapshot: the sum must stay the sum."""
    first = {"a": Account(received=3, stored=2, duplicates=1), UNATTRIBUTED: Account(received=1, dead_lettered=1)}
    second = {"b": Account(received=9, waiting=9)}
    for as_of_ms, accounts in ((1, first), (2, second)):
        relational.projections.project(Projection(ledger=Ledger(as_of_ms, total_of(accounts), accounts)))

    assert relational.projections.ledger() == Ledger(2, Account(received=9, waiting=9), second)


def test_the_ledger_balances_at_every_read(relational: Relational) -> None:
    """Total, devices and as_of always come from one snapshot, also while the next is written."""

    def snapshot(turn: int) -> Ledger:
        accounts = {f"d{number}": Account(received=turn, stored=turn) for number in range(50)}
        return Ledger(turn, total_of(accounts), accounts)

    def write() -> None:
        for turn in range(1, 30):
            relational.projections.project(Projection(ledger=snapshot(turn)))

    relational.projections.project(Projection(ledger=snapshot(0)))
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        read = []
        while not writing.done():
            read.append(relational.projections.ledger())
        writing.result()

    for ledger in read:
        assert ledger is not None
        assert ledger.total == total_of(ledger.devices)
        assert ledger.total.received == ledger.as_of_ms * 50


def test_a_snapshot_stays_while_its_accounts_are_counted_on(relational: Relational) -> None:
    """Ingest goes on counting in the same objects that it projected."""
    account = Account(received=1, waiting=1)
    relational.projections.project(Projection(ledger=Ledger(1, account, {"a": account})))

    account.received = 99

    assert relational.projections.ledger() == Ledger(
        1, Account(received=1, waiting=1), {"a": Account(received=1, waiting=1)}
    )
