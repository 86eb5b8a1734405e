"""What a device may get wrong, each with its one named reason: the table is `tests/data/bad_input.yaml`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import decode
from ingest.validate import Registered, Validated, Validator
from smartward.catalogue import load
from smartward.device import Device
from smartward.ports import Message

TABLE = yaml.safe_load((Path(__file__).parent.parent / "data" / "bad_input.yaml").read_text(encoding="utf-8"))
NOW_MS = TABLE["now_ms"]

GATEWAY = Device("gw-1", "songmay", "gw-1", "edge_gateway")
REGISTERED = Registered(
    {
        device.id: device
        for device in (
            GATEWAY,
            Device("fld-1", "songmay", "gw-1", "flood_road"),
            Device("cam-1", "songmay", "gw-1", "camera"),
            Device("self-1", "songmay", "self-1", "air_quality"),
            Device("odd-1", "songmay", "odd-1", "dragon"),
        )
    }
)


def validate(topic: str, payload: bytes, *, retained: bool = False) -> Validated:
    """Take one message all the way to what is believed of it."""
    decoded = decode(Message(topic, payload, retained))
    return Validator(load()).validate(decoded, registered=REGISTERED, received_ms=NOW_MS)


def payload_of(case: dict[str, Any]) -> bytes:
    """Make the bytes that a case describes."""
    if "payload_hex" in case:
        return bytes.fromhex(str(case["payload_hex"]))
    if "payload_digits" in case:
        return b'{"values": {"uptime": ' + b"9" * int(case["payload_digits"]) + b"}}"
    if "nested" in case:
        return b"[" * int(case["nested"]) + b"]" * int(case["nested"])
    if "repeat" in case:
        return b'{"values": {"depth": 0.1}, "pad": "' + b"x" * int(case["repeat"]) + b'"}'
    if "payload_array" in case:
        return ("[" + ",".join([case["element"]] * case["payload_array"]) + "]").encode()
    return str(case["payload"]).encode()


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"].replace(" ", "-") for case in TABLE["cases"]])
def test_each_mistake_meets_its_one_reason_and_good_values_are_kept(case: dict[str, Any]) -> None:
    """A vendor learns from the reason alone what to mend, and loses nothing that was right."""
    outcome = validate(case["topic"], payload_of(case), retained=case.get("retained", False))

    refused: Counter[str] = Counter()
    for rejection in outcome.rejections:
        refused[rejection.reason] += rejection.items
    stored = sum(len(observation.values) for observation in outcome.observations) + len(outcome.events)
    assert (dict(refused), stored) == (case.get("rejected", {}), case.get("stored", 0))
    assert outcome.items == sum(refused.values()) + stored


def test_arrival_stands_in_for_a_missing_time_and_an_offset_is_honoured() -> None:
    """The journal fixes the instant once."""
    arrival = validate("ward/songmay/gw-1/fld-1/obs", b'{"values": {"depth": 0.12}}')
    offset = validate("ward/songmay/gw-1/fld-1/obs", b'{"at": "2026-11-23T13:59:59+07:00", "values": {"depth": 1}}')

    assert arrival.observations[0].observed_ms == NOW_MS
    assert offset.observations[0].observed_ms == NOW_MS - 1000


@given(topic=st.text(max_size=60), payload=st.binary(max_size=200), retained=st.booleans())
def test_no_bytes_raise(topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001  # hypothesis passes by name
    """Whatever arrives, decoding answers."""
    outcome = validate(topic, payload, retained=retained)

    assert outcome.rejections


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)


@given(
    kind=st.sampled_from(["fld-1/obs", "cam-1/event", "pack"]),
    body=st.fixed_dictionaries(
        {},
        optional={
            "at": json_like,
            "values": json_like,
            "event_id": json_like,
            "type": json_like,
            "boot": json_like,
            "seq": json_like,
            "obs": json_like,
            "events": json_like,
            "confidence": json_like,
        },
    ),
)
def test_no_json_raises_and_every_item_is_accounted_for(kind: str, body: dict[str, Any]) -> None:
    """Odd JSON in the right places is refused or stored, never lost between the two."""
    outcome = validate(f"ward/songmay/gw-1/{kind}", msgspec.json.encode(body))

    assert outcome.items >= 0
    assert all(rejection.items > 0 for rejection in outcome.rejections)
