"""The durable log keeps every committed record, numbered without a gap, whatever kills the process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from smartward.errors import LogFull, StoreUnavailable
from smartward.log import DurableLog, Record, Size
from smartward.sqlite_file import Database

READERS = ("store", "rules")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Give an open file of its own to each test."""
    database = Database(tmp_path / "ingest.db")
    database.open()
    yield database
    database.close()


def opened(database: Database, *, max_body_bytes: int | None = None) -> DurableLog:
    """Open the journal of a database."""
    log = DurableLog(database, name="journal", cursors=READERS, max_body_bytes=max_body_bytes)
    log.open()
    return log


def append(database: Database, log: DurableLog, *bodies: bytes, at_ms: int = 0) -> tuple[int, int]:
    """Append in a transaction of its own."""
    with database.transaction() as connection:
        return log.append(connection, bodies, at_ms=at_ms)


def advance(database: Database, log: DurableLog, **numbers: int) -> None:
    """Move readers in one transaction."""
    with database.transaction() as connection:
        for name, number in numbers.items():
            log.advance(connection, name, number=number)


def test_records_are_read_back_in_order_from_where_a_reader_stands(database: Database) -> None:
    """A reader that knows its number misses nothing and reads nothing twice."""
    log = opened(database)

    assert append(database, log, b"a", b"b", at_ms=7) == (1, 2)
    assert append(database, log, b"c", at_ms=8) == (3, 3)

    assert log.read(after=1, limit=10) == [Record(2, 7, b"b"), Record(3, 8, b"c")]
    assert log.read(after=0, limit=1) == [Record(1, 7, b"a")]
    assert log.last() == 3


def test_a_record_and_the_owners_rows_commit_together_or_not_at_all(database: Database) -> None:
    """A queued notification without its cursor, or the other way round, would send twice or never."""
    log = opened(database)
    append(database, log, b"a")
    with database.transaction() as connection:
        connection.execute("CREATE TABLE notification (id TEXT)")

    def fail_at_the_end() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO notification VALUES ('n1')")
            log.advance(connection, "rules", number=1)
            log.append(connection, [b"b"], at_ms=0)
            _ = 1 // 0

    with pytest.raises(ZeroDivisionError):
        fail_at_the_end()

    assert (log.cursor("rules"), log.last()) == (0, 1)
    with database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM notification").fetchone() == (0,)


def test_a_cursor_never_goes_back(database: Database) -> None:
    """A reader that repeats an old batch may not make others believe it has not finished."""
    log = opened(database)
    append(database, log, b"a", b"b")

    advance(database, log, store=2)
    advance(database, log, store=1)

    assert log.cursors() == {"store": 2, "rules": 0}


def test_trimming_waits_for_the_slowest_reader(database: Database) -> None:
    """What one reader has not seen stays, however far the others are."""
    log = opened(database)
    append(database, log, b"a", b"b", b"c")
    advance(database, log, store=3)

    with database.transaction() as connection:
        assert log.trim(connection) == 0
    advance(database, log, rules=2)
    with database.transaction() as connection:
        assert log.trim(connection) == 2

    assert [record.number for record in log.read(after=0, limit=10)] == [3]
    assert log.size() == Size(records=1, body_bytes=1)


def test_trimming_keeps_what_is_younger_than_asked(database: Database) -> None:
    """The edge keeps delivered packs a day longer: the server may come back from a backup."""
    log = opened(database)
    append(database, log, b"old", at_ms=1_000)
    append(database, log, b"new", at_ms=2_000)
    append(database, log, b"clock went back", at_ms=1_000)
    advance(database, log, store=3, rules=3)

    with database.transaction() as connection:
        log.trim(connection, before_ms=2_000)

    assert [record.number for record in log.read(after=0, limit=10)] == [2, 3]


def test_numbers_go_on_after_everything_was_trimmed_and_the_file_reopened(tmp_path: Path) -> None:
    """A number given twice would be taken for a duplicate by the server, for ever."""
    for expected in (1, 2, 3):
        database = Database(tmp_path / "outbox.db")
        database.open()
        log = opened(database)
        assert append(database, log, b"x") == (expected, expected)
        advance(database, log, store=expected, rules=expected)
        with database.transaction() as connection:
            log.trim(connection)
        database.close()


def test_the_boot_is_new_only_when_the_file_is_new(tmp_path: Path) -> None:
    """The server recognises a pack for ever by (boot, seq)."""
    boots = []
    for name in ("one.db", "one.db", "two.db"):
        database = Database(tmp_path / name)
        database.open()
        boots.append(opened(database).boot)
        database.close()

    assert boots[0] == boots[1] != boots[2]
    assert all(boots)


def test_a_full_log_takes_nothing_and_says_so(database: Database) -> None:
    """Ingest stops acknowledging then; half a batch on disk would be counted twice."""
    log = opened(database, max_body_bytes=10)
    append(database, log, b"123456")

    with pytest.raises(LogFull, match="holds 6 of at most 10 bytes and cannot take 5 more"):
        append(database, log, b"12", b"345")

    assert log.size() == Size(records=1, body_bytes=6)


def test_a_replaced_record_keeps_its_number_and_frees_room(database: Database) -> None:
    """The edge puts a tombstone where it gave telemetry up; the sequence stays whole."""
    log = opened(database, max_body_bytes=10)
    append(database, log, b"1234567890", at_ms=5)

    with database.transaction() as connection:
        log.replace(connection, 1, body=b"gone")
        log.replace(connection, 99, body=b"never there")

    assert log.read(after=0, limit=9) == [Record(1, 5, b"gone")]
    assert append(database, log, b"654321") == (2, 2)


