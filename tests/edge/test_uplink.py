"""The uplink brings every pack to the server once or more, whatever happens to connections, processes and servers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from edge import presence
from edge.outbox import Outbox
from edge.uplink import GATHER_MS, NOTE_MS, PATIENCE_MS, RESEND_MS, WINDOW, Uplink
from smartward import topics
from smartward.adapters.clock import FakeClock
from smartward.adapters.memory_bus import MemoryBroker, MemoryBus
from smartward.event import Event
from smartward.observation import Observation
from tests.contracts.test_bus import Listener
from tests.edge.server import WARD, TinyServer

NOON_MS = 1_795_000_000_000
GATEWAY = "gw-1"


class Station:
    """A gateway on a broker in memory, driven by hand: `settle` does all that is due."""

    def __init__(self, broker: MemoryBroker, path: Path, *, steady: FakeClock | None = None) -> None:
        self.clock, self.steady = FakeClock(NOON_MS), steady or FakeClock(5_000)
        self.broker = broker
        self.outbox = Outbox(path, max_body_bytes=1024 * 1024)
        self.outbox.open()
        self.bus = MemoryBus(
            broker,
            client_id=GATEWAY,
            subscriptions=[f"ward/{WARD}/{GATEWAY}/committed/+"],
            will=presence.last_will(WARD, GATEWAY, session="s1"),
        )
        self.uplink = Uplink(
            ward=WARD,
            gateway=GATEWAY,
            bus=self.bus,
            outbox=self.outbox,
            clock=self.clock,
            steady=self.steady,
            session="s1",
            agent="smartward 1",
            heartbeat_s=60,
        )
        self.bus.start(self.uplink)
        self.settle()

    def settle(self) -> float:
        """Step until nothing more happens by itself, and give the seconds until something is due."""
        wait_s = self.uplink.step()
        while self.uplink.wake.is_set():
            self.uplink.wake.clear()
            wait_s = self.uplink.step()
        return wait_s

    def pass_ms(self, ms: int) -> None:
        """Let time pass, and do what is due then."""
        self.clock.advance(ms=ms)
        self.steady.advance(ms=ms)
        self.settle()

    def say(self, *numbers: int) -> None:
        """Observe, and see it written and sent."""
        for number in numbers:
            self.uplink.observe(Observation("dev-1", {"n": number}, NOON_MS + number))
        self.pass_ms(GATHER_MS)

    def end(self) -> None:
        """Vanish like a killed process."""
        self.broker.cut(GATEWAY)
        self.bus.stop()
        self.outbox.close()


@pytest.fixture
def broker() -> MemoryBroker:
    """Give a broker."""
    return MemoryBroker()


@pytest.fixture
def server(broker: MemoryBroker) -> TinyServer:
    """Give a server on the broker."""
    return TinyServer(broker)


@pytest.fixture
def station(broker: MemoryBroker, server: TinyServer, tmp_path: Path) -> Iterator[Station]:
    """Give a connected gateway."""
    station = Station(broker, tmp_path / "outbox.db")
    yield station
    station.end()


def test_what_is_observed_reaches_the_server_and_is_confirmed(station: Station, server: TinyServer) -> None:
    """One observation from a sensor to the server's disk, and back the word that it is there."""
    station.say(1, 2, 3)

    assert server.numbers() == [1, 2, 3]
    assert (station.outbox.last, station.outbox.committed, station.outbox.waiting) == (1, 1, 0)


def test_observations_of_a_moment_share_a_pack_and_an_event_does_not_wait(station: Station, server: TinyServer) -> None:
    """Fifty observations in a pack cost the server as much as one; an accident is told at once."""
    for number in range(60):
        station.uplink.observe(Observation("dev-1", {"n": number}))
    station.settle()
    assert server.numbers() == list(range(50)) + list(range(50, 60))

    station.uplink.observe(Observation("dev-1", {"n": 60}))
    station.settle()
    assert len(server.packs) == 2
    station.uplink.assert_event(Event("cam-1", "e1", "line_crossed"))
    station.settle()

    assert server.packs[station.outbox.boot, 3]["events"][0]["event_id"] == "e1"


