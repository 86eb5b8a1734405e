"""What the list of requests to ingest promises."""

from __future__ import annotations

from smartward.ports import DeadLetterGroup, Projection, Request
from tests.contracts.relational import Relational


def request(target: str) -> Request:
    """Ask for a replay."""
    return Request("replay", target, "phuc-yen", "bình", 7)


def test_requests_are_numbered_and_read_in_order(relational: Relational) -> None:
    """Ingest remembers one number and misses nothing."""
    asked = [relational.requests.ask(request(target)) for target in ("b", "a", "c")]

    assert [one.target for one in asked] == ["b", "a", "c"]
    assert relational.requests.requests_since(0) == asked
    assert relational.requests.requests_since(asked[0].number, limit=1) == asked[1:2]
    assert relational.requests.requests_since(asked[-1].number) == []


def test_a_dead_letter_group_that_expired_is_gone_and_the_others_stay(relational: Relational) -> None:
    """The screen forgets what ingest has forgotten."""
    groups = tuple(
        DeadLetterGroup(
            id_, "phuc-yen", "d1", "bad_json", "", "", "t", 3, 1, 2, gateway="gw-1", kept=2, replayed=1, replayed_ms=9
        )
        for id_ in ("g1", "g2")
    )
    relational.projections.project(Projection(dead_letters=groups))
    relational.projections.project(Projection(forgotten=("g1", "never-seen")))

    assert relational.projections.dead_letters() == [groups[1]]
