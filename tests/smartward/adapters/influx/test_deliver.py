"""Delivering: a server that takes what it can, and says no more than real ones do about the rest."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from smartward.adapters.influx.answer import Refused, decode_refused
from smartward.adapters.influx.deliver import LINES, Part, deliver
from smartward.adapters.influx.line import Entry

OLD = "partial write: points beyond retention policy"
CONFLICT = 'partial write: field type conflict: input field "{}" on measurement "river" is type string, already exists'


class Shelf:
    """Takes lines like InfluxDB 1.x: stores the good ones, and gives one reason and a number for the others."""

    def __init__(self, *, refuse: Callable[[str], str], says_how_many: bool = True) -> None:
        self.stored: set[str] = set()
        self.writes = 0
        self._refuse, self._says_how_many = refuse, says_how_many

    def write(self, body: bytes) -> Refused | None:
        """Take a body of lines."""
        self.writes += 1
        reasons = []
        for line in body.decode().split("\n"):
            if reason := self._refuse(line):
                reasons.append(reason)
            else:
                self.stored.add(line)
        if not reasons:
            return None
        reason = reasons[0] + (f" dropped={reasons.count(reasons[0])}" if self._says_how_many else "")
        return decode_refused(msgspec.json.encode({"error": reason}))


def point(place: int, *, at_ns: int = 0, **fields: float | str) -> Part:
    """Make a point of a river gauge."""
    return Part(place, Entry("river", "w", "d1", {"received_at": 1, **fields}, at_ns), frozenset(fields))


def test_nothing_to_write_writes_nothing() -> None:
    """A batch of duplicates costs no request."""
    shelf = Shelf(refuse=lambda _: "")

    assert deliver([], write=shelf.write) == []
    assert shelf.writes == 0


def test_many_points_go_in_several_writes() -> None:
    """A server refuses a body that is too large as a whole."""
    shelf = Shelf(refuse=lambda _: "")

    assert deliver([point(n, at_ns=n, level=1.0) for n in range(LINES + 1)], write=shelf.write) == []
    assert (shelf.writes, len(shelf.stored)) == (2, LINES + 1)


@given(
    old=st.sets(st.integers(0, 199)),
    says_how_many=st.booleans(),
)
def test_exactly_the_refused_points_are_named(*, old: set[int], says_how_many: bool) -> None:
    """Whatever the server tells of how many there were."""
    shelf = Shelf(refuse=lambda line: OLD if int(line.rsplit(" ", 1)[1]) in old else "", says_how_many=says_how_many)

    lost = deliver([point(n, at_ns=n, level=1.0) for n in range(200)], write=shelf.write)

    assert {one.place for one in lost} == old
    assert len(lost) == len(old)
    assert {one.reason for one in lost} <= {OLD}
    assert len(shelf.stored) == 200 - len(old)


def test_a_long_outage_beyond_retention_is_told_in_few_writes() -> None:
    """What is too old lies together in time."""
    shelf = Shelf(refuse=lambda line: OLD if int(line.rsplit(" ", 1)[1]) < 5_000 else "")

    lost = deliver([point(n, at_ns=n, level=1.0) for n in range(9_000)], write=shelf.write)

    assert len(lost) == 5_000
    assert shelf.writes < 40


def test_a_value_of_another_type_does_not_take_its_neighbours_with_it() -> None:
    """The other quantities of the same instant are stored; only the one that clashes is refused."""
    shelf = Shelf(refuse=lambda line: CONFLICT.format("level") if "level=" in line else "")

    lost = deliver([point(0, level=1.0, battery=2.0), point(1, battery=3.0)], write=shelf.write)

    assert [(one.place, one.quantities) for one in lost] == [(0, frozenset({"level"}))]
    assert sorted(shelf.stored) == [
        "river,device=d1,ward=w received_at=1i,battery=2.0 0",
        "river,device=d1,ward=w received_at=1i,battery=3.0 0",
    ]


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=60))
def test_two_clashing_quantities_and_old_points_together(points: list[tuple[bool, bool, bool]]) -> None:
    """Every value is either stored or named, never both and never neither."""

    def refuse(line: str) -> str:
        if line.endswith(" 7"):
            return OLD
        return next((CONFLICT.format(name) for name in ("bad", "worse") if f"{name}=" in line), "")

    parts = [
        point(
            place,
            at_ns=7 if is_old else place + 10,
            **{"good": float(place)} | ({"bad": 1.0} if is_bad else {}) | ({"worse": 2.0} if is_worse else {}),
        )
        for place, (is_old, is_bad, is_worse) in enumerate(points)
    ]
    shelf = Shelf(refuse=refuse)

    lost = [(one.place, quantity) for one in deliver(parts, write=shelf.write) for quantity in one.quantities]

    expected = {
        (part.place, quantity)
        for part in parts
        for quantity in part.quantities
        if part.entry.at_ns == 7 or quantity != "good"
    }
    assert sorted(lost) == sorted(expected)
    assert len(shelf.stored) == sum(1 for part in parts if part.entry.at_ns != 7)


def test_lines_that_the_server_names_are_believed() -> None:
    """InfluxDB 3 says which line it refused and why."""

    def write(body: bytes) -> Refused | None:
        data = [
            {
                "original_line": line,
                "line_number": number,
                "error_message": "invalid column type for column 'level', expected iox::column_type::field::float, got "
                "iox::column_type::field::string",
            }
            for number, line in enumerate(body.decode().split("\n"), start=1)
            if "level=" in line
        ]
        said = {"error": "partial write of line protocol occurred", "data": data}
        return decode_refused(msgspec.json.encode(said)) if data else None

    lost = deliver([point(0, battery=1.0), point(1, level=1.0), point(2, level=1.0, battery=2.0)], write=write)

    assert {(one.place, one.quantities) for one in lost} == {(1, frozenset({"level"})), (2, frozenset({"level"}))}
