"""The database itself: what it refuses, what it never tells, and how it lives with others."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from smartward.adapters.sql import Database, SqlPeople, SqlProjections, SqlRegistry, SqlWorkLog, migrate, open_database
from smartward.adapters.sql.database import open_engine, parse_url
from smartward.adapters.sql.feeds import Feed, newest_number, take_number
from smartward.adapters.sql.rows import as_row
from smartward.adapters.sql.tables import person, ward, work_action
from smartward.alert import Deed, WorkAction
from smartward.device import Device, Ward
from smartward.errors import ConfigError, StoreUnavailable
from smartward.staff import Person
from tests.servers.postgresql import PostgreSQL, free_port

PHUC_YEN = Ward("phuc-yen", "Phúc Yên")


def hasty(url: str) -> Database:
    """Open a database that waits only a second for others."""
    return Database(open_engine(parse_url(url), busy_timeout_s=1))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3cret",
        "mysql://root:s3cret@localhost/ward",
        "postgresql://u:s3cret@localhost/ward",
        "postgres://u:s3cret@localhost/ward",
        "postgresql+asyncpg://u:s3cret@localhost/ward",
        "postgresql+psycopg://u:s3cret@localhost:port/ward",
        "postgresql+psycopg://u:with@and:s3cret@localhost/ward",
        "postgresql+psycopg://u:p@localhost:s3cret/ward",
        "postgresql+psycopg://u:p@s3cret@localhost/ward",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:s3cret?uri=true",
        "sqlite+aiosqlite:///ward.db",
        "/var/lib/smartward/ward.db?s3cret",
    ],
)
def test_a_url_that_cannot_work_is_refused_without_quoting_it(url: str) -> None:
    """The remedy shows the two forms that work; what was written may hold a password."""
    for use in (open_database, migrate):
        with pytest.raises(ConfigError, match=r"^database\.url: .*\. write sqlite:////") as refused:
            use(url)
        assert "s3cret" not in "".join(traceback.format_exception(refused.value))


def test_a_wrong_password_is_told_but_never_shown(postgresql: PostgreSQL, caplog: pytest.LogCaptureFixture) -> None:
    """Errors and logs go to screens and tickets."""
    caplog.set_level(logging.DEBUG)
    url = postgresql.url("postgres", password="s3cret%word")

    for use in (SqlRegistry(open_database(url)).revision, lambda: migrate(url)):
        with pytest.raises(StoreUnavailable, match="password authentication failed") as refused:
            use()
        assert "s3cret" not in "".join(traceback.format_exception(refused.value))
    assert "s3cret" not in caplog.text


def test_a_hash_is_in_no_error_and_no_log(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Even when the database refuses a row, its values stay inside."""
    caplog.set_level(logging.DEBUG)
    database = open_database(database_url)
    somebody = Person("an", "An", {}, password_hash="$argon2$h4sh")
    SqlPeople(database).put_person(somebody)
    row = {"username": "an", "name": "An", "roles": [], "password_hash": somebody.password_hash}

    with pytest.raises(IntegrityError) as refused, database.writing() as connection:
        connection.execute(insert(person), row)
    database.close()

    assert "h4sh" not in str(refused.value)
    assert "h4sh" not in caplog.text


def test_a_server_that_is_away_is_unavailable() -> None:
    """The API answers 503 and ingest keeps its journal: both know this exception."""
    url = f"postgresql+psycopg://ward:s3cret@127.0.0.1:{free_port()}/ward"

    for use in (SqlRegistry(open_database(url)).revision, lambda: migrate(url)):
        with pytest.raises(StoreUnavailable, match=r"ward:\*\*\*@127\.0\.0\.1.*(refused|failed)") as away:
            use()
        assert "s3cret" not in "".join(traceback.format_exception(away.value))


def test_a_database_without_its_tables_is_unavailable(tmp_path: Path, postgresql: PostgreSQL) -> None:
    """The API may start before the migration has run; it waits like for a database that is away."""
    for url in (f"sqlite:///{tmp_path}/ward.db", postgresql.create_database()):
        database = open_database(url)
        with pytest.raises(StoreUnavailable, match="feed"):
            SqlRegistry(database).revision()
        database.close()


def test_a_server_that_came_back_is_used_at_once(postgresql: PostgreSQL) -> None:
    """A restarted PostgreSQL costs no failed request: dead connections are noticed before use."""
    url = postgresql.create_database()
    migrate(url)
    database = open_database(url)
    registry = SqlRegistry(database)
    registry.put_ward(PHUC_YEN)

    with psycopg.connect(postgresql.url("postgres").replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )

    assert registry.wards() == [PHUC_YEN]
    database.close()


def test_what_a_person_wrote_behind_the_url_wins(postgresql: PostgreSQL) -> None:
    """A city's own timeouts and names for its connections are kept; ours are only defaults."""
    database = open_database(
        postgresql.url("postgres") + "?application_name=phuc-yen&options=-c%20lock_timeout%3D1234ms&host=127.0.0.1"
    )

    with database.reading() as connection:
        shown = [
            connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in ("application_name", "lock_timeout")
        ]
    database.close()

    assert shown == ["phuc-yen", "1234ms"]


def test_a_reader_sees_one_instant(database_url: str) -> None:
    """What is read in one go belongs together, whatever is committed meanwhile."""
    database = open_database(database_url)
    registry = SqlRegistry(database)

    with database.reading() as connection:
        before = newest_number(connection, Feed.REGISTRY)
        registry.put_ward(PHUC_YEN)
        after = (newest_number(connection, Feed.REGISTRY), connection.execute(select(ward)).all())

    assert after == (before, [])
    assert registry.revision() == before + 1
    database.close()


