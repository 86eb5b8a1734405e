"""The console's live stream: order first, then parts; presence only when it changes; a beat when there is nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from api.board import Board
from api.channel import Frame
from api.console.desk import Desk
from api.console.stream import PART, StreamRenderer, beating
from api.console.texts import EN, VI
from api.live import Change, Live
from api.readings import DeviceView
from api.register import RegisterReader
from smartward.alert import Deed
from smartward.device import PresenceState
from tests.api.console.sample_ward import NOW_MS, WARD, SampleWard, flood_alert


def desk_of(ward: SampleWard) -> tuple[Desk, Board]:
    """Give a desk and the board it reads."""
    register = RegisterReader(ward.services.registry)
    board = Board(ward.services, register=register)
    return Desk(ward.services, ward.settings, board=board, register=register), board


def renderer_of(desk: Desk, *, may_act: bool = True) -> StreamRenderer:
    """Give the Vietnamese renderer."""
    return desk.renderer(WARD, texts=VI, may_act=may_act)[1]


def test_a_changed_alert_is_first_an_order_and_then_its_parts(busy: SampleWard) -> None:
    """The page makes room for a row before the row arrives."""
    desk, board = desk_of(busy)
    queue = board.queue((WARD,))
    busy.do(queue[0].id, Deed.ACKNOWLEDGE, person="an", at_ms=NOW_MS)
    _, changed = board.changes_after(len(queue) * 10**6)
    view = board.alert(queue[0].id)
    assert view is not None
    assert changed == []

    order, parts = list(renderer_of(desk)(Change(alerts=(view,))))

    assert order.event == "queue"
    said = json.loads(order.data)
    assert said["changed"] == [view.id]
    assert said["order"] == [one.id for one in board.queue((WARD,))]
    assert parts.event == PART == ""
    assert (
        f'<hx-partial hx-target="#{view.id}" hx-swap="outerMorph"><li class="row sev-critical accepted"' in parts.data
    )
    for target in ("#tally", "#marks", "#rate"):
        assert f'<hx-partial hx-target="{target}"' in parts.data


def test_an_alert_that_is_resolved_leaves_the_order_and_sends_no_row(busy: SampleWard) -> None:
    """A row that is gone must not come back as its own last words."""
    desk, board = desk_of(busy)
    over = next(view for view in board.queue((WARD,)) if view.cleared_ms is not None)
    busy.do(over.id, Deed.RESOLVE, person="an", at_ms=NOW_MS, outcome="done", note="xong")
    view = board.alert(over.id)
    assert view is not None

    order, parts = list(renderer_of(desk)(Change(alerts=(view,))))

    assert view.id not in json.loads(order.data)["order"]
    assert f'hx-target="#{view.id}"' not in parts.data


def test_what_a_viewer_gets_has_no_buttons(busy: SampleWard) -> None:
    """Frames are shared by permission: the operator's must not reach who may only look."""
    desk, board = desk_of(busy)
    change = Change(alerts=tuple(board.queue((WARD,))))

    assert "/acknowledge" in list(renderer_of(desk)(change))[1].data
    assert "/acknowledge" not in list(renderer_of(desk, may_act=False)(change))[1].data


def test_each_kind_of_reader_has_one_renderer(calm: SampleWard) -> None:
    """Encoded once per ward, language and permission, however many look."""
    desk, _ = desk_of(calm)
    kinds = {desk.renderer(WARD, texts=texts, may_act=may)[0] for texts in (VI, EN) for may in (True, False)}

    assert len(kinds) == 4
    assert desk.renderer(WARD, texts=VI, may_act=True)[1] is desk.renderer(WARD, texts=VI, may_act=True)[1]


def test_devices_are_told_when_their_presence_changes_not_with_every_value(calm: SampleWard) -> None:
    """Two hundred sensors speak every second; a dot changes now and then."""
    desk, _ = desk_of(calm)
    render = renderer_of(desk)

    def device(state: PresenceState) -> Change:
        return Change(devices=(DeviceView(WARD, "fld-014", "flood_road", state),))

    first = list(render(device(PresenceState.ONLINE)))
    again = list(render(device(PresenceState.ONLINE)))
    gone = list(render(device(PresenceState.OFFLINE)))

    assert first[0] == Frame("devices", '[["fld-014","online"]]')
    assert again == []
    assert json.loads(gone[0].data) == [["fld-014", "offline"]]
    assert 'hx-target="#health"' in gone[1].data
    assert 'hx-target="#calm"' in gone[1].data


def take(
    ward: SampleWard,
    count: int,
    *,
    may_stay: Callable[[], bool] = lambda: True,
    send: Callable[[Live], None] | None = None,
) -> list[bytes]:
    """Take so many pieces from a stream of the sample ward."""
    desk, board = desk_of(ward)

    async def run() -> list[bytes]:
        live = Live(ward.services, board=board)
        kind, render = desk.renderer(WARD, texts=VI, may_act=True)
        subscription = live.subscribe(wards=(WARD,), kind=kind, render=render, last_event_id=None)
        pieces = beating(live, subscription, clock=ward.clock, may_stay=may_stay, beat_s=0.01, ask_s=0)
        taken = []
        async for piece in pieces:
            taken.append(piece)
            if len(taken) == 1 and send is not None:
                send(live)
                await live.tick()
                send(live)
                await live.tick()
            if len(taken) == count:
                break
        await pieces.aclose()
        assert live.streams == 0
        return taken

    return asyncio.run(run())


def test_a_stream_begins_with_the_servers_time_and_beats_when_nothing_happens(calm: SampleWard) -> None:
    """The page's clock is the server's, and its silence is heard within seconds."""
    pieces = [piece for piece in take(calm, 4) if not piece.startswith(b"retry")]

    assert pieces[0] == f'event: beat\ndata: {{"now":{NOW_MS}}}\n\n'.encode()
    assert pieces == [pieces[0]] * len(pieces)
    assert b"id:" not in b"".join(pieces)


def test_a_new_alert_comes_as_frames_with_ids_that_a_reconnection_can_name(calm: SampleWard) -> None:
    """Named events for scripts, an unnamed one for htmx."""
    raised: list[bool] = []

    def send(_live: Live) -> None:
        if raised:
            calm.raise_alert(flood_alert(NOW_MS))
        raised.append(True)

    pieces = [piece for piece in take(calm, 4, send=send) if piece.startswith(b"id:")]

    assert b"\nevent: queue\n" in pieces[0]
    assert b"\nevent: \n" in pieces[1]
    assert b"<hx-partial" in pieces[1]


def test_a_stream_ends_when_the_session_does(calm: SampleWard) -> None:
    """Who logged out elsewhere does not go on reading here."""
    assert len(take(calm, 50, may_stay=lambda: False)) < 5
