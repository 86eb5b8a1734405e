"""The AsyncAPI document is valid by Spectral's rules, and its channels are the topics that the code knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from ingest.schema.asyncapi import asyncapi, channels
from smartward import topics
from smartward.catalogue import load
from smartward.topics import Kind
from tests.ingest.schema.spectral import lint

DOCUMENT = Path(__file__).parents[3] / "docs" / "contract" / "asyncapi.json"
IDS = {"ward": "songmay", "gateway": "gw-1", "device": "fld-1", "boot": "b1", "alert": "a1b2"}


def test_spectral_finds_nothing(tmp_path: Path) -> None:
    """Not even a hint: generators and portals take the document as it is."""
    code, said = lint(DOCUMENT, folder=tmp_path)

    assert (code, "No results with a severity of" in said) == (0, True), said


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (("channels", "packs", "parameters", "gateway"), "parameters"),
        (("operations", "send_alerts", "action"), "action"),
    ],
)
def test_spectral_does_look(path: tuple[str, ...], rule: str, tmp_path: Path) -> None:
    """A document with one thing taken out is refused: the linter knows AsyncAPI 3."""
    broken: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    holder = broken
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(broken), encoding="utf-8")

    code, said = lint(file, folder=tmp_path)

    assert code == 1
    assert rule in said


def test_what_the_server_receives_is_what_it_can_parse_and_what_it_subscribes_to() -> None:
    """Each channel of a device leads to its own kind of message, and every kind has a channel."""
    received = [channel for channel in channels(load()) if channel.action == "receive"]
    parsed = {}
    for channel in received:
        address = topics.parse(channel.address.format(**IDS))
        assert address is not None
        parsed[channel.name] = address.kind

    kinds = {"observations": Kind.OBS, "events": Kind.EVENT, "packs": Kind.PACK, "presence": Kind.PRESENCE}
    assert parsed == kinds
    assert set(parsed.values()) == set(Kind)
    assert len(topics.subscriptions(("songmay",))) == len(received)


def test_what_the_server_sends_no_device_may_send() -> None:
    """Our own topics are none that the server would take from a device."""
    sent = [channel.address.format(**IDS) for channel in channels(load()) if channel.action == "send"]

    assert sent == ["ward/songmay/gw-1/committed/b1", "ward/songmay/alerts/a1b2"]
    assert [topics.parse(topic) for topic in sent] == [None, None]


def test_a_device_of_each_type_has_its_own_message_and_every_schema_is_valid() -> None:
    """AsyncAPI 3 reads a schema as draft 07: ours mean the same there."""
    document = asyncapi(load())

    assert set(document["channels"]["observations"]["messages"]) == {f"{name}.observation" for name in load().types}
    for schema in document["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)


def test_only_what_is_a_state_is_retained() -> None:
    """A retained observation would look alive for ever, and is refused."""
    operations = asyncapi(load())["operations"]

    assert {name for name, operation in operations.items() if operation["bindings"]["mqtt"]["retain"]} == {
        "receive_presence",
        "send_committed",
        "send_alerts",
    }