def test_presence_is_said_at_once_and_again_with_every_heartbeat(station: Station, server: TinyServer) -> None:
    """A gateway that is silent for two and a half heartbeats is an outage."""
    said = {"online": True, "session": "s1", "agent": "smartward 1", "boot": station.outbox.boot, "oldest": 1}
    assert server.presences == [{**said, "at": NOON_MS}]

    station.pass_ms(59_999)
    assert len(server.presences) == 1
    station.pass_ms(1)

    assert server.presences[1] == {**said, "at": NOON_MS + 60_000}


def test_a_vanished_gateway_is_told_by_its_will_and_a_stopped_one_by_itself(
    station: Station, server: TinyServer
) -> None:
    """The operator must be able to tell an outage from a technician at work."""
    station.broker.cut(GATEWAY)
    assert server.presences[-1] == {"online": False, "session": "s1"}

    station.broker.mend(GATEWAY)
    station.uplink.observe(Observation("dev-1", {"n": 7}))
    station.uplink.say_goodbye()

    assert server.presences[-1] == {"online": False, "session": "s1", "at": NOON_MS}
    assert server.numbers() == [7]


def test_what_is_observed_without_a_connection_is_sent_when_there_is_one(station: Station, server: TinyServer) -> None:
    """Mobile links in the street are away for hours."""
    station.broker.cut(GATEWAY)
    for number in range(100):
        station.say(number)
    assert server.numbers() == []
    assert station.outbox.waiting == 100

    station.broker.mend(GATEWAY)
    station.settle()

    assert server.numbers() == list(range(100))
    assert station.outbox.waiting == 0


def test_no_more_than_a_window_is_in_flight(station: Station, server: TinyServer) -> None:
    """A day's outbox must not be poured into a server that is just starting."""
    server.is_mute = True
    for number in range(WINDOW + 30):
        station.say(number)

    assert len(server.packs) == WINDOW


def test_without_a_word_for_half_a_minute_packs_are_sent_again(station: Station, server: TinyServer) -> None:
    """The broker said that it had them; it was killed a moment later."""
    server.is_mute = True
    station.say(1)
    station.say(2)
    station.pass_ms(RESEND_MS - GATHER_MS - 1)
    assert server.repeats == 0

    server.is_mute = False
    station.pass_ms(1)

    assert server.repeats == 2
    assert station.outbox.waiting == 0


def test_a_server_that_comes_later_gets_what_nobody_heard_within_a_second(broker: MemoryBroker, tmp_path: Path) -> None:
    """Edge and server start together; packs sent before the server listened are not waited for half a minute."""
    station = Station(broker, tmp_path / "outbox.db")
    station.say(1)
    server = TinyServer(broker)
    station.settle()
    assert server.numbers() == []

    station.pass_ms(PATIENCE_MS - GATHER_MS)
    station.pass_ms(GATHER_MS)

    assert server.numbers() == [1]
    station.end()


def test_a_server_that_never_gets_further_is_asked_less_and_less_often(station: Station, server: TinyServer) -> None:
    """A pack that it cannot take must not become a storm of repetitions."""
    server.is_mute = True
    station.say(1)
    word = topics.committed(WARD, GATEWAY, station.outbox.boot)
    admin = MemoryBus(station.broker, client_id="admin")
    admin.start(Listener())
    for _ in range(600):
        admin.publish(word, b'{"seq": 0}')
        station.pass_ms(100)
    admin.stop()

    assert server.repeats == 5


def test_a_new_connection_begins_with_what_the_server_has_not_confirmed(station: Station, server: TinyServer) -> None:
    """What was on its way when the link broke is not waited for."""
    server.is_mute = True
    station.say(1)
    server.is_mute = False

    station.broker.cut(GATEWAY)
    station.broker.mend(GATEWAY)
    station.settle()

    assert server.repeats == 1
    assert station.outbox.waiting == 0


def test_a_server_from_a_backup_is_given_again_what_it_lost(station: Station, server: TinyServer) -> None:
    """Nothing that a device said is lost as long as one of the two has it."""
    for number in range(10):
        station.say(number)
    server.forget_after(4)
    station.settle()

    assert server.numbers() == list(range(10))
    assert station.outbox.waiting == 0


