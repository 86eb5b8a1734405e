"""The stream resource: server-sent events in JSON: `alert`, `devices` (one batch a second), `resync`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from api.alert_item import Language, alert_json
from api.channel import Frame
from api.live import Change, LiveOf, Renderer
from api.login import LoginsOf
from api.paging import WardFilter
from api.readings import DeviceView
from api.security import CurrentCaller, may_stay
from api.services import ServicesOf
from api.sse import stream
from smartward.catalogue.model import Lang
from smartward.instants import SECOND_MS, to_rfc3339
from smartward.ports import Clock

router = APIRouter(tags=["live"])


@router.get("/stream", responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}})
async def changes(
    caller: CurrentCaller,
    *,
    live: LiveOf,
    logins: LoginsOf,
    services: ServicesOf,
    ward: WardFilter = None,
    lang: Language = "vi",
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
    last_event: Annotated[str | None, Query(max_length=100, alias="last_event_id")] = None,
) -> StreamingResponse:
    """Follow my wards: an `alert` as it stands now whenever one changes, and at most one `devices` a second.

    The last 500 frames answer `Last-Event-ID`; `resync` says that more was missed: read everything again.
    """
    subscription = live.subscribe(
        wards=caller.wards(ward),
        kind=f"json-{lang}",
        render=json_renderer(lang, clock=services.clock),
        last_event_id=last_event_id or last_event,
    )
    return stream(live, subscription, may_stay=may_stay(caller, logins=logins))


def json_renderer(lang: Lang, *, clock: Clock) -> Renderer:
    """Give the renderer of the JSON stream in a language."""

    def render(change: Change) -> Iterable[Frame]:
        for alert in change.alerts:
            yield Frame("alert", msgspec.json.encode(alert_json(alert, lang=lang)).decode())
        if change.devices:
            now_ms = clock.now_ms()
            items = [device_json(device, now_ms=now_ms) for device in change.devices]
            yield Frame("devices", msgspec.json.encode({"items": items}).decode())

    return render


def device_json(device: DeviceView, *, now_ms: int) -> dict[str, object]:
    """Give what is new of a device in the fields of `/latest`; `values` holds only what changed."""
    return {
        "ward": device.ward,
        "id": device.id,
        "type": device.type,
        "presence": device.presence,
        "values": {
            latest.quantity: {
                "value": latest.value,
                "observed_at": to_rfc3339(latest.observed_ms),
                "received_at": to_rfc3339(latest.received_ms),
                "age_s": max(0, now_ms - latest.observed_ms) / SECOND_MS,
            }
            for latest in device.values
        },
    }
