"""Presence: how a gateway says that it is there, and what the broker says for it when it vanishes."""

from __future__ import annotations

import msgspec

from smartward import topics


def online(*, session: str, agent: str, boot: str, oldest: int, at_ms: int) -> bytes:
    """Say that the gateway is there; `oldest` is the oldest pack of outbox `boot` that can still come."""
    said = {"online": True, "session": session, "agent": agent, "boot": boot, "oldest": oldest, "at": at_ms}
    return msgspec.json.encode(said)


def offline(*, session: str, at_ms: int) -> bytes:
    """Say goodbye."""
    return msgspec.json.encode({"online": False, "session": session, "at": at_ms})


def last_will(ward: str, gateway: str, *, session: str) -> tuple[str, bytes]:
    """Give the topic and the words that the broker keeps for the day the gateway vanishes."""
    return topics.presence(ward, gateway), msgspec.json.encode({"online": False, "session": session})
