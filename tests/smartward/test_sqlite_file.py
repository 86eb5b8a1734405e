"""A SQLite file has one writing process, and says in plain words what is wrong with it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from smartward.errors import LogFull, StoreUnavailable
from smartward.sqlite_file import Database

OPENS = """
import sys
from pathlib import Path
from smartward.sqlite_file import Database

Database(Path(sys.argv[1])).open()
"""
ROWS = "INSERT INTO row (body) VALUES (?)"


def created(path: Path) -> Database:
    """Open a file with one table."""
    database = Database(path)
    database.open()
    with database.transaction() as connection:
        connection.execute("CREATE TABLE row (body TEXT NOT NULL)")
    return database


def count(database: Database) -> int:
    """Count the rows that are committed."""
    with database.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM row").fetchone()[0])


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Half a batch is worse than none; the file must also be usable afterwards."""
    database = created(tmp_path / "a.db")

    def fail_at_the_end() -> None:
        with database.transaction() as connection:
            connection.execute(ROWS, ("kept?",))
            connection.execute(ROWS, (None,))

    with pytest.raises(sqlite3.IntegrityError):
        fail_at_the_end()
    with database.transaction() as connection:
        connection.execute(ROWS, ("next",))

    assert count(database) == 1
    database.close()


def test_a_reader_sees_one_moment_and_never_waits_for_a_writer(tmp_path: Path) -> None:
    """The ledger is read while ingest writes: figures of two moments would not balance."""
    database = created(tmp_path / "a.db")

    with database.transaction() as writer, database.reading() as reader:
        assert reader.execute("SELECT count(*) FROM row").fetchone() == (0,)
        writer.execute(ROWS, ("a",))
        assert reader.execute("SELECT count(*) FROM row").fetchone() == (0,)

    assert count(database) == 1
    database.close()


def test_threads_take_turns(tmp_path: Path) -> None:
    """Two writers in one process may not see `database is locked`."""
    database = created(tmp_path / "a.db")

    def write() -> None:
        for number in range(20):
            with database.transaction() as connection:
                connection.execute(ROWS, (str(number),))

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(database) == 80
    database.close()


def test_a_transaction_inside_a_transaction_is_a_mistake_that_is_named(tmp_path: Path) -> None:
    """It would commit the outer one's half."""
    database = created(tmp_path / "a.db")

    with pytest.raises(RuntimeError, match="begun inside another"), database.transaction(), database.transaction():
        pass
    database.close()


def test_a_second_process_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    """Two agents on one outbox would number different packs alike."""
    path = tmp_path / "a.db"
    database = created(path)

    again = subprocess.run([sys.executable, "-c", OPENS, str(path)], capture_output=True, text=True, check=False)
    database.close()
    database.open()
    database.close()

    assert "is already in use by process " in again.stderr
    assert "Stop that process" in again.stderr


@pytest.mark.parametrize("content", [b"not a database at all" * 300, b"SQLite format 3\0" + b"\xff" * 8_000])
def test_a_damaged_file_is_refused_with_the_way_out(tmp_path: Path, content: bytes) -> None:
    """The operator must know that a backup is wanted, not read a stack of calls."""
    path = tmp_path / "a.db"
    path.write_bytes(content)

    with pytest.raises(StoreUnavailable, match=r"a\.db is damaged .* Restore it from a backup"):
        Database(path).open()


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    """A copy that was interrupted still has a good first page."""
    path = tmp_path / "a.db"
    database = created(path)
    with database.transaction() as connection:
        connection.executemany(ROWS, [("x" * 1_000,)] * 100)
    database.close()
    path.write_bytes(path.read_bytes()[:20_000])

    with pytest.raises(StoreUnavailable, match="is damaged"):
        Database(path).open()


def test_a_file_that_may_not_grow_is_a_full_log(tmp_path: Path) -> None:
    """Whoever acknowledges must learn that the disk is full, and nothing may be half written."""
    database = created(tmp_path / "a.db")
    with database.transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    with database.reading() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    def fill() -> None:
        with database.transaction() as connection:
            connection.execute(f"PRAGMA max_page_count={pages + 2}")
            connection.executemany(ROWS, [("x" * 4_000,)] * 10)

    with pytest.raises(LogFull, match=r"the disk is full\. Free some space"):
        fill()

    assert count(database) == 0
    database.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A path through a file is a typing mistake in the configuration."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreUnavailable, match=r"file/a\.db cannot be opened"):
        Database(tmp_path / "file" / "a.db").open()


def test_closing_twice_is_fine_and_a_closed_file_says_so(tmp_path: Path) -> None:
    """Stopping in the middle of a start happens."""
    database = created(tmp_path / "a.db")
    database.close()
    database.close()

    with pytest.raises(StoreUnavailable, match="is closed"), database.transaction():
        pass
    with pytest.raises(StoreUnavailable, match="is closed"), database.reading():
        pass