def test_a_reader_does_not_wait_for_a_writer(database_url: str) -> None:
    """The screen stays alive while an import runs, and sees nothing of it before it is done."""
    database = hasty(database_url)

    with database.writing() as connection:
        take_number(connection, Feed.REGISTRY)
        connection.execute(insert(ward), as_row(PHUC_YEN))
        assert SqlRegistry(database).wards() == []
        assert SqlRegistry(database).revision() == 0

    assert SqlRegistry(database).wards() == [PHUC_YEN]
    database.close()


def test_numbers_are_in_the_order_of_commits(database_url: str) -> None:
    """Nobody gets a later number while an earlier one may still be committed: a reader that saw 2 has seen 1."""
    database = hasty(database_url)
    registry = SqlRegistry(database)

    with database.writing() as connection:
        first = take_number(connection, Feed.REGISTRY)
        with pytest.raises(StoreUnavailable, match=r"lock"):
            registry.put_ward(PHUC_YEN)
    registry.put_ward(PHUC_YEN)

    assert (first, registry.revision()) == (1, 2)
    database.close()


def test_a_writer_on_sqlite_is_alone_from_its_first_reading(tmp_path: Path) -> None:
    """What it read is still true when it writes: no one can commit in between and make it fail at the end."""
    url = f"sqlite:///{tmp_path}/ward.db"
    migrate(url)
    database = hasty(url)

    with database.writing() as connection:
        assert connection.execute(select(ward)).all() == []
        with pytest.raises(StoreUnavailable, match=r"ward\.db: database is locked; try again"):
            SqlRegistry(database).put_ward(PHUC_YEN)
        connection.execute(insert(ward), as_row(PHUC_YEN))

    assert SqlRegistry(database).wards() == [PHUC_YEN]
    database.close()


def test_a_number_of_a_failed_write_is_given_again(database_url: str) -> None:
    """The number comes and goes with its change; a hole would look like something missed."""
    database = open_database(database_url)

    def fail() -> None:
        with database.writing() as connection:
            take_number(connection, Feed.WORK)
            connection.execute(insert(ward), as_row(PHUC_YEN))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with database.writing() as connection:
        assert take_number(connection, Feed.WORK) == 1
    assert SqlRegistry(database).wards() == []
    database.close()


def test_the_index_itself_refuses_a_second_acknowledgement(database_url: str) -> None:
    """The promise does not hang on our code alone: it holds for whoever writes the table."""
    database = open_database(database_url)
    row = as_row(WorkAction("a1", Deed.ACKNOWLEDGE, "bình", 1))

    with database.writing() as connection:
        connection.execute(insert(work_action), row | {"number": 1})
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(insert(work_action), row | {"number": 2})
    database.close()


def test_a_device_without_its_ward_cannot_even_be_written_by_hand(database_url: str) -> None:
    """Foreign keys are on in both databases; SQLite leaves them off unless asked."""
    database = open_database(database_url)

    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(
            database.insert(ward.metadata.tables["device"]), as_row(Device("d", "nowhere", "d", "camera"))
        )
    database.close()


def test_two_processes_write_at_once(database_url: str) -> None:
    """The API and ingest share one file on the embedded default: nobody is refused, nothing is lost."""
    program = f"""
import sys
from smartward.adapters.sql import SqlProjections, open_database
from smartward.ports import Projection
database = open_database({database_url!r})
for turn in range(100):
    SqlProjections(database).project(Projection())
database.close()
"""
    database = open_database(database_url)
    log = SqlWorkLog(database)
    actions = [WorkAction("a1", Deed.COMMENT, "an", turn) for turn in range(100)]

    ingest = subprocess.Popen([sys.executable, "-W", "error", "-c", program], stderr=subprocess.PIPE)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(log.add, actions))
    errors = ingest.communicate(timeout=60)[1].decode()

    assert errors == ""
    assert log.revision() == len(log.actions(["a1"])["a1"]) == 100
    assert SqlProjections(database).revision() == 100
    database.close()


def test_closing_twice_does_no_harm(database_url: str) -> None:
    """Every start has its stop, and a stop may come twice."""
    database = open_database(database_url)
    SqlRegistry(database).revision()

    database.close()
    database.close()


def test_a_read_only_sqlite_file_is_unavailable_for_writing(tmp_path: Path) -> None:
    """A disk that went read-only is no mistake of ours: keep the data and try again."""
    url = f"sqlite:///{tmp_path}/ward.db"
    migrate(url)
    database = open_database(url)
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")

    with pytest.raises(StoreUnavailable, match=r"ward\.db: attempt to write a readonly database"):
        SqlRegistry(database).put_ward(PHUC_YEN)
    database.close()


def test_more_threads_than_connections_take_turns(database_url: str) -> None:
    """A web server's forty threads share the pool."""
    database = open_database(database_url)
    registry = SqlRegistry(database)
    registry.put_ward(PHUC_YEN)

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _turn: registry.wards(), range(80)))

    assert answers == [[PHUC_YEN]] * 80
    with database.writing() as connection:
        connection.execute(update(ward).values(name="Phường Phúc Yên"))
    assert registry.wards()[0].name == "Phường Phúc Yên"
    database.close()
