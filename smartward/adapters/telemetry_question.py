"""Questions to the telemetry stores: which functions and buckets make sense, or what is wrong with them."""

from __future__ import annotations

from functools import lru_cache
from typing import get_args
from zoneinfo import ZoneInfo

from smartward.catalogue.model import ValueType
from smartward.instants import DAY_MS
from smartward.ports import Fn

FUNCTIONS: frozenset[str] = frozenset(get_args(Fn))
OF_ANY_KIND: frozenset[str] = frozenset({"count", "last"})
"""What can be asked of words and of yes-or-no values too."""

NUMERIC: frozenset[ValueType] = frozenset({"number", "integer"})


def check_fn(fn: str, *, quantity: str, kind: ValueType) -> None:
    """Refuse a function that makes no sense for a kind of values; raises ValueError."""
    if fn not in FUNCTIONS:
        raise ValueError(f"fn = {fn}: unknown; use one of {', '.join(sorted(FUNCTIONS))}")
    if fn not in OF_ANY_KIND and kind not in NUMERIC:
        raise ValueError(f"fn = {fn}: {quantity} is a {kind}, which has only count and last")


def check_bucket(every_ms: int, *, timezone: str) -> None:
    """Refuse a length or a zone that no bucket can have; raises ValueError."""
    if every_ms <= 0:
        raise ValueError(f"every_ms = {every_ms}: a bucket is at least 1 ms long")
    if every_ms > DAY_MS and every_ms % DAY_MS:
        raise ValueError(f"every_ms = {every_ms}: buckets longer than a day are whole days of {DAY_MS} ms")
    zone(timezone)


@lru_cache(maxsize=32)
def zone(timezone: str) -> ZoneInfo:
    """Find a time zone; raises ValueError."""
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"timezone = {timezone}: unknown; use an IANA name such as Asia/Ho_Chi_Minh") from error
