"""Dead letters: replayed when the cause is mended, bounded by quotas, forgotten by policy, never lost in between."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from ingest import dead_letters
from ingest.recount import recount
from smartward import topics
from smartward.adapters.sqlite import SqliteTelemetry
from smartward.device import Device
from smartward.instants import DAY_MS, SECOND_MS
from smartward.ports import DeadLetterGroup, Request
from tests.ingest.world import CATALOGUE, NOON, WARD, TestWard

CASES = yaml.safe_load((Path(__file__).parent.parent / "data" / "replay.yaml").read_text(encoding="utf-8"))["cases"]
AT_MS = NOON - 60_000


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[TestWard]:
    """Give a ward with a real store, so that every test may recount."""
    store = SqliteTelemetry(tmp_path / "telemetry.db", catalogue=CATALOGUE)
    store.open()
    ward = TestWard(tmp_path, store=store)
    yield ward
    ward.kill()
    store.close()


def say(ward: TestWard, said: dict[str, Any]) -> None:
    """Say a message of the table, with its instant written in."""
    if "raw" in said:
        ward.say(said["topic"], said["raw"].encode())
        return
    body = msgspec.json.encode(said["payload"]).replace(b'"AT"', str(AT_MS).encode())
    ward.say(said["topic"], body, retain=said.get("retain", False))


def ask(ward: TestWard, group: str) -> None:
    """Ask for a replay as the API does."""
    ward.requests.ask(Request("replay", group, WARD, "an", ward.clock.now_ms()))


def groups(ward: TestWard) -> dict[str, DeadLetterGroup]:
    """Give the groups as the API sees them, by reason."""
    return {group.reason: group for group in ward.projections.dead_letters()}


def accounts(ward: TestWard, expected: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Give the figures that are expected, as they are."""
    devices = ward.ledger().devices
    return {device: {name: getattr(devices[device], name) for name in wanted} for device, wanted in expected.items()}


def assert_sound(ward: TestWard) -> None:
    """Assert that every account balances and a recount finds nothing."""
    assert all(account.balances for account in ward.ledger().devices.values()), ward.ledger().devices
    assert recount(ward.folder / "ingest.db", ward.folder / "telemetry.db").findings == ()


@pytest.mark.parametrize("case", CASES, ids=[case["name"].replace(" ", "-") for case in CASES])
def test_a_replay_moves_what_is_believed_now_and_leaves_the_rest(ward: TestWard, case: dict[str, Any]) -> None:
    """The ledger balances before and after, and a recount from outside agrees."""
    for said in case["says"]:
        say(ward, said)
    ward.settle()
    assert accounts(ward, case.get("before", {})) == case.get("before", {})
    assert_sound(ward)

    if "register" in case:
        ward.registry.put_device(Device(ward=WARD, **case["register"]))
    ask(ward, groups(ward)[case["replay"]].id)
    ward.settle()

    assert accounts(ward, case["after"]) == case["after"]
    assert {reason: group.count for reason, group in groups(ward).items() if group.count} == case["left"]
    assert_sound(ward)


def test_a_replay_twice_is_a_replay_once(ward: TestWard) -> None:
    """Two people press the button; nothing is counted or stored twice."""
    say(ward, CASES[0]["says"][0])
    ward.settle()
    ward.registry.put_device(Device(ward=WARD, **CASES[0]["register"]))
    (group,) = ward.projections.dead_letters()
    for _ in range(2):
        ask(ward, group.id)
    ward.settle()
    ask(ward, group.id)
    ward.settle()

    (group,) = ward.projections.dead_letters()
    assert (group.count, group.kept, group.replayed) == (0, 0, 2)
    assert accounts(ward, CASES[0]["after"]) == CASES[0]["after"]
    assert_sound(ward)


def test_yesterday_s_flood_replayed_today_is_stored_and_alarms_nobody(ward: TestWard) -> None:
    """A replayed value keeps the instant it arrived; it is no news and its device is not thereby heard."""
    for _ in range(10):
        ward.say(topics.obs(WARD, "gw-1", "fld-9"), {"at": ward.clock.now_ms(), "values": {"depth": 0.4}})
        ward.settle()
        ward.clock.advance(seconds=60)
    arrived_ms = ward.clock.now_ms()
    ward.clock.advance(seconds=3_600)
    ward.registry.put_device(Device("fld-9", WARD, "gw-1", "flood_road"))
    ask(ward, groups(ward)["unknown_device"].id)
    for _ in range(200):
        ward.settle()

    assert len(ward.store.series("fld-9", "depth", from_ms=0, to_ms=arrived_ms)) == 10
    (latest,) = ward.store.latest(device="fld-9")
    assert latest.received_ms < arrived_ms
    assert [one.rule for one in ward.projections.conditions() if one.device == "fld-9"] == []


@pytest.mark.parametrize("seed", range(10))
def test_a_replay_is_done_once_when_ingest_dies_between_any_two_steps(ward: TestWard, seed: int) -> None:
    """Kill at random points: every item is believed once."""
    chance = random.Random(seed)
    for number in range(30):
        ward.say(topics.obs(WARD, "gw-1", "fld-9"), {"at": AT_MS + number, "values": {"depth": 0.1}})
    ward.settle()
    ward.registry.put_device(Device("fld-9", WARD, "gw-1", "flood_road"))
    ask(ward, groups(ward)["unknown_device"].id)
    for _ in range(12):
        step = chance.choice(
            [ward.ingest.requested.step, ward.ingest.storing.step, ward.ingest.deciding.step, ward.ingest.mirror.step]
        )
        step()
        if chance.random() < 0.3:
            ward.kill()
            ward.boot_up()
    ward.settle()

    expected = {"fld-9": {"received": 30, "stored": 30, "duplicates": 0}, "gw-1": {"received": 0, "dead_lettered": 0}}
    assert accounts(ward, expected) == expected
    assert_sound(ward)