def test_skipped_numbers_are_never_given(database: Database) -> None:
    """A file restored from a backup must not number new records as the lost ones were numbered."""
    log = opened(database)
    append(database, log, b"a")
    with database.transaction() as connection:
        log.skip(connection, to=7)
        log.skip(connection, to=3)

    assert append(database, log, b"b") == (8, 8)
    assert [record.number for record in log.read(after=0, limit=9)] == [1, 8]
    assert log.size() == Size(records=2, body_bytes=2)


def test_a_file_of_another_log_is_refused(database: Database) -> None:
    """Pointing ingest at a gateway's outbox by mistake must not mix them."""
    opened(database)

    with pytest.raises(StoreUnavailable, match="holds the log 'journal', not 'outbox'"):
        DurableLog(database, name="outbox").open()


class LogAgainstList(RuleBasedStateMachine):
    """The log and a plain list, driven alike, with the process ending at any moment between commits."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.records: list[Record] = []
        self.trimmed = 0
        self.readers = dict.fromkeys(READERS, 0)
        self.reopen()
        self.boot = self.log.boot

    def reopen(self) -> None:
        """Open the file as a new process would."""
        self.database = Database(Path(self.folder.name) / "log.db")
        self.database.open()
        self.log = opened(self.database)

    @rule(bodies=st.lists(st.binary(max_size=40), max_size=4), at_ms=st.integers(0, 20))
    def appends(self, bodies: list[bytes], at_ms: int) -> None:
        """Append a batch."""
        before = len(self.records)
        assert append(self.database, self.log, *bodies, at_ms=at_ms) == (before + 1, before + len(bodies))
        self.records += [Record(before + 1 + index, at_ms, body) for index, body in enumerate(bodies)]

    @rule(name=st.sampled_from(READERS), number=st.integers(0, 12))
    def advances(self, name: str, number: int) -> None:
        """Move a reader, also backwards, never past the end."""
        number = min(number, len(self.records))
        advance(self.database, self.log, **{name: number})
        self.readers[name] = max(self.readers[name], number)

    @precondition(lambda self: self.records)
    @rule(before_ms=st.none() | st.integers(0, 20))
    def trims(self, before_ms: int | None) -> None:
        """Trim, with and without a floor on age."""
        with self.database.transaction() as connection:
            self.log.trim(connection, before_ms=before_ms)
        for record in self.records[self.trimmed : min(self.readers.values())]:
            if before_ms is not None and record.at_ms >= before_ms:
                break
            self.trimmed = record.number

    @rule(body=st.binary(max_size=40), number=st.integers(1, 12))
    def replaces(self, body: bytes, number: int) -> None:
        """Put another body in a record's place."""
        with self.database.transaction() as connection:
            self.log.replace(connection, number, body=body)
        if self.trimmed < number <= len(self.records):
            self.records[number - 1] = self.records[number - 1]._replace(body=body)

    @rule(bodies=st.lists(st.binary(max_size=40), max_size=3))
    def fails_after_append(self, bodies: list[bytes]) -> None:
        """Roll a batch back."""
        with suppress(ZeroDivisionError), self.database.transaction() as connection:
            self.log.append(connection, bodies, at_ms=0)
            _ = 1 // 0

    @rule()
    def restarts(self) -> None:
        """End and begin again."""
        self.database.close()
        self.reopen()

    @invariant()
    def holds_what_the_list_holds(self) -> None:
        """Compare everything that can be asked."""
        held = self.records[self.trimmed :]
        assert self.log.read(after=0, limit=1_000) == held
        assert self.log.last() == len(self.records)
        assert self.log.cursors() == self.readers
        assert self.log.size() == Size(len(held), sum(len(record.body) for record in held))
        assert self.log.boot == self.boot

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.database.close()
        self.folder.cleanup()


TestLogAgainstList = LogAgainstList.TestCase
TestLogAgainstList.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)

WRITER = """
import sys
from pathlib import Path
from smartward.log import DurableLog
from smartward.sqlite_file import Database

database = Database(Path(sys.argv[1]))
database.open()
log = DurableLog(database, name="journal", cursors=("store",))
log.open()
while True:
    with database.transaction() as connection:
        first, last = log.append(connection, [b"x" * 300] * 7, at_ms=1)
        log.advance(connection, "store", number=last)
    print(last, flush=True)
"""


@pytest.mark.faults
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_whatever_was_committed_survives_kill_9(tmp_path: Path, seed: int) -> None:
    """The process that acknowledged a message is killed at a random moment: the message must be there."""
    path = tmp_path / "ingest.db"
    printed = 0
    for commits in Random(seed).sample(range(1, 60), k=3):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        printed = [int(child.stdout.readline()) for _ in range(commits)][-1]
        child.kill()
        rest = child.stdout.read().split("\n")[:-1]  # what it had said before the kill reached it
        printed = int(rest[-1]) if rest else printed
        child.stdout.close()
        child.wait()

    database = Database(path)
    database.open()
    log = opened(database)
    numbers = [record.number for record in log.read(after=0, limit=1_000_000)]
    last = log.last()
    store = log.cursor("store")
    database.close()

    assert numbers == list(range(1, last + 1))
    assert printed <= last <= printed + 7
    assert store == last
