"""The topics of the wire, as devices of other makers write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartward import topics
from smartward.topics import RESERVED, Address, Kind, is_id, parse

ids = st.from_regex(topics.ID, fullmatch=True).filter(lambda id_: id_ not in RESERVED)


@pytest.mark.parametrize(
    "id_", ["a", "7", "phuc-yen", "a-b-c", "0-0", "a" * 64, "a" + "-" * 62 + "z", "obs1", "events"]
)
def test_what_may_name_a_thing(id_: str) -> None:
    """Lower case letters, digits and hyphens inside, up to 64."""
    assert is_id(id_)


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "-a",
        "a-",
        "-",
        "A",
        "a_b",
        "a.b",
        "a b",
        "a/b",
        "phúc-yên",
        "a" * 65,
        "a\n",
        "\na",
        "+",
        "#",
        "a+",
        "$sys",
        "٣",
    ],
)
def test_what_may_not(id_: str) -> None:
    """An id goes into topics, URLs, file names and SQL: nothing that means something there."""
    assert not is_id(id_)


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_the_words_of_the_wire_name_nothing(word: str) -> None:
    """A gateway called `pack` would make two topics look the same."""
    assert not is_id(word)
    assert parse(f"ward/{word}/g/d/obs") is None
    assert parse(f"ward/w/{word}/d/obs") is None
    assert parse(f"ward/w/g/{word}/obs") is None


@given(ids, ids, ids)
def test_what_is_built_is_what_is_parsed(ward: str, gateway: str, device: str) -> None:
    """The edge builds what ingest reads, in one place."""
    assert parse(topics.obs(ward, gateway, device)) == Address(Kind.OBS, ward, gateway, device)
    assert parse(topics.event(ward, gateway, device)) == Address(Kind.EVENT, ward, gateway, device)
    assert parse(topics.pack(ward, gateway)) == Address(Kind.PACK, ward, gateway, "")
    assert parse(topics.presence(ward, gateway)) == Address(Kind.PRESENCE, ward, gateway, "")


@given(ids, ids, ids)
def test_what_the_server_says_is_not_taken_for_a_device(ward: str, gateway: str, boot: str) -> None:
    """Our own retained words come back to us on a broad subscription."""
    assert parse(topics.committed(ward, gateway, boot)) is None
    assert parse(topics.alert(ward, gateway)) is None


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["ward", "w", "g", "obs", "pack", "", "+"]), max_size=7).map("/".join)
)
def test_any_text_is_an_address_or_none(topic: str) -> None:
    """Whatever a broker lets through, reading it never fails; and what it reads is spelt as we would."""
    address = parse(topic)

    if address is not None:
        tail = [address.device] if address.device else []
        assert topic == "/".join(["ward", address.ward, address.gateway, *tail, address.kind])


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "/",
        "ward",
        "ward/",
        "ward/w",
        "ward/w/g",
        "ward/w/g/d",
        "ward/w/g/d/",
        "/ward/w/g/d/obs",
        "ward/w/g/d/obs/",
        "ward/w/g/d/obs/more",
        "Ward/w/g/d/obs",
        "ward/w/g/d/OBS",
        "ward/w/g/d/pack",
        "ward/w/g/obs",
        "ward/w//d/obs",
        "ward/+/g/d/obs",
        "ward/w/g/#",
        "ward2/w/g/d/obs",
        "ward/phúc-yên/g/d/obs",
    ],
)
def test_a_topic_that_is_not_ours_is_none(topic: str) -> None:
    """It becomes a rejection with its reason; it is never guessed at."""
    assert parse(topic) is None


def test_a_device_that_speaks_for_itself_is_its_own_gateway() -> None:
    """The contract's form for a plain device."""
    assert parse("ward/w/x/x/obs") == Address(Kind.OBS, "w", "x", "x")


@given(ids, ids, ids)
def test_the_subscriptions_bring_all_that_devices_of_the_ward_say(ward: str, gateway: str, device: str) -> None:
    """Every topic that we parse is matched by exactly one filter: none is missed, none comes twice."""
    filters = topics.subscriptions((ward, f"{ward[:60]}-b"))
    said = [
        topics.obs(ward, gateway, device),
        topics.event(ward, gateway, device),
        topics.pack(ward, gateway),
        topics.presence(ward, gateway),
    ]

    assert len(filters) == 8
    assert [sum(matches(one, topic) for one in filters) for topic in said] == [1, 1, 1, 1]
    assert not any(matches(one, topics.alert(ward, "a1")) for one in filters)
    assert not any(matches(one, topics.committed(ward, gateway, "b")) for one in filters)


def matches(filter_: str, topic: str) -> bool:
    """Match as a broker does, for filters without `#`."""
    parts, words = filter_.split("/"), topic.split("/")
    return len(parts) == len(words) and all(part in ("+", word) for part, word in zip(parts, words, strict=True))
