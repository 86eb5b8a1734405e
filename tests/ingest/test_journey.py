"""From the wire to the ledger: what devices say is journaled, stored once, counted and told."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from smartward import topics
from smartward.alert import Condition
from smartward.device import PresenceState
from smartward.errors import LogFull, StoreUnavailable
from tests.ingest.world import NOON, WARD, TestWard, random_depths


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[TestWard]:
    """Give a ward whose ingest is stepped by hand."""
    ward = TestWard(tmp_path)
    yield ward
    ward.kill()


def pack(seq: int, *values: float, boot: str = "b1") -> dict[str, object]:
    """Make a pack with one depth a value, a second apart."""
    obs = [
        {"device": "fld-1", "at": NOON + seq * 1_000 + index, "values": {"depth": value}}
        for index, value in enumerate(values)
    ]
    return {"boot": boot, "seq": seq, "obs": obs, "events": []}


def test_what_a_plain_device_says_is_stored_and_counted(ward: TestWard) -> None:
    """One value good, one refused: both are in the ledger, one in the store."""
    body = {"at": NOON - 1_000, "values": {"depth": 0.12, "colour": 3}}
    ward.say(topics.obs(WARD, "gw-1", "fld-1"), body)
    ward.settle()

    account = ward.ledger().devices["fld-1"]
    assert (account.received, account.stored, account.dead_lettered, account.waiting) == (2, 1, 1, 0)
    assert ward.ledger().total.balances
    assert [(latest.quantity, latest.value) for latest in ward.store.latest(device="fld-1")] == [("depth", 0.12)]
    (letter,) = ward.projections.dead_letters()
    assert (letter.reason, letter.device, letter.count, letter.body) == (
        "unknown_quantity",
        "fld-1",
        1,
        msgspec.json.encode(body),
    )


def test_a_pack_is_committed_once_it_is_on_disk_and_taken_once(ward: TestWard) -> None:
    """The same pack again is all duplicates."""
    for _ in range(3):
        ward.say(topics.pack(WARD, "gw-1"), pack(1, 0.1, 0.2))
    ward.say(topics.pack(WARD, "gw-1"), pack(2, 0.3))
    ward.settle()

    account = ward.ledger().devices["fld-1"]
    assert (account.received, account.stored, account.duplicates) == (7, 3, 4)
    assert ward.committed() == {"b1": 2}


def test_committed_stays_below_a_gap_until_the_edge_has_sent_it_again(ward: TestWard) -> None:
    """A broker that dropped packs 3 and 4 must not make the edge forget them."""
    for seq in (1, 2, 5, 6):
        ward.say(topics.pack(WARD, "gw-1"), pack(seq, 0.1))
    ward.settle()
    assert ward.committed() == {"b1": 2}

    for seq in (3, 4, 5, 6):
        ward.say(topics.pack(WARD, "gw-1"), pack(seq, 0.1))
    ward.settle()
    assert ward.committed() == {"b1": 6}
    assert ward.ledger().devices["fld-1"].duplicates == 2


def test_what_the_edge_no_longer_holds_is_known_loss_and_holds_nothing_up(ward: TestWard) -> None:
    """A gateway whose oldest pack is 5 will never send 3 and 4."""
    for seq in (1, 2, 5, 6):
        ward.say(topics.pack(WARD, "gw-1"), pack(seq, 0.1))
    presence = {"online": True, "session": "s1", "boot": "b1", "oldest": 5}
    ward.say(topics.presence(WARD, "gw-1"), presence, retain=True)
    ward.settle()

    assert ward.committed() == {"b1": 6}


def test_committed_values_are_said_again_after_the_broker_forgot_them(ward: TestWard) -> None:
    """An embedded broker loses retained messages; ingest says its own at every connection."""
    ward.say(topics.pack(WARD, "gw-1"), pack(1, 0.1))
    ward.settle()
    ward.broker.go_down()
    ward.broker.forget()
    ward.listener.heard.clear()
    ward.broker.come_up()
    ward.settle()

    assert ward.committed() == {"b1": 1}


def test_a_repeat_after_a_kill_is_recognised_even_without_a_time(ward: TestWard) -> None:
    """Journaled but not acknowledged: the broker sends it again, and it is no second reading."""
    ward.say(topics.obs(WARD, "gw-1", "fld-1"), {"values": {"depth": 0.2}})
    ward.say(topics.obs(WARD, "gw-1", "fld-1"), b"{broken")
    ward.broker.cut("ingest")  # the acknowledgements of the next step reach nobody
    ward.take_in()
    ward.kill()
    ward.boot_up()
    ward.settle()

    total = ward.ledger().total
    assert (total.received, total.duplicates, total.stored, total.dead_lettered) == (4, 2, 1, 1)


def test_a_device_without_a_clock_may_say_the_same_for_ever(ward: TestWard) -> None:
    """A closed door is closed every minute; that is no repeat."""
    for _ in range(10):
        ward.say(topics.obs(WARD, "gw-1", "fld-1"), {"values": {"depth": 0.0}})
        ward.settle()
        ward.clock.advance(ms=60_000)

    assert ward.ledger().devices["fld-1"].stored == 10


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_or_counted_twice_when_ingest_dies_between_any_two_steps(ward: TestWard, seed: int) -> None:
    """Kill at random points, restart, go on: the publisher's own count is what the ledger and the store hold."""
    chance = random.Random(seed)
    depths = random_depths(seed, count=60)
    for device, at_ms, depth in depths:
        ward.say_depth(depth, device=device, at_ms=at_ms)
        part = chance.choice(
            [None, ward.take_in, ward.ingest.storing.step, ward.ingest.deciding.step, ward.ingest.mirror.step]
        )
        if part is not None:
            part()
        if chance.random() < 0.15:
            ward.kill()
            ward.boot_up()
        ledger = ward.projections.ledger()
        assert ledger is None or ledger.total.balances
    ward.settle()

    total = ward.ledger().total
    assert total.received - total.duplicates == len(depths)
    assert (total.stored, total.waiting, total.dead_lettered) == (len(depths), 0, 0)
    for device in ("fld-1", "fld-2"):
        mine = sorted((at_ms, depth) for name, at_ms, depth in depths if name == device)
        points = ward.store.series(device, "depth", from_ms=0, to_ms=NOON + 1)
        assert [(point.at_ms, point.value) for point in points] == mine


