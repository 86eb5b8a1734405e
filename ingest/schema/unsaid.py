"""What no schema can say: why ingest may refuse what a schema accepts, and where ingest is kinder."""

from __future__ import annotations

from typing import NamedTuple

from ingest.decode import MAX_AGE_MS, MAX_AHEAD_MS, MAX_OBSERVATIONS, MAX_PAYLOAD_BYTES, PACK_MAX_AGE_MS
from smartward import pack
from smartward.instants import DAY_MS, MINUTE_MS
from smartward.rejection import Reason


class Unsaid(NamedTuple):
    """One reason that depends on more than the payload's shape, and why."""

    reason: Reason
    why: str


REFUSED_ALL_THE_SAME = (
    Unsaid(Reason.UNKNOWN_GATEWAY, "the registry decides which gateways there are"),
    Unsaid(Reason.UNKNOWN_DEVICE, "the registry decides which devices stand behind a gateway"),
    Unsaid(Reason.UNKNOWN_TYPE, "the registry decides a device's type; a pack does not name it"),
    Unsaid(
        Reason.UNKNOWN_QUANTITY, "a pack does not name its devices' types; apply the type's own schema to its parts"
    ),
    Unsaid(Reason.DERIVED, "as unknown_quantity, in a pack"),
    Unsaid(Reason.BAD_TYPE, "as unknown_quantity, in a pack"),
    Unsaid(Reason.OUT_OF_RANGE, "as unknown_quantity, in a pack"),
    Unsaid(
        Reason.BAD_TIME,
        f"the arrival decides: at most {MAX_AHEAD_MS // MINUTE_MS} min ahead, {MAX_AGE_MS // DAY_MS} days old, in a"
        f" pack {PACK_MAX_AGE_MS // DAY_MS} days; and 29 February needs a leap year",
    ),
    Unsaid(Reason.BAD_TOPIC, "the topic is no part of the payload"),
    Unsaid(Reason.RETAINED, "the retain flag is no part of the payload"),
    Unsaid(Reason.TOO_LARGE, f"a message holds at most {MAX_PAYLOAD_BYTES} bytes; a schema does not count them"),
    Unsaid(Reason.BAD_JSON, "a schema sees only what is JSON"),
    Unsaid(
        Reason.BAD_SCHEMA,
        "to a schema 1.0 is a whole number; `seq`, `thinned`, `oldest` and `bytes` must be written 1, and no number may"
        " be larger than a double holds",
    ),
    Unsaid(Reason.STORE_REJECTED, "the store decides"),
)
KINDER = (
    "`at` in other forms of ISO 8601 that name an offset, such as 20261123T140000+0700; in `presence` it is not read",
    "`event_id` as a UUID without hyphens, in braces, or as a URN",
    f"a pack of more than {pack.MAX_OBSERVATIONS} observations, up to {MAX_OBSERVATIONS} with its events",
    "the good values of a message that also holds bad ones: only the bad ones are refused",
)
"""What ingest takes although the schema refuses it: do not build on it."""
