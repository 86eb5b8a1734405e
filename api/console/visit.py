"""One visit to the console: who looks at which ward, in which language, and what they may do there."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import Depends, Query

from api.console.desk import Desk, DeskOf
from api.console.reader import Reader
from api.console.texts import Texts, texts_for
from api.console.views import DutyScreen, Filter
from api.live import Live
from api.problems import Problem
from api.security import Caller, CurrentCaller
from smartward.staff import Access


class Visit(msgspec.Struct, frozen=True):
    """What every route of the console starts from."""

    desk: Desk
    caller: Caller
    ward: str
    texts: Texts
    reader: Reader

    @property
    def may_act(self) -> bool:
        """Tell whether this person may do more than look."""
        return self.caller.may(Access.OPERATOR, ward=self.ward)

    def position(self, live: Live) -> str:
        """Give how far the live stream has come; taken before reading what is shown."""
        kind, render = self.desk.renderer(self.ward, texts=self.texts, may_act=self.may_act)
        return live.position(wards=(self.ward,), kind=kind, render=render)

    def screen(self, *, chosen: str, since: str, error: str = "") -> DutyScreen:
        """Put the screen together; without a chosen alert the first that the filter shows is in detail."""
        screens, texts = self.desk.screens, self.texts
        queue = screens.queue(self.ward)
        screen = DutyScreen(
            header=screens.header(self.ward, person=self.caller.person, texts=texts),
            counters=screens.counters(self.ward),
            rows=screens.rows(queue, texts=texts),
            filter=self.reader.filter,
            chosen=chosen,
            detail=None,
            health=screens.health(self.ward, texts=texts),
            rate=screens.rate(self.ward),
            markers=screens.markers(queue, texts=texts),
            dots=screens.dots(self.ward),
            ward_map=screens.ward_map,
            last_alert=screens.last_alert(self.ward, texts=texts),
            recent=(),
            since=since,
            footage=screens.footage(self.ward),
        )
        wanted = chosen or next((row.id for row in screen.rows if screen.shows(row)), "")
        view = screens.alert(wanted) if wanted else None
        if view is None or view.ward != self.ward:
            recent = screens.recent(self.ward, texts=texts)
            return msgspec.structs.replace(screen, chosen="", missing=wanted, recent=recent)
        return msgspec.structs.replace(screen, chosen=view.id, detail=screens.detail(view, texts=texts, error=error))


def visit_of(
    desk: DeskOf,
    caller: CurrentCaller,
    *,
    lang: Annotated[str, Query(max_length=8)] = "vi",
    ward: Annotated[str, Query(max_length=64)] = "",
    filter: Annotated[Literal["all", "new", "mine"], Query()] = "all",  # noqa: A002  # the name in the address
) -> Visit:
    """Give a route the visit; raises Problem 403 when the person has no ward, 404 when the asked one is not theirs."""
    wards = caller.wards(ward or None)
    if not wards:
        raise Problem(403, "forbidden", "You have no ward yet; ask an administrator to give you access to one")
    texts = texts_for(lang)
    shown: Filter = filter
    reader = Reader(
        t=texts,
        zone=desk.screens.zone(wards[0]),
        now_ms=desk.screens.now_ms(),
        filter=shown,
        ward=ward,
    )
    return Visit(desk, caller, wards[0], texts, reader)


VisitOf = Annotated[Visit, Depends(visit_of)]
