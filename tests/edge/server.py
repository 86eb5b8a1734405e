"""A tiny server for tests of the edge: it takes packs into a set and says how far it has them without a gap."""

from __future__ import annotations

from typing import Any

import msgspec

from smartward import topics
from smartward.adapters.memory_bus import MemoryBroker, MemoryBus
from smartward.ports import Message

WARD = "phuc-yen"


class TinyServer:
    """Keeps packs by (boot, seq); `is_mute` makes it take them without a word."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.packs: dict[tuple[str, int], dict[str, Any]] = {}
        self.repeats = 0
        self.presences: list[dict[str, Any]] = []
        self.is_mute = False
        self._oldest: dict[str, int] = {}
        self._bus = MemoryBus(
            broker, client_id="ingest", subscriptions=topics.subscriptions((WARD,)), clean_start=False
        )
        self._bus.start(self)

    def connected(self) -> None:
        """Say its own committed values, as ingest does."""
        for boot in sorted(self._oldest):
            self._say(boot, gateway="gw-1")

    def disconnected(self, reason: str) -> None:
        """Wait."""

    def received(self, message: Message) -> None:
        """Take a pack or a presence."""
        address = topics.parse(message.topic)
        assert address is not None
        body = msgspec.json.decode(message.payload)
        if address.kind == topics.Kind.PRESENCE:
            self.presences.append(body)
            if body["online"]:
                self._oldest[body["boot"]] = body["oldest"]
        else:
            key = (body["boot"], body["seq"])
            self.repeats += key in self.packs
            self.packs.setdefault(key, body)
        self._bus.acknowledge([message])
        if "boot" in body and not self.is_mute:
            self._say(body["boot"], gateway=address.gateway)

    def forget_after(self, seq: int) -> None:
        """Come back from a backup that knows packs up to a number."""
        self.packs = {key: body for key, body in self.packs.items() if key[1] <= seq}
        self.connected()

    def through(self, boot: str) -> int:
        """Tell up to which number it has everything that can still come."""
        seq = self._oldest.get(boot, 1) - 1
        while (boot, seq + 1) in self.packs:
            seq += 1
        return seq

    def numbers(self) -> list[int]:
        """List the observations by the number that the test gave them, in the order of packs."""
        return [said["values"]["n"] for key in sorted(self.packs) for said in self.packs[key]["obs"]]

    def _say(self, boot: str, *, gateway: str) -> None:
        word = msgspec.json.encode({"seq": self.through(boot)})
        self._bus.publish(topics.committed(WARD, gateway, boot), word, retain=True)
