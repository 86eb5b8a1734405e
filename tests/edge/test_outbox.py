"""The outbox numbers without a gap, keeps until confirmed, and gives up telemetry, never events, never in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.outbox import MAX_UNWRITTEN, Outbox, packed, tombstone
from smartward.errors import LogFull, StoreUnavailable
from smartward.event import Event
from smartward.instants import DAY_MS, HOUR_MS
from smartward.observation import Observation
from smartward.pack import MAX_BYTES, MAX_OBSERVATIONS, encode

MIB = 1024 * 1024
NOON_MS = 1_795_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of an outbox."""
    return tmp_path / "outbox.db"


class Opener(Protocol):
    """Opens an outbox, which the test may close itself."""

    def __call__(self, path: Path, *, max_body_bytes: int = MIB) -> Outbox:
        """Open it."""


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Give what opens outboxes, and close them all at the end."""
    with ExitStack() as stack:

        def open_one(path: Path, *, max_body_bytes: int = MIB) -> Outbox:
            outbox = Outbox(path, max_body_bytes=max_body_bytes)
            outbox.open()
            stack.callback(outbox.close)
            return outbox

        yield open_one


@pytest.fixture
def outbox(path: Path, opened: Opener) -> Outbox:
    """Give an open outbox."""
    return opened(path)


def observation(number: int, device: str = "dev-1") -> Observation:
    """Make an observation that can be told from others."""
    return Observation(device, {"n": number}, NOON_MS + number)


def event(number: int) -> Event:
    """Make an event that can be told from others."""
    return Event("cam-1", f"00000000-0000-4000-8000-{number:012d}", "line_crossed", NOON_MS + number)


def packs(outbox: Outbox) -> list[dict[str, Any]]:
    """Read all packs that the outbox holds."""
    return [msgspec.json.decode(record.body) for record in outbox.read(after=0, limit=100_000)]


def test_what_was_flushed_is_there_in_numbered_packs_after_a_restart(path: Path, opened: Opener) -> None:
    """A gateway loses its power several times a day in some streets."""
    outbox = opened(path)
    outbox.put(observation(1))
    outbox.put(event(2))
    outbox.flush(now_ms=NOON_MS)
    outbox.put(observation(3))
    outbox.flush(now_ms=NOON_MS)
    boot = outbox.boot
    outbox.close()

    again = opened(path)

    first, second = packs(again)
    assert (first["boot"], first["seq"], second["boot"], second["seq"]) == (boot, 1, boot, 2)
    assert first["obs"] == [{"device": "dev-1", "values": {"n": 1}, "at": NOON_MS + 1}]
    assert [said["event_id"][-1] for said in first["events"]] == ["2"]
    assert (again.last, again.committed, again.waiting, again.oldest()) == (2, 0, 2, 1)


def test_flushing_nothing_writes_nothing(outbox: Outbox) -> None:
    """An idle gateway does not wear its memory card out."""
    outbox.flush(now_ms=NOON_MS)

    assert (outbox.last, outbox.oldest()) == (0, 1)


def test_what_the_server_has_is_kept_a_day_longer(path: Path, opened: Opener) -> None:
    """The server may come back from last night's backup."""
    outbox = opened(path)
    for number in range(3):
        outbox.put(observation(number))
        outbox.flush(now_ms=NOON_MS + number * HOUR_MS)
    outbox.confirm(2)
    outbox.flush(now_ms=NOON_MS + DAY_MS)
    assert outbox.oldest() == 1

    outbox.put(observation(3))
    outbox.flush(now_ms=NOON_MS + DAY_MS + 1)

    assert outbox.oldest() == 2
    outbox.close()
    again = opened(path)
    assert (again.committed, again.waiting) == (2, 2)


def test_a_server_that_has_less_than_before_gets_it_again_and_nothing_is_trimmed_meanwhile(outbox: Outbox) -> None:
    """Trimming by what it once had would lose what it must be given again."""
    for number in range(4):
        outbox.put(observation(number))
        outbox.flush(now_ms=NOON_MS)
    assert outbox.confirm(4)
    outbox.put(observation(4))
    outbox.flush(now_ms=NOON_MS)

    assert not outbox.confirm(1)
    outbox.put(observation(5))
    outbox.flush(now_ms=NOON_MS + 2 * DAY_MS)

    assert outbox.committed == 1
    assert [pack["seq"] for pack in packs(outbox)] == [1, 2, 3, 4, 5, 6]


def test_an_outbox_restored_from_an_older_copy_numbers_what_waits_anew(path: Path, opened: Opener) -> None:
    """Under its old numbers the server would take new packs for ones it has, and nobody would ever know."""
    outbox = opened(path)
    for number in range(3):
        outbox.put(observation(number))
        outbox.flush(now_ms=NOON_MS)
    outbox.confirm(1)
    outbox.put(observation(3))
    outbox.flush(now_ms=NOON_MS)

    assert outbox.confirm(9)
    outbox.put(observation(4))
    outbox.flush(now_ms=NOON_MS)

    waiting = [msgspec.json.decode(record.body) for record in outbox.read(after=outbox.committed, limit=99)]
    assert [(pack["boot"], pack["seq"]) for pack in waiting] == [(outbox.boot, seq) for seq in (10, 11, 12, 13)]
    assert [said["values"]["n"] for pack in waiting for said in pack["obs"]] == [1, 2, 3, 4]
    outbox.close()
    again = opened(path)
    assert (again.committed, again.last, again.waiting) == (9, 13, 4)


