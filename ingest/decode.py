"""Decode: what the bytes of one message say, before anybody believes it. Pure.

Bad input is an answer, not an accident: `decode` returns claims and rejections and never raises. A claim has the right
shape; whether its device, quantities and values are believable is for `ingest.validate`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from smartward import topics
from smartward.event import Phase, Snapshot
from smartward.instants import DAY_MS, MINUTE_MS, SECOND_MS, parse_rfc3339
from smartward.ports import Message
from smartward.rejection import Reason, Rejection
from smartward.topics import Address, Kind

MAX_PAYLOAD_BYTES = 256 * 1024
MAX_OBSERVATIONS = 1_000
LARGEST_THINNED = 10**9
"""Observations of one device that one pack may say were given up: their sum must stay a whole number on disk."""
LARGEST = 2**53
"""The largest whole number that every reader of JSON holds exactly (RFC 8259, section 6)."""
MAX_AHEAD_MS = 5 * MINUTE_MS
MAX_AGE_MS = 30 * DAY_MS
PACK_MAX_AGE_MS = 400 * DAY_MS
"""A pack's boot and number prove that it is no replay: its observations may be as old as the store keeps."""

_UNITS = (
    (10**11, "that is seconds since 1970; multiply it by 1000"),
    (10**14, ""),
    (10**17, "that is microseconds since 1970; divide it by 1000"),
    (10**20, "that is nanoseconds since 1970; divide it by 1000000"),
)
"""What a number of this size is (empty: milliseconds) between the years 1973 and 5138."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class ObservationClaim(msgspec.Struct, frozen=True):
    """An observation as somebody claims it: `values` may hold anything JSON can; `part` is its place in the message."""

    device: str
    at: Any
    values: dict[str, Any]
    part: str = ""


class EventClaim(msgspec.Struct, frozen=True):
    """An event as somebody claims it."""

    device: str
    at: Any
    event_id: str
    type: str
    confidence: float | None = None
    values: dict[str, Any] = {}
    zone: str | None = None
    phase: Phase = Phase.NEW
    dwell_s: float | None = None
    snapshot: Snapshot | None = None
    part: str = ""


class PackHeader(msgspec.Struct, frozen=True):
    """Which pack of which outbox this was, and what the edge had to give up before it."""

    boot: str
    seq: int
    thinned: dict[str, int] = {}


class PresenceClaim(msgspec.Struct, frozen=True):
    """A gateway's word, or its last will, on whether it is there.

    `boot` and `oldest` name its outbox and the oldest pack still in it: what is older will never come.
    """

    online: bool
    session: str = ""
    boot: str = ""
    oldest: int = 0
    agent: str = ""
    at: Any = None


class Decoded(msgspec.Struct, frozen=True):
    """One message in claims and rejections. `address` is None when not even the topic made sense."""

    address: Address | None
    observations: tuple[ObservationClaim, ...] = ()
    events: tuple[EventClaim, ...] = ()
    pack: PackHeader | None = None
    presence: PresenceClaim | None = None
    rejections: tuple[Rejection, ...] = ()


class _Observation(msgspec.Struct):
    values: dict[str, Any]
    at: Any = None
    device: str = ""


class _Event(msgspec.Struct):
    event_id: str
    type: str
    at: Any = None
    device: str = ""
    confidence: float | None = None
    values: dict[str, Any] = {}
    zone: str | None = None
    phase: Phase = Phase.NEW
    dwell_s: float | None = None
    snapshot: Snapshot | None = None


class _Pack(msgspec.Struct):
    boot: str
    seq: int
    obs: list[Any] = []
    events: list[Any] = []
    thinned: dict[str, int] = {}


_json = msgspec.json.Decoder()


def decode(message: Message) -> Decoded:
    """Read one message from the wire."""
    address = topics.parse(message.topic)
    if refusal := _refuse_unread(message, address):
        return Decoded(address, rejections=(refusal,))
    try:
        body = _json.decode(message.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _refuse(address, Reason.BAD_JSON, f"not JSON: {error}")
    return _READERS[address.kind](address, body) if address else Decoded(None)


def _refuse_unread(message: Message, address: Address | None) -> Rejection | None:
    """Refuse what need not be read to be known as wrong."""
    if address is None:
        return Rejection(Reason.BAD_TOPIC, f"topic {message.topic[:200]!r} is none of ward/WARD/GATEWAY/DEVICE/obs …")
    if message.retained and address.kind is not Kind.PRESENCE:
        return Rejection(Reason.RETAINED, "sent with the retain flag: it would look alive for ever; send it without")
    if len(message.payload) > MAX_PAYLOAD_BYTES:
        return Rejection(Reason.TOO_LARGE, f"{len(message.payload)} bytes; at most {MAX_PAYLOAD_BYTES}")
    return None


class Arrival(msgspec.Struct, frozen=True):
    """When a message came; `latest_ms` is later than our clock says if that was set back while we ran."""

    received_ms: int
    latest_ms: int
    max_age_ms: int = MAX_AGE_MS


def instant(at: Any, arrival: Arrival) -> int | Rejection:
    """Read the claimed time of an observation; None is the arrival."""
    received_ms = arrival.received_ms
    if at is None:
        return received_ms
    at_ms = _claimed_ms(at)
    if isinstance(at_ms, str):
        return Rejection(Reason.BAD_TIME, f"at {str(at)[:40]!r}: {at_ms}")
    if at_ms > max(received_ms, arrival.latest_ms) + MAX_AHEAD_MS:
        ahead_s = (at_ms - received_ms) / SECOND_MS
        return Rejection(Reason.BAD_TIME, f"at {at_ms}: {ahead_s:.0f} s ahead; set the device's clock", at_ms=at_ms)
    if at_ms < received_ms - arrival.max_age_ms:
        age_days = (received_ms - at_ms) / DAY_MS
        return Rejection(Reason.BAD_TIME, f"at {at_ms}: {age_days:.0f} days old; set the device's clock", at_ms=at_ms)
    return at_ms


def _claimed_ms(at: Any) -> int | str:
    """Give the claimed instant, or in words what is wrong with it and what to do."""
    if isinstance(at, str):
        if _NUMBER.fullmatch(at.strip()):
            return "a number in quotes; send it without, in ms since 1970"
        try:
            return parse_rfc3339(at)
        except (ValueError, OverflowError) as error:
            return f"{error}; send RFC 3339 with an offset, or ms since 1970"
    if isinstance(at, bool) or not isinstance(at, int | float) or abs(at) >= _UNITS[-1][0]:
        return "neither RFC 3339 nor whole milliseconds since 1970"
    for below, words in _UNITS:
        if abs(at) < below and words:
            return words
        if abs(at) < below:
            break
    return int(at) if at == int(at) else "not in whole milliseconds; round it"


def _decode_observations(address: Address, body: Any) -> Decoded:
    elements = body if isinstance(body, list) else [body]
    if len(elements) > MAX_OBSERVATIONS:
        return _refuse(
            address, Reason.TOO_MANY, f"{len(elements)} observations in one message; at most {MAX_OBSERVATIONS}"
        )
    claims, problems = _claim_observations(elements, device=address.device)
    return Decoded(address, observations=claims, rejections=_bad_schema(problems, beside=len(claims)))


def _decode_events(address: Address, body: Any) -> Decoded:
    claims, problems = _claim_events([body], device=address.device)
    return Decoded(address, events=claims, rejections=_bad_schema(problems, beside=len(claims)))


def _decode_pack(address: Address, body: Any) -> Decoded:
    try:
        pack = msgspec.convert(body, _Pack)
    except msgspec.ValidationError as error:
        return _refuse(address, Reason.BAD_SCHEMA, f"no pack: {error}")
    is_counted = 1 <= pack.seq <= LARGEST and all(0 <= n <= LARGEST_THINNED for n in pack.thinned.values())
    if not topics.is_id(pack.boot) or not is_counted:
        return _refuse(
            address, Reason.BAD_SCHEMA, f"no pack: boot {pack.boot[:64]!r} or seq {pack.seq} or thinned is wrong"
        )
    header = PackHeader(pack.boot, pack.seq, pack.thinned)
    if len(pack.obs) + len(pack.events) > MAX_OBSERVATIONS:
        too_many = _refuse(
            address, Reason.TOO_MANY, f"{len(pack.obs)} observations in a pack; at most {MAX_OBSERVATIONS}"
        )
        return msgspec.structs.replace(too_many, pack=header)
    observations, problems = _claim_observations(pack.obs, device="")
    events, more_problems = _claim_events(pack.events, device="")
    refused = _bad_schema(problems + more_problems, beside=len(observations) + len(events))
    return Decoded(address, observations, events, header, rejections=refused)


def _decode_presence(address: Address, body: Any) -> Decoded:
    try:
        presence = msgspec.convert(body, PresenceClaim)
    except msgspec.ValidationError as error:
        return _refuse(address, Reason.BAD_SCHEMA, f"no presence: {error}")
    if not 0 <= presence.oldest <= LARGEST or (presence.boot and not topics.is_id(presence.boot)):
        return _refuse(address, Reason.BAD_SCHEMA, f"no presence: oldest {str(presence.oldest)[:24]} or boot is wrong")
    return Decoded(address, presence=presence)


def _claim_observations(elements: list[Any], *, device: str) -> tuple[tuple[ObservationClaim, ...], list[str]]:
    claims, problems = [], []
    for index, element in enumerate(elements):
        try:
            shaped = msgspec.convert(element, _Observation)
        except msgspec.ValidationError as error:
            problems.append(f"no observation: {error}")
            continue
        name = device or shaped.device
        if not shaped.values or not topics.is_id(name):
            problems.append("no observation: values is empty" if not shaped.values else f"no device id: {name[:64]!r}")
            continue
        claims.append(ObservationClaim(name, shaped.at, shaped.values, f"obs/{index}"))
    return tuple(claims), problems


def _claim_events(elements: list[Any], *, device: str) -> tuple[tuple[EventClaim, ...], list[str]]:
    claims, problems = [], []
    for index, element in enumerate(elements):
        try:
            shaped = msgspec.convert(element, _Event)
            event_id = str(uuid.UUID(shaped.event_id))
        except (msgspec.ValidationError, ValueError) as error:
            problems.append(f"no event: {error}")
            continue
        name = device or shaped.device
        if not topics.is_id(name):
            problems.append(f"no event: no device id: {name[:64]!r}")
            continue
        if shaped.snapshot and not 0 <= shaped.snapshot.bytes <= LARGEST:
            problems.append(f"no event: a snapshot of {str(shaped.snapshot.bytes)[:24]} bytes")
            continue
        fields = {
            field: getattr(shaped, field) for field in ("confidence", "values", "zone", "phase", "dwell_s", "snapshot")
        }
        claims.append(EventClaim(name, shaped.at, event_id, shaped.type, **fields, part=f"event/{index}"))
    return tuple(claims), problems


_READERS: dict[Kind, Callable[[Address, Any], Decoded]] = {
    Kind.OBS: _decode_observations,
    Kind.EVENT: _decode_events,
    Kind.PACK: _decode_pack,
    Kind.PRESENCE: _decode_presence,
}


def _bad_schema(problems: list[str], *, beside: int) -> tuple[Rejection, ...]:
    """Count all misshapen parts of a message, with `beside` good ones, as its one refused item."""
    return (Rejection(Reason.BAD_SCHEMA, problems[0], part="shape" if beside else ""),) if problems else ()


def _refuse(address: Address | None, reason: Reason, detail: str) -> Decoded:
    return Decoded(address, rejections=(Rejection(reason, detail),))