def test_a_store_answer_that_was_not_counted_is_counted_once_after_the_kill(ward: TestWard) -> None:
    """The store has the batch, the ledger does not know yet: the first answer stands."""
    ward.say_depth(0.1, at_ms=NOON - 5)
    ward.take_in()
    (entry,) = ward.home.journal.read(after=0, limit=9)
    batch = ward.ingest.storing.batch_of([entry])
    ward.store.write(batch)
    ward.kill()
    ward.boot_up()
    ward.say_depth(0.2, at_ms=NOON - 4)
    ward.settle()

    account = ward.ledger().devices["fld-1"]
    assert (account.stored, account.duplicates, account.waiting) == (2, 0, 0)


def test_a_flood_is_told_once_to_each_role_and_cleared(ward: TestWard) -> None:
    """From the wire to the people's queue, at the named place."""
    for minute in range(5):
        ward.clock.advance(ms=60_000)
        ward.say_depth(0.2 + minute / 100)
        ward.settle()
    (condition,) = ward.projections.conditions(only_open=True)
    assert (condition.rule, condition.place) == ("flood_road.flood_watch", "Hẻm 48 Bến Đò · KP 3")
    roles = [notification.recipient for notification in ward.notifier.told]
    assert sorted(roles) == ["environment", "ioc_operator", "police_duty"]
    assert "Hẻm 48 Bến Đò" in ward.notifier.told[0].text

    for _ in range(17):
        ward.clock.advance(ms=60_000)
        ward.say_depth(0.0)
        ward.settle()
    assert ward.projections.conditions(only_open=True) == []
    assert len(ward.notifier.told) == 6
    retained = [topic for topic in ward.broker.retained if "/alerts/" in topic and ward.broker.retained[topic]]
    assert retained == []


@pytest.mark.parametrize("seed", range(20))
def test_an_alert_is_neither_lost_nor_repeated_when_ingest_dies(ward: TestWard, seed: int) -> None:
    """One flood, kills at random: one alert, one message a role."""
    chance = random.Random(seed)
    for _ in range(8):
        ward.clock.advance(ms=60_000)
        ward.say_depth(0.2)
        for part in (ward.take_in, ward.ingest.deciding.step, ward.ingest.telling.step):
            part()
            if chance.random() < 0.2:
                ward.kill()
                ward.boot_up()
                break
    ward.settle()

    (condition,) = ward.projections.conditions()
    assert condition.condition is Condition.FIRING
    keys = [notification.key for notification in ward.notifier.told]
    assert len(set(keys)) == 3
    assert len(keys) == 3


def test_whoever_was_told_of_the_worst_is_told_that_it_is_over(ward: TestWard) -> None:
    """The alert shrinks before it ends; civil defence, told at 30 cm, must not wait for ever. So is a second rise."""
    for depth in [0.2] * 5 + [0.35] * 4 + [0.18] * 17 + [0.35] * 4 + [0.0] * 35:
        ward.clock.advance(ms=60_000)
        ward.say_depth(depth)
        ward.settle()

    heard = [(told.recipient, told.text.split("]")[0].strip("[")) for told in ward.notifier.told]
    to_civil_defence = [head for recipient, head in heard if recipient == "civil_defence"]
    assert to_civil_defence == ["Cao", "Cao", "Đã hết"]
    assert {recipient for recipient, head in heard if head == "Đã hết"} == {recipient for recipient, _ in heard}


def fill_the_journal(ward: TestWard) -> None:
    """Say more than the journal may hold, while the store is away."""
    for _ in range(500):
        ward.clock.advance(ms=1_000)
        ward.say_depth(0.1)
        ward.take_in()
        ward.ingest.deciding.step()