def test_a_full_outbox_gives_up_delivered_packs_first(path: Path, opened: Opener) -> None:
    """What the server has is worth less than what nobody has."""
    outbox = opened(path, max_body_bytes=20_000)
    fill(outbox, count=150)
    delivered = outbox.last
    outbox.confirm(delivered)

    fill(outbox, count=200)

    assert outbox.oldest() == delivered + 1
    assert all("thinned" not in pack for pack in packs(outbox))


def test_a_full_outbox_gives_up_the_oldest_telemetry_and_says_so_never_events(path: Path, opened: Opener) -> None:
    """A gap that explains itself is a known loss; an event may be an accident somebody must see."""
    outbox = opened(path, max_body_bytes=20_000)
    outbox.put(event(1))
    fill(outbox, count=600)

    held = packs(outbox)
    assert [pack["seq"] for pack in held] == list(range(1, outbox.last + 1))
    assert [said["event_id"][-1] for pack in held for said in pack["events"]] == ["1"]
    alive = [said["values"]["n"] for pack in held for said in pack["obs"]]
    assert alive == list(range(600 - len(alive), 600))
    assert sum(pack.get("thinned", {}).get("dev-1", 0) for pack in held) == 600 - len(alive)
    assert 0 < len(alive) < 600


def test_an_outbox_that_holds_only_events_says_that_it_is_full_and_keeps_what_it_was_given(
    path: Path, opened: Opener
) -> None:
    """Then, and only then, somebody must come and look; the events wait in memory."""
    outbox = opened(path, max_body_bytes=4_000)
    numbers = iter(range(1_000))

    def put_event() -> None:
        outbox.put(event(next(numbers)))
        outbox.flush(now_ms=NOON_MS)

    def fill_up() -> None:
        while True:
            put_event()

    with pytest.raises(LogFull):
        fill_up()
    last = outbox.last
    outbox.confirm(last)
    outbox.flush(now_ms=NOON_MS)

    assert outbox.last == last + 1
    assert packs(outbox)[-1]["events"][0]["event_id"] == event(next(numbers) - 1).event_id


def test_a_disk_that_takes_nothing_costs_the_oldest_observations_in_memory_and_says_so(
    path: Path, opened: Opener
) -> None:
    """Memory is not a disk: what does not fit is counted, and events stay."""
    outbox = opened(path)
    outbox.put(event(0))
    for number in range(MAX_UNWRITTEN + 99):
        outbox.put(observation(number))

    outbox.flush(now_ms=NOON_MS)

    held = packs(outbox)
    assert held[0]["thinned"] == {"dev-1": 100}
    assert sum(len(pack["obs"]) for pack in held) == MAX_UNWRITTEN - 1
    assert sum(len(pack["events"]) for pack in held) == 1


def test_what_no_pack_can_carry_is_given_up_and_counted(outbox: Outbox) -> None:
    """Sent, it would be refused for its size and block all packs behind it for ever."""
    outbox.put(Observation("dev-1", {"text": "x" * MAX_BYTES}))
    outbox.flush(now_ms=NOON_MS)

    assert packs(outbox)[0]["thinned"] == {"dev-1": 1}


def test_what_was_given_up_is_told_even_when_the_disk_came_back_late(outbox: Outbox) -> None:
    """A count that a failed write forgets is a silent loss."""
    outbox.put(Observation("dev-1", {"text": "x" * MAX_BYTES}))
    outbox.close()
    with pytest.raises(StoreUnavailable):
        outbox.flush(now_ms=NOON_MS)

    outbox.open()
    outbox.flush(now_ms=NOON_MS)

    assert packs(outbox)[0]["thinned"] == {"dev-1": 1}


@given(
    facts=st.lists(
        st.builds(
            Observation,
            st.sampled_from(["a", "b"]),
            st.dictionaries(st.text(max_size=5), st.text(max_size=9_000), max_size=3),
            st.integers(0, 10**13),
        )
        | st.builds(event, st.integers(0, 10**6)),
        max_size=130,
    ),
    thinned=st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 9)),
)
def test_packs_carry_everything_in_order_within_their_limits(
    facts: list[Observation | Event], thinned: dict[str, int]
) -> None:
    """Ingest refuses larger ones, and a fact that is in no pack is lost."""
    made = list(packed(facts, boot="b1", after=7, thinned=thinned))

    assert [pack.seq for pack in made] == list(range(8, 8 + len(made)))
    assert all(len(pack.obs) <= MAX_OBSERVATIONS and len(encode(pack)) <= MAX_BYTES for pack in made)
    assert [said for pack in made for said in pack.obs] == [fact for fact in facts if isinstance(fact, Observation)]
    assert [said for pack in made for said in pack.events] == [fact for fact in facts if isinstance(fact, Event)]
    assert sum((Counter(pack.thinned) for pack in made), Counter()) == Counter(thinned)


def test_a_tombstone_counts_what_it_replaces_even_twice() -> None:
    """Thinned again, it must not forget what it had counted."""
    (pack,) = packed([observation(1, "a"), observation(2, "b"), event(3)], boot="b1", after=0, thinned={"a": 2})

    once = tombstone(encode(pack))

    assert tombstone(once) == once
    body = msgspec.json.decode(once)
    assert (body["seq"], body["obs"], body["thinned"]) == (1, [], {"a": 3, "b": 1})
    assert body["events"] == msgspec.json.decode(encode(pack))["events"]


def fill(outbox: Outbox, *, count: int) -> None:
    """Write down observations, one pack for every ten."""
    start = sum(len(pack["obs"]) + sum(pack.get("thinned", {}).values()) for pack in packs(outbox))
    for number in range(start, start + count):
        outbox.put(observation(number))
        if number % 10 == 9:
            outbox.flush(now_ms=NOON_MS)
