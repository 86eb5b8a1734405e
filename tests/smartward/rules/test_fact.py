"""Facts: an alert stands exactly as long as its fact."""

from __future__ import annotations

import pytest

from smartward.alert import AlertCondition, Condition
from smartward.catalogue import load
from smartward.errors import CatalogueError
from smartward.rules.evaluate import AlertChange, Change
from smartward.rules.fact import Fact, key_of, move

CATALOGUE = load()
FULL = Fact("platform.journal_full", "songmay", "ingest", "Máy chủ")
SKEW = Fact("common.clock_skew", "songmay", "fld-1", "Bến Đò", value=-300, threshold=120)


def standing(*changes: AlertChange) -> dict[str, AlertCondition]:
    """Give what stands after changes."""
    return {key_of(change.condition): change.condition for change in changes}


def test_a_fact_opens_one_alert_and_its_end_clears_it() -> None:
    """With the rule's severity and the figures that matter."""
    opened = move({}, [FULL, SKEW], unknown=(), catalogue=CATALOGUE, now_ms=1_000)
    assert [(change.change, change.condition.rule, change.condition.severity) for change in opened] == [
        (Change.OPENED, "platform.journal_full", "critical"),
        (Change.OPENED, "common.clock_skew", "low"),
    ]
    assert (opened[1].condition.value, opened[1].condition.threshold) == (-300, 120)

    assert move(standing(*opened), [FULL, SKEW], unknown=(), catalogue=CATALOGUE, now_ms=2_000) == []
    (cleared,) = move(standing(*opened), [SKEW], unknown=(), catalogue=CATALOGUE, now_ms=3_000)
    assert (cleared.change, cleared.condition.rule) == (Change.CLEARED, "platform.journal_full")
    assert (cleared.condition.id, cleared.condition.condition) == (opened[0].condition.id, Condition.CLEARED)


def test_what_cannot_be_known_now_stays_as_it_is() -> None:
    """A restart that has not heard a clock yet does not declare it right."""
    opened = move({}, [SKEW], unknown=(), catalogue=CATALOGUE, now_ms=1_000)

    assert move(standing(*opened), [], unknown={SKEW.key}, catalogue=CATALOGUE, now_ms=2_000) == []


def test_a_rule_that_nobody_wrote_is_a_mistake() -> None:
    """An alert without words and steps helps nobody."""
    with pytest.raises(CatalogueError, match="nothing"):
        move({}, [Fact("platform.nothing", "w", "d", "p")], unknown=(), catalogue=CATALOGUE, now_ms=1)
