"""What every audit promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from smartward.ports import AuditEntry
from tests.contracts.relational import Relational


def entry(number: int, *, ward: str = "phuc-yen") -> AuditEntry:
    """Write down one deed."""
    return AuditEntry(
        ward, "bình", "device.put", f"camera-{number}", at_ms=number, address="10.0.0.7", detail="tên → Ngã tư"
    )


def test_the_newest_entry_is_first_whatever_the_clocks_say(relational: Relational) -> None:
    """Entries stand in the order they were made; every field comes back."""
    entries = [entry(number) for number in (30, 10, 20)]
    for one in entries:
        relational.audit.record(one)

    assert relational.audit.entries() == entries[::-1]


def test_a_ward_reads_its_own_entries_up_to_the_limit(relational: Relational) -> None:
    """One ward's busy day does not push another's deeds out of sight."""
    for number in range(6):
        relational.audit.record(entry(number, ward="phuc-yen" if number % 2 else "xuan-hoa"))

    assert relational.audit.entries(ward="phuc-yen", limit=2) == [entry(5), entry(3)]
    assert relational.audit.entries(limit=1) == [entry(5)]
    assert relational.audit.entries(limit=0) == []
    assert relational.audit.entries(ward="nowhere") == []


def test_the_same_deed_twice_is_two_entries(relational: Relational) -> None:
    """An audit removes nothing, not even what looks the same."""
    relational.audit.record(entry(1))
    relational.audit.record(entry(1))

    assert relational.audit.entries() == [entry(1), entry(1)]


def test_entries_of_many_threads_are_all_kept(relational: Relational) -> None:
    """Deeds of one instant are all there."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(relational.audit.record, [entry(number) for number in range(20)]))

    assert sorted(one.at_ms for one in relational.audit.entries()) == list(range(20))
