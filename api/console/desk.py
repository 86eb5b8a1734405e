"""The desk: everything that the console's routes need, put together once when the app is built."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request

from api.board import Board
from api.console.files import Files
from api.console.footage import read_footage
from api.console.rendering import Rendering
from api.console.screen import Screens
from api.console.stream import StreamRenderer
from api.console.texts import Texts
from api.console.wardmap import read_map
from api.register import RegisterReader
from api.services import Services, Settings

STATIC = "/static"


class Desk:
    """Screens, rendering and files, and one renderer of the live stream for each (ward, language, permission)."""

    def __init__(self, services: Services, settings: Settings, *, board: Board, register: RegisterReader) -> None:
        self.services = services
        self.files = Files()
        self.rendering = Rendering(static=f"{STATIC}/{self.files.digest}")
        self.screens = Screens(
            services,
            board=board,
            register=register,
            ward_map=read_map(Path(settings.map_file)) if settings.map_file else None,
            footage=read_footage(Path(settings.footage_file)) if settings.footage_file else {},
        )
        self._renderers: dict[str, StreamRenderer] = {}

    def renderer(self, ward: str, *, texts: Texts, may_act: bool) -> tuple[str, StreamRenderer]:
        """Give what the stream of such a reader is called, and what renders it."""
        kind = f"html-{ward}-{texts.language}-{'act' if may_act else 'look'}"
        fresh = StreamRenderer(self.screens, rendering=self.rendering, ward=ward, texts=texts, may_act=may_act)
        return kind, self._renderers.setdefault(kind, fresh)


def desk_of(request: Request) -> Desk:
    """Give a route the desk of its app."""
    return cast("Desk", request.app.state.desk)


DeskOf = Annotated[Desk, Depends(desk_of)]
