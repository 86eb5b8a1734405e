"""Lists: `{"items", "next_cursor"}`, at most `limit` at once, continued by an opaque cursor."""

from __future__ import annotations

import base64
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from api.problems import Problem

Item = TypeVar("Item")
DEFAULT_LIMIT = 100
MAX_LIMIT = 5_000
LATEST_INSTANT_MS = 253_402_300_799_999
"""The end of the year 9999, beyond which RFC 3339 cannot write."""

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items at most.")]
Cursor = Annotated[str | None, Query(max_length=500, description="The `next_cursor` of the page before.")]
WardFilter = Annotated[str | None, Query(max_length=64, description="Only this ward of yours.")]


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next_cursor` is null at its end."""

    items: list[Item]
    next_cursor: str | None = None


def to_cursor(key: str) -> str:
    """Write where the next page begins as an opaque cursor."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def from_cursor(cursor: str | None) -> str | None:
    """Read a cursor of ours; raises Problem 422 when it is not one."""
    if not cursor:
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:  # not of the alphabet, not whole, or not UTF-8
        raise bad_cursor(cursor) from error


def instant_in(key: str, *, cursor: str | None) -> int:
    """Read the instant that a cursor of a list in order of time holds; raises Problem 422 when it holds none."""
    if not (key.isdecimal() and len(key) <= len(str(LATEST_INSTANT_MS)) and int(key) <= LATEST_INSTANT_MS):
        raise bad_cursor(cursor)
    return int(key)


def bad_cursor(cursor: str | None) -> Problem:
    """Refuse a cursor that we did not write."""
    return Problem(422, "bad_cursor", f"cursor {cursor!r:.60} is not one of ours; pass `next_cursor` on as it came")


def cut(keyed: list[tuple[str, Item]], *, limit: int, cursor: str | None) -> tuple[list[Item], str | None]:
    """Cut one page out of a whole list in its order; each item comes with a key that is unique in the list.

    A page begins after the item of the cursor; when that item is gone meanwhile, at the next greater key.
    """
    start = 0
    after = from_cursor(cursor)
    if after is not None:
        keys = [key for key, _ in keyed]
        start = (
            keys.index(after) + 1 if after in keys else next((n for n, k in enumerate(keys) if k > after), len(keys))
        )
    page = keyed[start : start + limit]
    is_end = start + limit >= len(keyed)
    return [item for _, item in page], None if is_end or not page else to_cursor(page[-1][0])