def test_a_group_keeps_its_newest_messages_and_the_count_of_all(ward: TestWard) -> None:
    """A broken device that speaks every second is one line and a few kilobytes."""
    many = dead_letters.KEPT_MESSAGES + 15
    for number in range(many):
        ward.say(topics.obs(WARD, "gw-1", "fld-9"), {"at": AT_MS + number, "values": {"depth": 0.1}})
    ward.settle()

    (group,) = ward.projections.dead_letters()
    assert (group.count, group.kept, group.gateway) == (many, dead_letters.KEPT_MESSAGES, "gw-1")
    ward.registry.put_device(Device("fld-9", WARD, "gw-1", "flood_road"))
    ask(ward, group.id)
    ward.settle()
    (group,) = ward.projections.dead_letters()
    assert (group.count, group.kept, group.replayed) == (15, 0, dead_letters.KEPT_MESSAGES)
    assert_sound(ward)


def test_over_a_day_s_bytes_only_counts_are_kept_until_tomorrow(ward: TestWard) -> None:
    """`body_dropped` says so; another gateway's letters are kept meanwhile."""
    ward.registry.put_device(Device("self-1", WARD, "self-1", "air_quality"))
    ward.ingest.known.step()
    each = 200_000
    for number in range(dead_letters.MAX_DAY_BYTES // each + 2):
        ward.say(topics.obs(WARD, "gw-1", "fld-1"), b"{" + str(number).encode() + b"x" * each)
    ward.say(topics.obs(WARD, "self-1", "self-1"), b"{broken")
    ward.settle()

    full, other = sorted(ward.projections.dead_letters(), key=lambda group: -group.count)
    assert (full.body_dropped, full.kept, full.count) == (True, dead_letters.MAX_DAY_BYTES // each, full.kept + 2)
    assert (other.body_dropped, other.body) == (False, b"{broken")

    ward.clock.advance(ms=DAY_MS)
    ward.say(topics.obs(WARD, "gw-1", "fld-1"), b"{tomorrow")
    ward.settle()
    again = ward.projections.dead_letters()[0]
    assert (again.body_dropped, again.body) == (False, b"{tomorrow")
    assert_sound(ward)


def test_over_its_groups_a_gateway_has_one_group_for_each_device_and_reason(ward: TestWard) -> None:
    """Somebody who invents names fills no disk; what is refused is counted all the same, and others have their own."""
    many = dead_letters.MAX_GROUPS + 40
    for number in range(many):
        ward.say(topics.obs(WARD, "gw-1", f"made-up-{number}"), {"values": {"depth": 0.1}})
        ward.say(f"ward/{WARD}/nobody-{number}/x-{number}/obs", {"values": {"depth": 0.1}})
    ward.settle()

    letters = ward.projections.dead_letters(limit=5_000)
    over = {group.gateway: group.count for group in letters if group.shape == dead_letters.OVER_QUOTA}
    assert over == {"gw-1": 40, "(unknown)": 40}
    assert len(letters) == 2 * dead_letters.MAX_GROUPS + 2
    assert sum(group.count for group in letters) == ward.ledger().total.dead_lettered == 2 * many
    assert_sound(ward)


def test_what_nobody_mended_in_thirty_days_is_forgotten_but_for_its_count(ward: TestWard) -> None:
    """The screen and the disk let go; the ledger still comes out, and a new refusal begins a new line."""
    ward.say(topics.obs(WARD, "gw-1", "fld-1"), b"{old")
    ward.settle()
    ward.clock.advance(ms=29 * DAY_MS)
    ward.say(topics.obs(WARD, "gw-1", "fld-2"), b"{young")
    ward.settle()
    ward.ingest.expiry.step()
    ward.settle()
    assert len(ward.projections.dead_letters()) == 2

    ward.clock.advance(ms=DAY_MS)
    for _ in range(2):
        ward.ingest.expiry.step()
        ward.settle()
    assert [group.device for group in ward.projections.dead_letters()] == ["fld-2"]
    assert ward.ledger().devices["fld-1"].dead_lettered == 1
    assert_sound(ward)

    begin_ms = ward.clock.now_ms()
    ward.say(topics.obs(WARD, "gw-1", "fld-1"), b"{new")
    ward.settle()
    newest = ward.projections.dead_letters()[0]
    assert (newest.device, newest.count, newest.body) == ("fld-1", 1, b"{new")
    assert begin_ms <= newest.first_ms <= begin_ms + SECOND_MS
    assert_sound(ward)


def test_a_request_that_this_ingest_does_not_know_holds_nothing_up(ward: TestWard) -> None:
    """A newer API may ask for more."""
    ward.requests.ask(Request("dance", "x", WARD, "an", NOON))
    ask(ward, "no-such-group")
    say(ward, CASES[0]["says"][0])
    ward.settle()
    ward.registry.put_device(Device(ward=WARD, **CASES[0]["register"]))
    ask(ward, groups(ward)["unknown_device"].id)
    ward.settle()

    assert ward.ledger().devices["fld-9"].stored == 2
