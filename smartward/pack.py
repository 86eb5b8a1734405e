"""Packs: how an edge agent sends what many devices said, numbered so that nothing is missed or taken twice."""

from __future__ import annotations

import msgspec

from smartward.event import Event
from smartward.instants import to_rfc3339
from smartward.observation import Observation

MAX_OBSERVATIONS = 50
MAX_BYTES = 64 * 1024


class Pack(msgspec.Struct, frozen=True):
    """One numbered message of a gateway.

    `boot` names the outbox file and is new only when the file is new; `seq` is contiguous within it, from 1.
    `thinned` counts, per device, observations that the edge had to give up: it explains a gap.
    """

    boot: str
    seq: int
    obs: tuple[Observation, ...] = ()
    events: tuple[Event, ...] = ()
    thinned: dict[str, int] = {}


def encode(pack: Pack) -> bytes:
    """Write a pack as the contract's JSON."""
    body: dict[str, object] = {
        "v": 1,
        "boot": pack.boot,
        "seq": pack.seq,
        "obs": [observation_json(observation) for observation in pack.obs],
        "events": [event_json(event) for event in pack.events],
    }
    if pack.thinned:
        body["thinned"] = pack.thinned
    return msgspec.json.encode(body)


def observation_json(observation: Observation) -> dict[str, object]:
    """Give one observation as the contract's JSON object, with its device."""
    body: dict[str, object] = {"device": observation.device, "values": observation.values}
    if observation.observed_ms is not None:
        body["at"] = observation.observed_ms
    return body


def event_json(event: Event) -> dict[str, object]:
    """Give one event as the contract's JSON object, with its device."""
    body: dict[str, object] = msgspec.to_builtins(event)
    observed_ms = body.pop("observed_ms", None)
    if isinstance(observed_ms, int):
        body["at"] = to_rfc3339(observed_ms)
    return body
