"""Schemas and ingest agree: what a schema accepts is believed, what ingest refuses for its shape the schema refuses."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.decode import MAX_OBSERVATIONS, decode
from ingest.schema.unsaid import REFUSED_ALL_THE_SAME
from ingest.schema.wire import FIRST_MS, LAST_MS
from ingest.validate import Registered, Validated, Validator
from smartward.catalogue import load
from smartward.device import Device
from smartward.instants import parse_rfc3339
from smartward.ports import Message
from smartward.rejection import Reason
from tests.ingest.schema.messages import SCHEMAS, accepts, around, from_schema
from tests.ingest.test_bad_input import NOW_MS, REGISTERED, TABLE, payload_of

ARRIVAL_MS: int = NOW_MS
CATALOGUE = load()
TYPES = sorted(CATALOGUE.types)
VALIDATOR = Validator(CATALOGUE)
GATEWAY = Device("gw-1", "songmay", "gw-1", "edge_gateway")
IDS = {name: name.replace("_", "-") for name in TYPES}
WARD = Registered({"gw-1": GATEWAY} | {id_: Device(id_, "songmay", "gw-1", name) for name, id_ in IDS.items()})
SHAPE = {Reason.BAD_SCHEMA, Reason.TOO_MANY}
UNSAID = {unsaid.reason for unsaid in REFUSED_ALL_THE_SAME} - SHAPE
CALENDAR = "day is out of range for month"
BY_ARRIVAL = {"over five minutes ahead", "older than thirty days"}
"""Cases of the table that only the arrival refuses."""
OUTSIDE = {
    Reason.BAD_JSON,
    Reason.BAD_TOPIC,
    Reason.RETAINED,
    Reason.TOO_LARGE,
    Reason.UNKNOWN_GATEWAY,
    Reason.UNKNOWN_DEVICE,
}
"""Reasons that are not in the payload."""


patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no finding."""
OBSERVATIONS = {
    name: around(from_schema(SCHEMAS[f"{name}.observation"]["anyOf"][0], root=SCHEMAS[f"{name}.observation"]))
    for name in TYPES
}


def believed(topic: str, body: object, *, received_ms: int = ARRIVAL_MS) -> Validated:
    """Take one message all the way."""
    decoded = decode(Message(f"ward/songmay/gw-1/{topic}", msgspec.json.encode(body)))
    return VALIDATOR.validate(decoded, registered=WARD, received_ms=received_ms)


def arrival_of(body: Any) -> int:
    """Let a message arrive when it says it was true, so that only the form of its time is judged."""
    match body:
        case {"at": str(text)}:
            try:
                return parse_rfc3339(text)
            except (ValueError, OverflowError):
                return ARRIVAL_MS
        case {"at": int(at_ms)} if not isinstance(at_ms, bool) and at_ms > 0:
            return at_ms
        case _:
            return ARRIVAL_MS


def is_right_but_for_the_calendar(outcome: Validated) -> bool:
    """Tell whether at most 29 February of a common year was wrong: a pattern does not know years."""
    return all(CALENDAR in rejection.detail for rejection in outcome.rejections)


@pytest.mark.parametrize("kind", TYPES)
@patiently
@given(data=st.data())
def test_an_observation_is_believed_whole_exactly_when_its_schema_accepts_it(kind: str, data: st.DataObject) -> None:
    """A maker who tests against the schema needs no ward to test against."""
    body = data.draw(OBSERVATIONS[kind])
    if isinstance(body, list):
        body = {"values": body}

    outcome = believed(f"{IDS[kind]}/obs", body, received_ms=arrival_of(body))

    if accepts(f"{kind}.observation", body):
        assert is_right_but_for_the_calendar(outcome), outcome.rejections
    else:
        assert outcome.rejections, body


@patiently
@given(body=around(from_schema(SCHEMAS["camera.event"], root=SCHEMAS["camera.event"])))
def test_an_event_is_believed_exactly_when_its_schema_accepts_it(body: Any) -> None:
    """As for observations."""
    outcome = believed("camera/event", body, received_ms=arrival_of(body))

    if accepts("camera.event", body):
        assert is_right_but_for_the_calendar(outcome), outcome.rejections
    else:
        assert outcome.rejections, body


@patiently
@given(body=around(from_schema(SCHEMAS["pack"], root=SCHEMAS["pack"])))
def test_a_pack_that_its_schema_accepts_is_refused_only_for_what_no_schema_can_say(body: Any) -> None:
    """And whatever decode refuses for the shape, the schema refuses."""
    outcome = believed("pack", body)

    reasons = {rejection.reason for rejection in outcome.rejections}
    if accepts("pack", body):
        assert reasons <= UNSAID, outcome.rejections


@patiently
@given(body=around(from_schema(SCHEMAS["presence"], root=SCHEMAS["presence"])))
def test_a_presence_that_its_schema_accepts_is_read(body: Any) -> None:
    """And whatever decode refuses, the schema refuses."""
    decoded = decode(Message("ward/songmay/gw-1/presence", msgspec.json.encode(body)))

    if accepts("presence", body):
        assert decoded.presence is not None, decoded.rejections


@pytest.mark.parametrize("count", [0, 1, MAX_OBSERVATIONS, MAX_OBSERVATIONS + 1])
def test_both_count_the_observations_of_a_message(count: int) -> None:
    """As many as one message may hold, and not one more."""
    body = [{"values": {"depth": 0.1}}] * count

    is_believed = not believed("flood-road/obs", body).rejections

    assert is_believed == accepts("flood_road.observation", body) == accepts("observations", body)
    assert is_believed == (count <= MAX_OBSERVATIONS)


