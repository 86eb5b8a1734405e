"""Tests of the live task: who is told what, once, and how it lives through trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from api.channel import RETRY, Frame, Subscription
from api.live import CHANNEL_IDLE_TICKS, Change, Live
from api.security import Caller, may_stay
from api.sse import frames_while
from tests.api.house import OTHER, PASSWORD, WARD, House


def render(change: Change) -> Iterable[Frame]:
    """Name what changed, as plain as can be."""
    yield from (Frame("alert", alert.id) for alert in change.alerts)
    if change.devices:
        yield Frame("devices", " ".join(device.id for device in change.devices))


def live_of(house: House) -> Live:
    """Give a live task that is not running: the test ticks it."""
    return Live(house.services, board=house.board)


def play(scene: Callable[[], Awaitable[None]]) -> None:
    """Run a scene on an event loop of its own."""
    asyncio.run(_awaited(scene))


async def _awaited(scene: Callable[[], Awaitable[None]]) -> None:
    await scene()


def follow(live: Live, *wards: str, kind: str = "plain") -> Subscription:
    """Open a stream."""
    return live.subscribe(wards=wards, kind=kind, render=render, last_event_id=None)


async def told(subscription: Subscription) -> list[tuple[str, str]]:
    """End a stream and give what it was told, as (event, data)."""
    subscription.end()
    frames = [frame.decode().split("\n") async for frame in subscription.frames()]
    return [(lines[1].removeprefix("event: "), lines[2].removeprefix("data: ")) for lines in frames[1:]]


def test_each_stream_is_told_of_its_own_wards(house: House) -> None:
    """What happens elsewhere is nobody's news here."""

    async def scene() -> None:
        live = live_of(house)
        await live.tick()
        here, elsewhere, both = follow(live, WARD), follow(live, OTHER), follow(live, WARD, OTHER)
        alert = house.breach()
        house.say({"depth": 0.1}, device="hb-fld", ward=OTHER)
        await live.tick()

        assert await told(here) == [("alert", alert)]
        assert await told(elsewhere) == [("devices", "hb-fld")]
        assert await told(both) == [("alert", alert), ("devices", "hb-fld")]

    play(scene)


def test_what_was_there_at_the_start_is_not_news(house: House) -> None:
    """A restart of the server does not ring every bell again."""

    async def scene() -> None:
        live = live_of(house)
        house.breach()
        house.say({"depth": 0.1})
        early = follow(live, WARD)
        await live.tick()

        assert await told(early) == []

    play(scene)


def test_nothing_is_missed_between_reading_a_page_and_opening_its_stream(house: House) -> None:
    """The page takes the position first and opens its stream with it."""

    async def scene() -> None:
        live = live_of(house)
        await live.tick()
        position = live.position(wards=[WARD], kind="plain", render=render)
        alert = house.breach()
        await live.tick()

        late = live.subscribe(wards=[WARD], kind="plain", render=render, last_event_id=position)

        assert await told(late) == [("alert", alert)]

    play(scene)


def test_two_streams_of_a_channel_are_rendered_for_once(house: House) -> None:
    """A hundred screens of one ward cost one rendering."""

    async def scene() -> None:
        live = live_of(house)
        await live.tick()
        rendered = list[Change]()

        def counted(change: Change) -> Iterable[Frame]:
            rendered.append(change)
            return render(change)

        for _ in range(3):
            live.subscribe(wards=[WARD], kind="counted", render=counted, last_event_id=None)
        house.breach()
        await live.tick()

        assert len(rendered) == 1
        assert live.streams == 3

    play(scene)


def test_a_renderer_that_fails_hurts_nobody_else(house: House) -> None:
    """A mistake in one screen is not silence on all."""

    async def scene() -> None:
        live = live_of(house)
        await live.tick()

        def broken(_change: Change) -> Iterable[Frame]:
            raise ZeroDivisionError

        bad = live.subscribe(wards=[WARD], kind="broken", render=broken, last_event_id=None)
        good = follow(live, WARD)
        alert = house.breach()
        await live.tick()

        assert await told(bad) == [("resync", "{}")]
        assert await told(good) == [("alert", alert)]

    play(scene)


def test_an_acknowledgement_is_news(house: House) -> None:
    """The second screen sees that somebody has it."""
    alert = house.breach()

    async def scene() -> None:
        live = live_of(house)
        await live.tick()
        screen = follow(live, WARD)
        await asyncio.to_thread(house.client("operator").post, f"/api/v1/alerts/{alert}/acknowledge")
        await live.tick()

        assert await told(screen) == [("alert", alert)]

    play(scene)


def test_a_channel_nobody_listens_to_is_given_up_after_a_while(house: House) -> None:
    """Two minutes for those who come back; then its memory is free, and who comes later is told to resync."""

    async def scene() -> None:
        live = live_of(house)
        await live.tick()
        screen = follow(live, WARD)
        house.breach()
        await live.tick()
        position = live.position(wards=[WARD], kind="plain", render=render)
        live.unsubscribe(screen)
        for _ in range(CHANNEL_IDLE_TICKS + 1):
            await live.tick()

        house.breach("nse-1", rule="noise.day", quantity="laeq")
        follow(live, WARD)
        await live.tick()
        back = live.subscribe(wards=[WARD], kind="plain", render=render, last_event_id=position)

        assert await told(back) == [("resync", "{}")]

    play(scene)


def test_stopping_ends_every_stream_and_the_looking(house: House) -> None:
    """The demo ends within seconds although screens are open."""

    async def scene() -> None:
        live = live_of(house)
        live.start()
        screen = follow(live, WARD)
        await live.stop()
        await live.stop()

        assert not screen.is_open
        assert not follow(live, WARD).is_open
        assert [task for task in asyncio.all_tasks() if task.get_name() == "live"] == []

    play(scene)


def test_a_stream_ends_with_its_session(house: House) -> None:
    """Whoever logs out or loses a right does not go on watching through a stream that was open."""

    async def scene() -> None:
        live = live_of(house)
        await live.tick()
        logins = house.app.state.logins
        login = logins.sign_in("operator", password=PASSWORD, address="10.0.0.1")
        asked = may_stay(Caller(login.person, login.session, "10.0.0.1"), logins=logins)
        frames = frames_while(live, follow(live, WARD), may_stay=asked, every_s=0)
        first = await anext(frames)
        alert = house.breach()
        await live.tick()
        second = await anext(frames)
        logins.sign_out(login.session, person=login.person, address="10.0.0.1")

        assert (first, alert.encode() in second) == (RETRY, True)
        assert await anext(frames, None) is None
        assert live.streams == 0

    play(scene)
