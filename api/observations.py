"""The observations resource: one quantity of one device over time, raw or in buckets, as JSON or CSV."""

from __future__ import annotations

import csv
import io
import re
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.devices import device_of
from api.paging import LATEST_INSTANT_MS, Cursor, from_cursor, instant_in, to_cursor
from api.problems import Problem
from api.register import RegisterOf
from api.security import CurrentCaller
from api.services import Services, ServicesOf
from smartward.catalogue.model import Quantity
from smartward.device import Device
from smartward.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, parse_rfc3339, to_rfc3339
from smartward.ports import Fn, Point

router = APIRouter(tags=["telemetry"])
EVERY = re.compile(r"([1-9]\d{0,5})(s|m|h|d)")
UNIT_MS = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
FOR_ANY_VALUE = ("last", "count")
DECIBEL = "dB"
PAGE = {"json": 100, "csv": 5_000}

Instant = Annotated[str | None, Query(max_length=40, description="RFC 3339 with any offset, or ms since 1970.")]


class PointItem(BaseModel):
    """One value; for a bucket `at` is its start."""

    at: str
    value: bool | int | float | str | None


class Series(BaseModel):
    """A part of a series; `every` and `fn` are null for raw values, `unit` is UCUM."""

    quantity: str
    unit: str
    every: str | None
    fn: str | None
    items: list[PointItem]
    next_cursor: str | None


@router.get(
    "/devices/{device_id}/observations",
    response_model=Series,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def observations(
    device_id: str,
    *,
    quantity: str,
    caller: CurrentCaller,
    services: ServicesOf,
    register: RegisterOf,
    from_: Annotated[Instant, Query(alias="from")] = None,
    to: Instant = None,
    every: Annotated[str | None, Query(description="Bucket: `30s`, `1m`, `1h`, `1d` (ward-local days).")] = None,
    fn: Fn = "mean",
    format: Literal["json", "csv"] = "json",  # noqa: A002  # the contract's name
    limit: Annotated[int | None, Query(ge=1, le=5_000, description="100 for JSON, 5,000 for CSV.")] = None,
    cursor: Cursor = None,
) -> Series | Response:
    """List values in order of time from `from` (a day ago) up to but without `to` (now)."""
    device = device_of(device_id, caller=caller, register=register)
    kind = _quantity(device, quantity, services=services)
    every_ms = _every_ms(every)
    if every_ms is not None:
        _check_fn(fn, quantity=kind)
    now_ms = services.clock.now_ms()
    to_ms = _instant(to, name="to", default_ms=now_ms + 1)
    from_ms = _instant(from_, name="from", default_ms=to_ms - DAY_MS)
    if from_ms >= to_ms:
        raise Problem(422, "invalid", f"from {to_rfc3339(from_ms)} is not before to {to_rfc3339(to_ms)}; exchange them")
    size = limit or PAGE[format]
    try:
        points = services.store.series(
            device.id,
            quantity,
            from_ms=_resume(cursor, from_ms=from_ms),
            to_ms=to_ms,
            every_ms=every_ms,
            fn=fn,
            timezone=register.wards[device.ward].timezone,
            limit=size + 1,
        )
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from error
    next_cursor = to_cursor(str(points[size].at_ms)) if len(points) > size else None
    if format == "csv":
        return _csv(points[:size], quantity=quantity, device=device.id, next_cursor=next_cursor)
    return Series(
        quantity=quantity,
        unit=kind.unit,
        every=every,
        fn=fn if every else None,
        items=[PointItem(at=to_rfc3339(point.at_ms), value=point.value) for point in points[:size]],
        next_cursor=next_cursor,
    )


def parse_every(text: str) -> int | None:
    """Read a bucket length like `1m`, `1h`, `1d` as milliseconds; None when it is not one."""
    found = EVERY.fullmatch(text)
    return int(found[1]) * UNIT_MS[found[2]] if found else None


def _every_ms(every: str | None) -> int | None:
    if every is None:
        return None
    every_ms = parse_every(every)
    if every_ms is None:
        raise Problem(422, "invalid", f"every {every!r:.20}: write a number and s, m, h or d, like 1m, 1h or 1d")
    return every_ms


def _instant(text: str | None, *, name: str, default_ms: int) -> int:
    """Read RFC 3339 or milliseconds; a `+` that a URL turned into a space is taken as meant."""
    if not text:
        return default_ms
    try:
        at_ms = int(text) if text.lstrip("-").isdecimal() else parse_rfc3339(text.replace(" ", "+"))
    except ValueError as error:
        raise Problem(422, "bad_time", f"{name} {text!r}: {error}") from error
    if not 0 <= at_ms <= LATEST_INSTANT_MS:
        raise Problem(422, "bad_time", f"{name} {text!r}: write an instant between 1970 and 9999")
    return at_ms


def _resume(cursor: str | None, *, from_ms: int) -> int:
    """Give where the page begins: the cursor holds the first value (or bucket) that did not fit before."""
    key = from_cursor(cursor)
    return from_ms if key is None else max(from_ms, instant_in(key, cursor=cursor))


def _quantity(device: Device, name: str, *, services: Services) -> Quantity:
    found = services.catalogue.quantity(device.type, name)
    if found is not None:
        return found
    kind = services.catalogue.types.get(device.type)
    known = ", ".join(quantity.name for quantity in kind.quantities) if kind else "nothing"
    raise Problem(422, "unknown_quantity", f"quantity {name!r:.60}: a {device.type} says {known}")


def _check_fn(fn: Fn, *, quantity: Quantity) -> None:
    """Refuse what has no meaning: the mean of words, the energy mean of anything but decibels."""
    if not quantity.is_numeric and fn not in FOR_ANY_VALUE:
        detail = f"fn {fn}: {quantity.name} is no number; use last or count"
        raise Problem(422, "bad_type", detail)
    if fn == "energy_mean" and not quantity.unit.startswith(DECIBEL):
        raise Problem(422, "bad_type", f"fn energy_mean is for decibels; {quantity.name} is in {quantity.unit}")


def _csv(points: list[Point], *, quantity: str, device: str, next_cursor: str | None) -> Response:
    """Write points as CSV (RFC 4180); where more follow, the header `X-Next-Cursor` says from where."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["at", quantity])
    for point in points:
        value = str(point.value).lower() if isinstance(point.value, bool) else point.value
        writer.writerow([to_rfc3339(point.at_ms), value])
    headers = {"Content-Disposition": f'attachment; filename="{device}-{quantity}.csv"'}
    if next_cursor:
        headers["X-Next-Cursor"] = next_cursor
    return Response(text.getvalue(), headers=headers, media_type="text/csv; charset=utf-8")
