"""Tests of the lock-out: five wrong in 30 s, five minutes, and nobody else is hit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.lockout import FOR_MS, LIMIT, REMEMBERED, WITHIN_MS, Lockout

NOW_MS = 1_000_000


def attempt(lockout: Lockout, now_ms: int, *, username: str = "an", address: str = "10.0.0.1") -> int | None:
    """Try once."""
    return lockout.attempt(username, address=address, now_ms=now_ms)


def test_five_wrong_attempts_lock_for_five_minutes() -> None:
    """The rule of QĐ 724/QĐ-BTTTT; an attempt while locked does not make it longer."""
    lockout = Lockout()

    allowed = [attempt(lockout, NOW_MS + n) for n in range(LIMIT)]
    refused = attempt(lockout, NOW_MS + LIMIT)
    later = attempt(lockout, NOW_MS + LIMIT - 1 + FOR_MS)

    assert allowed == [None] * LIMIT
    assert refused == NOW_MS + LIMIT - 1 + FOR_MS
    assert later is None


def test_a_right_password_forgives_the_wrong_ones() -> None:
    """Who mistypes four times and then gets in starts afresh."""
    lockout = Lockout()
    for n in range(LIMIT - 1):
        attempt(lockout, NOW_MS + n)
    lockout.passed("an", address="10.0.0.1")

    assert [attempt(lockout, NOW_MS + n) for n in range(LIMIT)] == [None] * LIMIT


def test_somebody_else_and_somewhere_else_are_not_locked() -> None:
    """A stranger cannot lock the operator out of the duty room."""
    lockout = Lockout()
    for n in range(LIMIT):
        attempt(lockout, NOW_MS + n)

    assert attempt(lockout, NOW_MS + LIMIT, address="10.0.0.2") is None
    assert attempt(lockout, NOW_MS + LIMIT, username="binh") is None


def test_a_flood_of_names_does_not_fill_the_memory() -> None:
    """The oldest are forgotten; the newest are still counted."""
    lockout = Lockout()
    for n in range(LIMIT):
        attempt(lockout, NOW_MS + n)
    for n in range(REMEMBERED):
        attempt(lockout, NOW_MS, username=f"name-{n}")

    assert attempt(lockout, NOW_MS + LIMIT) is None


@given(st.lists(st.integers(min_value=0, max_value=20_000), min_size=1, max_size=40))
def test_no_more_than_five_attempts_pass_in_any_thirty_seconds(pauses_ms: list[int]) -> None:
    """However the attempts are spaced, nobody tries a sixth password within the window."""
    lockout, now_ms, passed = Lockout(), NOW_MS, list[int]()
    for pause_ms in pauses_ms:
        now_ms += pause_ms
        if attempt(lockout, now_ms) is None:
            passed.append(now_ms)

    for first, sixth in zip(passed, passed[LIMIT:], strict=False):
        assert sixth - first >= WITHIN_MS
