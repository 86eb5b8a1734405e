"""What every keeper of people and their logins promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from smartward.errors import NotFound
from smartward.staff import Access, Person, Session
from tests.contracts.relational import Relational

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"
BINH = Person(
    "binh.nguyen",
    "Nguyễn Thị Bình",
    {"phuc-yen": Access.OPERATOR, "xuan-hoa": Access.VIEWER},
    roles=("police_duty", "tech_maint"),
    password_hash=HASH,
)
LOGIN = Session("f" * 64, BINH.username, created_ms=1_000, expires_ms=2_000)


def test_what_was_put_is_what_comes_back(relational: Relational) -> None:
    """Roles keep their order, access keeps its ward, the hash is not touched."""
    relational.people.put_person(BINH)

    assert relational.people.person(BINH.username) == BINH
    assert relational.people.people() == [BINH]


def test_a_stranger_is_nobody(relational: Relational) -> None:
    """A login with an unknown name is an answer, not an accident; names are exact."""
    relational.people.put_person(BINH)

    for stranger in ("", "ghost", "BINH.NGUYEN", "binh.nguyen ", "' OR 1=1 --", "bình.nguyễn"):
        assert relational.people.person(stranger) is None


def test_somebody_without_access_and_roles_is_kept_as_they_are(relational: Relational) -> None:
    """Access taken away everywhere is an empty dictionary, not a missing person."""
    nobody = Person("moi", "Người mới", {})

    relational.people.put_person(nobody)

    assert relational.people.person("moi") == nobody
    assert relational.people.people() == [nobody]


def test_putting_again_replaces_all_of_somebody(relational: Relational) -> None:
    """Access in a ward that the new record does not name is gone: it was taken away."""
    moved = msgspec.structs.replace(BINH, access={"xuan-hoa": Access.CHIEF}, roles=(), password_hash="new")
    relational.people.put_person(BINH)

    relational.people.put_person(moved)

    assert relational.people.people() == [moved]


def test_people_are_listed_by_username_whatever_the_database_speaks(relational: Relational) -> None:
    """The list does not change its order with the server's locale."""
    names = ["an", "Cường", "bình", "đạt", "z", "Đ", "a.n", "a-n", "ăn"]
    for name in names:
        relational.people.put_person(Person(name, name, {"phuc-yen": Access.VIEWER}))

    assert [person.username for person in relational.people.people()] == sorted(names)


def test_a_login_is_found_until_it_expires(relational: Relational) -> None:
    """At the instant of expiry it is over."""
    relational.people.put_person(BINH)
    relational.people.open_session(LOGIN)

    assert relational.people.session(LOGIN.token_hash, now_ms=1_999) == LOGIN
    assert relational.people.session(LOGIN.token_hash, now_ms=2_000) is None
    assert relational.people.session("0" * 64, now_ms=1_500) is None


def test_a_closed_login_is_over(relational: Relational) -> None:
    """Logging out works at once, only for that login, and twice does no harm."""
    other = msgspec.structs.replace(LOGIN, token_hash="0" * 64)
    relational.people.put_person(BINH)
    relational.people.open_session(LOGIN)
    relational.people.open_session(other)

    relational.people.close_session(LOGIN.token_hash)
    relational.people.close_session(LOGIN.token_hash)

    assert relational.people.session(LOGIN.token_hash, now_ms=1_500) is None
    assert relational.people.session(other.token_hash, now_ms=1_500) == other


def test_an_edit_of_somebody_does_not_log_them_out(relational: Relational) -> None:
    """A corrected name in the middle of a shift is no reason to lose the screen."""
    relational.people.put_person(BINH)
    relational.people.open_session(LOGIN)

    relational.people.put_person(msgspec.structs.replace(BINH, name="Bình"))

    assert relational.people.session(LOGIN.token_hash, now_ms=1_500) == LOGIN


def test_a_login_of_nobody_is_refused(relational: Relational) -> None:
    """A session always belongs to a person that exists."""
    with pytest.raises(NotFound, match=r"person binh\.nguyen does not exist"):
        relational.people.open_session(LOGIN)

    assert relational.people.session(LOGIN.token_hash, now_ms=1_500) is None


def test_expired_logins_do_not_pile_up(relational: Relational) -> None:
    """Each login forgets those that were over by then: even a clock set back does not revive them."""
    relational.people.put_person(BINH)
    relational.people.open_session(LOGIN)

    relational.people.open_session(Session("1" * 64, BINH.username, created_ms=2_000, expires_ms=3_000))

    assert relational.people.session(LOGIN.token_hash, now_ms=1_500) is None


def test_a_person_is_never_seen_half_replaced(relational: Relational) -> None:
    """While access is rewritten a reader sees the old or the new, never nobody without rights."""
    variants = [BINH, msgspec.structs.replace(BINH, access={"xuan-hoa": Access.ADMIN}, roles=())]
    relational.people.put_person(BINH)

    def write(turn: int) -> None:
        relational.people.put_person(variants[turn % 2])

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, turn) for turn in range(20)]
        seen = [relational.people.person(BINH.username) for _ in range(40)]
        listed = [relational.people.people() for _ in range(10)]
        for done in writing:
            done.result()

    assert all(person in variants for person in seen)
    assert all(len(people) == 1 and people[0] in variants for people in listed)
