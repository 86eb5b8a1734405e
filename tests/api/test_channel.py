"""Tests of channels: what a stream gets when it comes back, when it is slow, and how a frame is written."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from api.channel import QUEUE, RETRY, RING, RING_BYTES, Channel, Frame, Subscription, encode


def read(subscription: Subscription) -> list[bytes]:
    """Give all that a stream would be sent, ending it there."""

    async def collect() -> list[bytes]:
        subscription.end()
        return [frame async for frame in subscription.frames()]

    return asyncio.run(collect())[1:]


def say(channel: Channel, count: int) -> None:
    """Send that many frames."""
    for n in range(count):
        channel.send(Frame("alert", f'{{"n":{n}}}'))


def events_of(frames: list[bytes]) -> list[str]:
    """Give the event names of encoded frames."""
    return [line.removeprefix("event: ") for frame in frames for line in frame.decode().split("\n")[1:2]]


def test_a_frame_is_written_as_browsers_read_it() -> None:
    """Every line of the data has its own prefix, whatever it holds."""
    assert encode(Frame("alert", "a\nb"), id_="x-1") == b"id: x-1\nevent: alert\ndata: a\ndata: b\n\n"
    assert encode(Frame("resync", ""), id_="x-1") == b"id: x-1\nevent: resync\ndata: \n\n"


@given(st.text())
def test_no_text_can_end_a_frame_early(text: str) -> None:
    """A note with line breaks must not become an event of its own."""
    lines = encode(Frame("alert", text), id_="x-1").decode().split("\n")

    assert lines[-2:] == ["", ""]
    assert all(line.startswith(("id: ", "event: ", "data: ")) for line in lines[:-2])
    assert "\r" not in "".join(lines)


def test_a_stream_tells_the_browser_when_to_come_back() -> None:
    """Two seconds after a break, not at once and not never."""
    assert RETRY == b"retry: 2000\n\n"


def test_all_streams_of_a_channel_get_the_same_bytes() -> None:
    """A frame is encoded once, however many look."""
    channel = Channel("x")
    first, second = channel.subscribe(last_event_id=None), channel.subscribe(last_event_id=None)
    say(channel, 1)

    (one,), (other,) = read(first), read(second)

    assert one is other


def test_who_was_away_gets_what_was_missed() -> None:
    """The ring answers `Last-Event-ID`."""
    channel = Channel("x")
    say(channel, 10)

    missed = read(channel.subscribe(last_event_id="x-7"))

    assert [frame.split(b"\n")[0] for frame in missed] == [b"id: x-8", b"id: x-9", b"id: x-10"]
    assert read(channel.subscribe(last_event_id="x-10")) == []
    assert read(channel.subscribe(last_event_id=channel.position)) == []


def test_who_was_away_too_long_reads_everything_again() -> None:
    """One resync instead of a hole; it carries the present number, so the next break is a short one again."""
    channel = Channel("x")
    say(channel, RING + 5)

    too_old = read(channel.subscribe(last_event_id="x-4"))
    just_kept = read(channel.subscribe(last_event_id="x-5"))
    another_run = read(channel.subscribe(last_event_id="y-505"))
    nonsense = read(channel.subscribe(last_event_id="%%%"))
    future = read(channel.subscribe(last_event_id="x-9999"))

    assert too_old == another_run == nonsense == future == [encode(Frame("resync", "{}"), id_=f"x-{RING + 5}")]
    assert len(just_kept) == RING


def test_a_slow_stream_is_told_to_resync_and_ended() -> None:
    """One sleeping tablet must not fill the server's memory, nor see a story with holes."""
    channel = Channel("x")
    slow = channel.subscribe(last_event_id=None)
    say(channel, QUEUE + 1)

    assert events_of(read(slow)) == ["resync"]
    assert slow not in channel.subscriptions


def test_the_ring_has_a_limit_in_bytes_too() -> None:
    """Large batches of devices do not pile up."""
    channel = Channel("x")
    for _ in range(20):
        channel.send(Frame("devices", "x" * (RING_BYTES // 10)))

    assert events_of(read(channel.subscribe(last_event_id="x-1"))) == ["resync"]
    assert len(read(channel.subscribe(last_event_id="x-15"))) == 5
