"""Silence: one alert a gateway, none for its devices, and none while we could not listen."""

from __future__ import annotations

import pytest

from smartward.catalogue import load
from smartward.device import Device, PresenceState
from smartward.rules.evaluate import AlertChange, Change
from smartward.rules.silence import Ear, hear, hear_presence, judge, limits_of, not_after, shift

LIMITS = limits_of(load())
SECOND = 1_000
DEVICES = {
    device.id: device
    for device in (
        Device("gw-1", "songmay", "gw-1", "edge_gateway"),
        *(Device(f"fld-{n}", "songmay", "gw-1", "flood_road") for n in range(5)),
        Device("self-1", "songmay", "self-1", "air_quality"),
    )
}


class Street:
    """A gateway with five sensors and one that speaks for itself, second by second."""

    def __init__(self) -> None:
        """Begin at zero, listening."""
        self.ears: dict[str, Ear] = {}
        self.now_ms = 1_795_417_200_000
        self.start_ms = self.now_ms
        self.listening_since_ms = self.now_ms
        self.changes: list[AlertChange] = []

    def run(self, seconds: int, *, gateway_speaks: bool, device_speaks: bool | None = None) -> None:
        """Let time pass; heartbeats and readings come once a minute from whoever speaks."""
        for _ in range(seconds):
            self.now_ms += SECOND
            if (self.now_ms - self.start_ms) % (60 * SECOND) == SECOND:
                if gateway_speaks:
                    hear_presence(self.ears, "gw-1", online=True, session="s1", at_ms=self.now_ms)
                if gateway_speaks if device_speaks is None else device_speaks:
                    for device in DEVICES.values():
                        if device.gateway == "gw-1":
                            hear(self.ears, device.id, gateway="gw-1", at_ms=self.now_ms)
                hear(self.ears, "self-1", gateway="self-1", at_ms=self.now_ms)
            self.judge()

    def judge(self) -> None:
        """Judge this second."""
        judgement = judge(
            self.ears,
            DEVICES,
            places={},
            limits=LIMITS,
            now_ms=self.now_ms,
            listening_since_ms=self.listening_since_ms,
        )
        self.changes += judgement.changes

    def told(self) -> list[tuple[Change, str, str]]:
        """List what changed so far."""
        return [(change.change, change.condition.rule, change.condition.device) for change in self.changes]

    def state(self, device: str) -> PresenceState:
        """Give what the screen shows."""
        presence = self.ears[device].presence
        assert presence is not None
        return presence.state


def test_a_silent_gateway_is_one_alert_and_its_return_clears_it() -> None:
    """No child alert before, during or after; within 2.5 heartbeats."""
    street = Street()
    street.run(300, gateway_speaks=True)
    street.run(600, gateway_speaks=False)
    assert street.told() == [(Change.OPENED, "common.gateway_outage", "gw-1")]
    assert street.changes[0].condition.inhibits == 5
    assert street.state("fld-0") is PresenceState.OFFLINE

    street.run(300, gateway_speaks=True)
    assert street.told()[1:] == [(Change.CLEARED, "common.gateway_outage", "gw-1")]
    assert street.state("fld-0") is PresenceState.ONLINE


def test_a_last_will_counts_after_its_time_and_not_if_the_gateway_is_back() -> None:
    """A reconnect within a minute is nobody's business."""
    street = Street()
    street.run(120, gateway_speaks=True)
    hear_presence(street.ears, "gw-1", online=False, session="s1", at_ms=street.now_ms)
    street.run(30, gateway_speaks=False)
    assert street.told() == []
    hear_presence(street.ears, "gw-1", online=True, session="s2", at_ms=street.now_ms)
    street.run(120, gateway_speaks=True)
    assert street.told() == []

    hear_presence(street.ears, "gw-1", online=False, session="s1", at_ms=street.now_ms)
    street.run(61, gateway_speaks=True)
    hear_presence(street.ears, "gw-1", online=False, session="s1", at_ms=street.now_ms)
    street.run(20, gateway_speaks=False)
    hear_presence(street.ears, "gw-1", online=False, session="s1", at_ms=street.now_ms)
    street.run(70, gateway_speaks=False)
    assert [change for change, _, _ in street.told()] == [Change.OPENED]


