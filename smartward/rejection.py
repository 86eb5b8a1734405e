"""Refused input: its named reason, what it was, and what to do about it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why an input was refused; the names are part of the contract."""

    BAD_JSON = "bad_json"
    BAD_SCHEMA = "bad_schema"
    BAD_TOPIC = "bad_topic"
    BAD_TYPE = "bad_type"
    BAD_TIME = "bad_time"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_GATEWAY = "unknown_gateway"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_QUANTITY = "unknown_quantity"
    DERIVED = "derived"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    RETAINED = "retained"
    STORE_REJECTED = "store_rejected"


WHOLE_MESSAGE = frozenset(
    {
        Reason.BAD_JSON,
        Reason.BAD_SCHEMA,
        Reason.BAD_TOPIC,
        Reason.TOO_LARGE,
        Reason.TOO_MANY,
        Reason.RETAINED,
        Reason.UNKNOWN_GATEWAY,
    }
)
"""Reasons that refuse a message as one item; any other refuses one value or event at a time."""


class Rejection(msgspec.Struct, frozen=True):
    """One input refused.

    `items` is how many ledger items it held; `device` is empty when no registered device can be blamed; `claimed` is
    the device that the input named, where that is not registered; `detail` names the value and the remedy.
    `part` is what of its message was refused: `obs/I`, `obs/I/QUANTITY`, `event/I` (I counts from 0), `shape` for
    misshapen parts among good ones, empty for the whole message. `at_ms` is the instant that a
    device with a wrong clock claimed.
    """

    reason: Reason
    detail: str
    device: str = ""
    quantity: str = ""
    items: int = 1
    claimed: str = ""
    part: str = ""
    at_ms: int | None = None