@pytest.mark.parametrize(
    ("at", "is_right"),
    [
        (None, True),
        (FIRST_MS - 1, False),
        (FIRST_MS, True),
        (LAST_MS, True),
        (LAST_MS + 1, False),
        (ARRIVAL_MS + 0.5, False),
        (float(ARRIVAL_MS), True),
        ("2026-11-23T14:00:00.5+07:00", True),
        ("2026-11-23T07:00:00.123456789Z", True),
        ("2026-11-23T07:00:00", False),
        ("2026-11-23T24:00:00Z", False),
        ("2026-11-31T00:00:00Z", False),
        ("2026-11-23", False),
        ("2026-11-23T07:00:00Z\n", False),
        ("now", False),
    ],
)
def test_both_draw_the_line_at_the_same_instants(at: object, is_right: bool) -> None:  # noqa: FBT001  # by name
    """Seconds and nanoseconds are off by a factor of a thousand; neither reader takes them for milliseconds."""
    body = {"at": at, "values": {"health": "ok"}}

    assert accepts("camera.observation", body) == is_right
    assert (not believed("camera/obs", body, received_ms=arrival_of(body)).rejections) == is_right


@pytest.mark.parametrize(("length", "is_right"), [(256, True), (257, False)])
def test_both_draw_the_line_at_the_same_length_of_text(length: int, is_right: bool) -> None:  # noqa: FBT001  # by name
    """A text is no place for a picture."""
    fact = {"event_id": "7b1e8a52-54a0-4ea8-9c0e-0d6bb7f7a111", "type": "crowd", "values": {"x": "ă" * length}}

    assert accepts("camera.event", fact) == is_right
    assert (not believed("camera/event", fact).rejections) == is_right


@pytest.mark.parametrize("boot", ["", "B1", "-b", "b" * 65, "b 1", "b1\n", "pack", "twin"])
def test_both_refuse_the_same_ids(boot: str) -> None:
    """An id is a part of a topic: a reserved word there would be another topic."""
    body = {"boot": boot, "seq": 1}

    assert not accepts("pack", body)
    assert [rejection.reason for rejection in believed("pack", body).rejections] == [Reason.BAD_SCHEMA]


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"].replace(" ", "-") for case in TABLE["cases"]])
def test_the_schemas_refuse_what_the_table_of_mistakes_refuses_for_its_content(case: dict[str, Any]) -> None:
    """What is wrong with the payload shows without a server; what is not in the payload is listed as unsaid."""
    reasons = {Reason(reason) for reason in case.get("rejected", {})}
    try:
        body = msgspec.json.decode(payload_of(case))
    except (msgspec.DecodeError, RecursionError):
        assert reasons == {Reason.BAD_JSON}
        return
    *_, device, kind = case["topic"].split("/")
    is_refused = not is_accepted(device, kind, body)

    if reasons & OUTSIDE or case["name"] in BY_ARRIVAL or REGISTERED.devices[device].type not in TYPES:
        assert reasons <= UNSAID
    else:
        assert is_refused == bool(reasons)


def is_accepted(device: str, kind: str, body: Any) -> bool:
    """Apply the schema that belongs to a topic; to the parts of a pack the schemas of their devices' types."""
    if kind == "pack":
        said = [(part["device"], part) for part in body.get("obs", [])] if accepts("pack", body) else []
        typed = [accepts(f"{REGISTERED.devices[name].type}.observation", part) for name, part in said]
        return accepts("pack", body) and all(typed)
    known = REGISTERED.devices.get(device)
    name = {"obs": "observation", "event": "event"}.get(kind)
    return known is not None and f"{known.type}.{name}" in SCHEMAS and accepts(f"{known.type}.{name}", body)


@pytest.mark.parametrize(
    ("topic", "name", "body", "reason"),
    [
        ("pack", "pack", {"boot": "b1", "seq": 1.0}, Reason.BAD_SCHEMA),
        (
            "camera/obs",
            "camera.observation",
            {"at": "2026-02-29T00:00:00Z", "values": {"health": "ok"}},
            Reason.BAD_TIME,
        ),
        (
            "pack",
            "pack",
            {"boot": "b1", "seq": 1, "obs": [{"device": "gw-9", "values": {"x": 1}}]},
            Reason.UNKNOWN_DEVICE,
        ),
    ],
)
def test_what_is_listed_as_unsaid_is_so(topic: str, name: str, body: dict[str, Any], reason: Reason) -> None:
    """The list of exceptions is honest: each of these the schema accepts and ingest refuses."""
    assert accepts(name, body)
    assert Counter(rejection.reason for rejection in believed(topic, body).rejections) == {reason: 1}
    assert reason in {unsaid.reason for unsaid in REFUSED_ALL_THE_SAME}


@pytest.mark.parametrize(
    ("topic", "name", "body"),
    [
        ("camera/obs", "camera.observation", {"at": "20261123T135959+0700", "values": {"health": "ok"}}),
        (
            "camera/event",
            "camera.event",
            {"event_id": "7b1e8a5254a04ea89c0e0d6bb7f7a111", "type": "fire_smoke"},
        ),
        ("pack", "pack", {"boot": "b1", "seq": 1, "obs": [{"device": "flood-road", "values": {"depth": 1}}] * 51}),
    ],
)
def test_what_is_listed_as_kinder_is_so(topic: str, name: str, body: dict[str, Any]) -> None:
    """Each of these ingest believes although the schema asks for better."""
    assert not accepts(name, body)
    assert believed(topic, body).rejections == ()