def test_the_will_of_an_older_session_is_ignored() -> None:
    """A broker that notices late must not bury a gateway that has come back."""
    ears: dict[str, Ear] = {}
    hear_presence(ears, "gw-1", online=True, session="new", at_ms=1)
    hear_presence(ears, "gw-1", online=False, session="old", at_ms=2)

    assert ears["gw-1"].will_ms is None


def test_one_dead_sensor_behind_a_living_gateway_is_its_own_alert() -> None:
    """And the others stay quiet."""
    street = Street()
    street.run(120, gateway_speaks=True)
    for _ in range(10):
        for name in ("gw-1", "fld-1", "fld-2", "fld-3", "fld-4"):
            hear(street.ears, name, gateway="gw-1", at_ms=street.now_ms)
        street.run(60, gateway_speaks=True, device_speaks=False)

    assert street.told() == [(Change.OPENED, "common.offline", "fld-0")]


def test_a_device_that_speaks_for_itself_has_only_offline() -> None:
    """An outage explains the silence of others; here there are none."""
    street = Street()
    street.run(120, gateway_speaks=True)
    street.ears["self-1"].heard_ms = street.now_ms - 400 * SECOND
    street.listening_since_ms -= 10_000 * SECOND
    street.judge()

    assert street.told() == [(Change.OPENED, "common.offline", "self-1")]


@pytest.mark.parametrize("away_s", [10, 120, 3_600])
def test_time_in_which_we_could_not_listen_is_nobody_s_silence(away_s: int) -> None:
    """After our own outage everybody has their full limit again: no storm."""
    street = Street()
    street.run(120, gateway_speaks=True)
    street.now_ms += away_s * SECOND
    street.listening_since_ms = street.now_ms
    street.run(59, gateway_speaks=False)

    assert street.told() == []


def test_a_device_that_was_never_heard_is_unknown_and_raises_nothing() -> None:
    """Registered today, installed tomorrow."""
    street = Street()
    street.now_ms += 10**9
    street.listening_since_ms = street.start_ms
    street.judge()

    assert street.told() == []
    assert street.state("fld-0") is PresenceState.UNKNOWN


@pytest.mark.parametrize("jump_s", [86_400, -86_400])
def test_silence_lasts_as_long_as_it_does_whatever_our_clock_is_set_to(jump_s: int) -> None:
    """With everything heard shifted along, limits run on: no storm, nothing frozen, and a return is seen."""
    street = Street()
    street.run(300, gateway_speaks=True)
    street.run(60, gateway_speaks=False)
    street.now_ms += jump_s * SECOND
    street.start_ms += jump_s * SECOND
    street.listening_since_ms += jump_s * SECOND
    shift(street.ears, by_ms=jump_s * SECOND)
    street.judge()
    assert street.told() == []

    street.run(120, gateway_speaks=False)
    assert street.told() == [(Change.OPENED, "common.gateway_outage", "gw-1")]
    shift(street.ears, by_ms=-jump_s * SECOND)
    street.now_ms -= jump_s * SECOND
    street.start_ms -= jump_s * SECOND
    street.listening_since_ms -= jump_s * SECOND
    street.run(61, gateway_speaks=True)
    assert street.told()[1:] == [(Change.CLEARED, "common.gateway_outage", "gw-1")]


def test_nothing_was_heard_in_the_future() -> None:
    """A clock set back while we were away leaves instants that no silence could ever reach."""
    ears = {"fld-0": Ear(heard_ms=9_000, will_ms=9_500, back_ms=9_900), "fld-1": Ear()}

    not_after(ears, now_ms=5_000)

    assert ears == {"fld-0": Ear(heard_ms=5_000, will_ms=5_000, back_ms=5_000), "fld-1": Ear()}