def test_a_journal_that_was_full_takes_in_again_once_the_store_is_back(ward: TestWard) -> None:
    """Whichever reader is the slower one trims."""
    ward.kill()
    ward.boot_up(max_journal_bytes=2_000)
    with pytest.raises(LogFull):
        fill_the_journal(ward)
    while ward.ingest.storing.step():
        pass
    ward.settle()

    account = ward.ledger().devices["fld-1"]
    assert account.stored == account.received > 20
    assert account.waiting == 0


def test_a_batch_that_could_not_be_written_is_written_later(ward: TestWard) -> None:
    """The broker has handed it over and will not do so again on this connection."""
    ward.settle()
    ward.say_depth(0.1)
    ward.home.database.close()
    with pytest.raises(StoreUnavailable):
        ward.take_in()
    ward.home.database.open()
    ward.settle()

    assert ward.ledger().devices["fld-1"].stored == 1


def test_a_connection_that_is_gone_before_anybody_looked_is_no_listening(ward: TestWard) -> None:
    """Otherwise everybody would seem silent."""
    ward.settle()
    ward.ingest.connected()
    ward.ingest.disconnected("flapping")
    ward.take_in()

    assert ward.ingest.intake.listening_since_ms is None


def test_a_repeat_that_arrives_before_the_first_copy_is_written_is_recognised(ward: TestWard) -> None:
    """The connection broke between hearing and writing."""
    ward.settle()
    ward.say(topics.obs(WARD, "gw-1", "fld-1"), {"values": {"depth": 0.11}})
    ward.broker.cut("ingest")
    ward.broker.mend("ingest")
    ward.settle()

    account = ward.ledger().devices["fld-1"]
    assert (account.received, account.duplicates, account.stored) == (2, 1, 1)


def test_an_ending_that_no_broker_heard_is_said_after_a_restart(ward: TestWard) -> None:
    """Or the alert would stay on the bus for ever."""
    for _ in range(5):
        ward.clock.advance(ms=60_000)
        ward.say_depth(0.2)
        ward.settle()
    assert [topic for topic, payload in ward.broker.retained.items() if "/alerts/" in topic and payload]
    for _ in range(17):
        ward.clock.advance(ms=60_000)
        ward.say_depth(0.0)
        ward.take_in()
        ward.ingest.deciding.step()
    ward.broker.cut("ingest")
    ward.ingest.mirror.step()
    ward.kill()
    ward.boot_up()
    ward.settle()

    assert [topic for topic, payload in ward.broker.retained.items() if "/alerts/" in topic and payload] == []


def test_a_dead_channel_keeps_its_messages_until_it_is_back(ward: TestWard) -> None:
    """Nothing is dropped because a file could not be written."""
    ward.notifier.refusing = True
    for _ in range(5):
        ward.clock.advance(ms=60_000)
        ward.say_depth(0.2)
        ward.settle()
    assert ward.notifier.told == []

    ward.notifier.refusing = False
    ward.clock.advance(ms=61_000)
    ward.settle()
    assert len(ward.notifier.told) == 3


def test_late_data_is_stored_and_raises_nothing(ward: TestWard) -> None:
    """Yesterday's flood is no alert today."""
    for minute in range(10):
        ward.say_depth(0.4, at_ms=NOON - 3_600_000 + minute * 60_000)
    ward.settle()

    assert ward.projections.conditions() == []
    assert ward.ledger().devices["fld-1"].stored == 10


def test_a_gateway_that_vanishes_is_one_alert_and_its_devices_are_offline(ward: TestWard) -> None:
    """Its last will says so; a minute later it counts."""
    ward.say(topics.presence(WARD, "gw-1"), {"online": True, "session": "s1"}, retain=True)
    ward.say_depth(0.0)
    ward.settle()
    ward.say(topics.presence(WARD, "gw-1"), {"online": False, "session": "s1"}, retain=True)
    for _ in range(70):
        ward.settle()

    (condition,) = ward.projections.conditions(only_open=True)
    assert (condition.rule, condition.device, condition.inhibits) == ("common.gateway_outage", "gw-1", 3)
    states = {presence.device: presence.state for presence in ward.projections.presences()}
    assert states["fld-1"] is PresenceState.OFFLINE
    assert states["fld-2"] is PresenceState.UNKNOWN


def test_events_are_stored_by_their_id_once(ward: TestWard) -> None:
    """The same fact twice is one fact."""
    event = {"event_id": str(uuid.UUID(int=7)), "type": "line_crossed", "at": NOON - 1_000, "values": {"line": "gate"}}
    for _ in range(2):
        ward.say(topics.event(WARD, "gw-1", "cam-1"), event)
        ward.settle()

    account = ward.ledger().devices["cam-1"]
    assert (account.received, account.stored, account.duplicates) == (2, 1, 1)
    assert len(ward.store.events()) == 1


def test_a_retained_observation_is_refused_by_name(ward: TestWard) -> None:
    """It would look alive for ever."""
    ward.say(topics.obs(WARD, "gw-1", "fld-1"), {"values": {"depth": 0.2}}, retain=True)
    ward.settle()

    assert [letter.reason for letter in ward.projections.dead_letters()] == ["retained"]
    assert ward.ledger().devices["fld-1"].dead_lettered == 1
