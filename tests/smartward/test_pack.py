"""Packs as they stand on the wire."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from smartward.event import Event, Phase, Snapshot
from smartward.instants import parse_rfc3339
from smartward.observation import Observation, Value
from smartward.pack import MAX_BYTES, MAX_OBSERVATIONS, Pack, encode, event_json, observation_json

values = st.dictionaries(
    st.text(max_size=10),
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    max_size=4,
)
instants = st.integers(0, 4_000_000_000_000)
observations = st.builds(
    Observation, device=st.sampled_from(["cam-1", "gw-1"]), values=values, observed_ms=st.none() | instants
)


@given(st.text(max_size=20), st.integers(1, 2**53), st.lists(observations, max_size=5))
def test_what_is_packed_is_what_an_outside_reader_finds(boot: str, seq: int, obs: list[Observation]) -> None:
    """The contract's names, read by a JSON parser that is not ours; values keep their types."""
    body = json.loads(encode(Pack(boot, seq, tuple(obs))))

    assert (body["v"], body["boot"], body["seq"], body["events"]) == (1, boot, seq, [])
    assert [one["device"] for one in body["obs"]] == [one.device for one in obs]
    assert [one.get("at") for one in body["obs"]] == [one.observed_ms for one in obs]
    assert [typed(one["values"]) for one in body["obs"]] == [typed(one.values) for one in obs]


def typed(found: dict[str, Value]) -> dict[str, tuple[type, Value]]:
    """Tell True from 1 and 1 from 1.0."""
    return {name: (type(value), value) for name, value in found.items()}


def test_a_device_without_a_clock_says_no_instant() -> None:
    """An `at` of null would be a refusal; arrival is fixed by the journal."""
    assert observation_json(Observation("d", {"depth": 0.3})) == {"device": "d", "values": {"depth": 0.3}}


@given(instants)
def test_an_event_says_its_instant_to_the_millisecond(observed_ms: int) -> None:
    """The same instant comes back that the camera saw."""
    body = event_json(Event("cam-1", "e1", "line_crossed", observed_ms))

    assert isinstance(body["at"], str)
    assert parse_rfc3339(body["at"]) == observed_ms
    assert "observed_ms" not in body


def test_an_event_says_only_what_it_knows() -> None:
    """Optional parts that are not there do not stand there as null."""
    assert event_json(Event("cam-1", "e1", "line_crossed")) == {
        "device": "cam-1",
        "event_id": "e1",
        "type": "line_crossed",
    }


def test_an_event_says_all_that_it_knows() -> None:
    """Every optional part under the contract's name."""
    event = Event(
        "cam-1",
        "e1",
        "stopped_vehicle",
        0,
        confidence=0.5,
        values={"label": "xe tải"},
        zone="vạch 1",
        phase=Phase.UPDATE,
        dwell_s=12.5,
        snapshot=Snapshot("ff", 9),
    )

    assert json.loads(encode(Pack("b", 1, events=(event,))))["events"] == [
        {
            "device": "cam-1",
            "event_id": "e1",
            "type": "stopped_vehicle",
            "at": "1970-01-01T00:00:00.000Z",
            "confidence": 0.5,
            "values": {"label": "xe tải"},
            "zone": "vạch 1",
            "phase": "update",
            "dwell_s": 12.5,
            "snapshot": {"sha256": "ff", "bytes": 9},
        }
    ]


def test_a_gap_is_explained_only_where_there_is_one() -> None:
    """An empty pack with `thinned` is the tombstone of what the edge had to give up."""
    assert json.loads(encode(Pack("b", 7, thinned={"cam-1": 3}))) == {
        "v": 1,
        "boot": "b",
        "seq": 7,
        "obs": [],
        "events": [],
        "thinned": {"cam-1": 3},
    }
    assert "thinned" not in json.loads(encode(Pack("b", 8)))


def test_vietnamese_is_utf8_on_the_wire() -> None:
    """No escapes: half the bytes on a metered link, and readable in a broker's log."""
    assert "ngập nặng".encode() in encode(Pack("b", 1, (Observation("d", {"state": "ngập nặng"}),)))


def test_a_full_pack_of_ordinary_observations_fits() -> None:
    """Fifty of the widest devices stay far below the limit in bytes."""
    wide: dict[str, Value] = {f"quantity_number_{number}": math.pi * number for number in range(20)}
    pack = Pack("b" * 36, 2**53, tuple(Observation("d" * 64, wide, 2**43) for _ in range(MAX_OBSERVATIONS)))

    assert len(encode(pack)) < MAX_BYTES