def test_a_server_that_lost_more_than_is_held_learns_the_oldest_pack_and_goes_on(
    station: Station, server: TinyServer
) -> None:
    """What is gone is a known loss, not a gateway that never gets through again."""
    for number in range(WINDOW + 20):
        station.say(number)
    station.pass_ms(2 * 24 * 3_600_000)
    station.say(99)
    oldest = station.outbox.oldest()
    assert oldest > WINDOW

    server.packs.clear()
    server.presences.clear()
    word = b'{"seq": 0}'
    station.broker.retained[topics.committed(WARD, GATEWAY, station.outbox.boot)] = word
    station.broker.cut(GATEWAY)
    station.broker.mend(GATEWAY)
    station.settle()

    assert server.presences[-1]["oldest"] == oldest
    assert min(seq for _, seq in server.packs) == oldest
    assert station.outbox.waiting == 0


def test_the_word_on_another_outbox_is_passed_over(station: Station, server: TinyServer) -> None:
    """A replaced memory card begins a new outbox; the old one's number means nothing for it."""
    server.is_mute = True
    station.say(1)
    other = MemoryBus(station.broker, client_id="other")
    other.start(station.uplink)

    for topic, word in (
        (topics.committed(WARD, GATEWAY, "another-boot"), b'{"seq": 1}'),
        (topics.committed(WARD, GATEWAY, station.outbox.boot), b"not json"),
    ):
        other.publish(topic, word)
    station.settle()
    other.stop()

    assert station.outbox.waiting == 1


def test_the_round_trip_is_measured_from_a_pack_to_its_confirmation(station: Station, server: TinyServer) -> None:
    """Link health is what the data itself experienced."""
    server.is_mute = True
    station.say(1)
    assert station.uplink.rtt_ms is None

    station.steady.advance(ms=85)
    server.is_mute = False
    server.connected()
    station.settle()

    assert station.uplink.rtt_ms == 85


def test_a_confirmation_is_noted_on_disk_before_long(station: Station) -> None:
    """A restart then sends nothing twice."""
    station.say(1)
    station.pass_ms(NOTE_MS)
    station.outbox.close()
    station.outbox.open()

    assert station.outbox.committed == 1


class Deliveries(RuleBasedStateMachine):
    """Any order of connections, cuts, restarts and forgetful servers; at the end the server has everything."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.broker = MemoryBroker()
        self.server = TinyServer(self.broker)
        self.said = 0
        self.steady = FakeClock(5_000)
        self.station = self.begin()

    def begin(self) -> Station:
        """Start the agent's process."""
        return Station(self.broker, Path(self.folder.name) / "outbox.db", steady=self.steady)

    @rule(count=st.integers(1, 120))
    def observes(self, count: int) -> None:
        """Say something."""
        self.station.say(*range(self.said, self.said + count))
        self.said += count

    @rule()
    def gateway_is_cut(self) -> None:
        """Break the gateway's connection."""
        self.broker.cut(GATEWAY)
        self.station.settle()

    @rule()
    def gateway_is_mended(self) -> None:
        """Let it connect."""
        self.broker.mend(GATEWAY)
        self.station.settle()

    @rule()
    def process_is_killed(self) -> None:
        """End the agent and start it again."""
        self.station.end()
        self.station = self.begin()

    @rule(forgets=st.booleans())
    def broker_restarts(self, *, forgets: bool) -> None:
        """Restart the broker, with and without its memory."""
        self.broker.go_down()
        if forgets:
            self.broker.forget()
        self.station.settle()
        self.broker.come_up()
        self.station.settle()

    @rule(is_mute=st.booleans())
    def server_falls_mute_or_speaks(self, *, is_mute: bool) -> None:
        """Let the server be slow."""
        self.server.is_mute = is_mute

    @precondition(lambda self: not self.server.is_mute)
    @rule(seq=st.integers(0, 30))
    def server_comes_from_a_backup(self, seq: int) -> None:
        """Let the server lose its newest packs."""
        self.server.forget_after(seq)
        self.station.settle()

    @rule(seconds=st.integers(1, 100))
    def time_passes(self, seconds: int) -> None:
        """Wait."""
        self.station.pass_ms(seconds * 1_000)

    def teardown(self) -> None:
        """Give everybody a connection and the time to send again: then nothing may be missing."""
        self.server.is_mute = False
        self.broker.cut(GATEWAY)
        self.broker.mend(GATEWAY)
        self.station.settle()
        self.station.pass_ms(RESEND_MS)
        seqs = sorted(seq for boot, seq in self.server.packs if boot == self.station.outbox.boot)

        assert self.server.numbers() == list(range(self.said))
        assert seqs == list(range(1, self.station.outbox.last + 1))
        assert self.station.outbox.waiting == 0
        self.station.end()
        self.folder.cleanup()


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
