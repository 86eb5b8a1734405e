"""How templates write for a reader: addresses, deadlines, search text, health bars."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.kinds import SHORT, short_name
from api.console.reader import Reader, fold
from api.console.texts import EN, VI
from api.console.views import HealthLine, Row, Stage
from smartward.alert import Severity
from smartward.catalogue.load import load
from smartward.instants import MINUTE_MS

NOW_MS = 1_800_000_000_000
READER = Reader(t=VI, zone=ZoneInfo("Asia/Ho_Chi_Minh"), now_ms=NOW_MS)


def row(*, due_ms: int | None, stage: Stage = "new") -> Row:
    """Give a row with a deadline."""
    return Row(
        id="a1", severity=Severity.HIGH, stage=stage, title="T", place="P", device="d", started_ms=NOW_MS, due_ms=due_ms
    )


@pytest.mark.parametrize(
    ("due_ms", "stage", "written"),
    [
        (NOW_MS + 58_000, "new", "Nhận trong 0:58"),
        (NOW_MS + 20 * MINUTE_MS, "accepted", "Xong trong 20 ph"),
        (NOW_MS - 2 * MINUTE_MS, "accepted", "Quá hạn 2 ph"),
        (None, "new", ""),
    ],
)
def test_a_deadline_says_what_is_due_and_how_late(due_ms: int | None, stage: Stage, written: str) -> None:
    """First to take it, then to finish it."""
    assert READER.due(row(due_ms=due_ms, stage=stage)) == written


def test_addresses_hold_only_what_differs_from_the_default() -> None:
    """A link that people send each other is short."""
    english = Reader(t=EN, zone=READER.zone, now_ms=NOW_MS, filter="mine", ward="b")

    assert READER.link() == "/"
    assert READER.link(alert="a1") == "/?alert=a1"
    assert english.link(alert="a1") == "/?lang=en&ward=b&alert=a1&filter=mine"
    assert english.link(filter="all") == "/?lang=en&ward=b"
    assert english.other_language() == "/?ward=b&filter=mine"
    assert READER.other_language() == "/?lang=en"
    assert english.deed("a1", "resolve") == "/alerts/a1/resolve?lang=en&ward=b"


def test_search_ignores_case_and_accents_and_reads_d_for_the_barred_d() -> None:
    """Nobody types accents in a hurry."""
    assert fold("Đường Ngập, KHẨN cấp") == "duong ngap, khan cap"


@given(good=st.integers(0, 2_000), weak=st.integers(0, 50), lost=st.integers(0, 50), unknown=st.integers(0, 50))
def test_a_health_bar_is_full_and_shows_every_trouble(good: int, weak: int, lost: int, unknown: int) -> None:
    """One camera lost of two thousand is still to be seen."""
    line = HealthLine(label="Camera", good=good, weak=weak, lost=lost, unknown=unknown)
    parts = READER.parts(line)

    assert [part.name for part in parts] == [
        name for name, count in zip("zwou", (good, weak, lost, unknown), strict=True) if count
    ]
    assert all(part.width >= 2 for part in parts)
    if parts:
        assert parts[0].x == 0
        assert abs(parts[-1].x + parts[-1].width - 100) < 0.1
        assert all(a.x + a.width < b.x + 0.01 for a, b in pairwise(parts))


def test_every_kind_of_the_catalogue_has_a_short_name_in_both_languages() -> None:
    """A list of health has room for two words."""
    catalogue = load()

    assert set(SHORT) == set(catalogue.types)
    assert all(len(name) <= 20 for names in SHORT.values() for name in names)
    assert short_name("camera", catalogue=catalogue, lang="en") == "Cameras"
    assert short_name("robot", catalogue=catalogue, lang="vi") == "robot"
