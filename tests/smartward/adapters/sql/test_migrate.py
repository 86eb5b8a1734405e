"""The schema: made from nothing, at every start, by whoever comes first."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from smartward.adapters.sql import SqlRegistry, migrate, open_database
from smartward.adapters.sql.feeds import Feed
from smartward.adapters.sql.tables import feed, metadata
from smartward.device import Ward
from smartward.errors import ConfigError, StoreUnavailable
from tests.servers.postgresql import PostgreSQL


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a database of each dialect with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ward.db"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.create_database()


def test_the_migrated_tables_are_those_the_code_names(bare_url: str) -> None:
    """A column added to the tables without a revision would fail on the first real ward."""
    migrate(bare_url)

    engine = create_engine(bare_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        difference = compare_metadata(context, metadata)
        tables = set(inspect(connection).get_table_names())
    engine.dispose()

    assert difference == []
    assert tables == {table.name for table in metadata.sorted_tables} | {"alembic_version"}


def test_every_index_of_the_code_is_in_the_database(bare_url: str) -> None:
    """Alembic does not compare the WHERE of an index, and one acknowledgement hangs on it."""
    migrate(bare_url)

    engine = create_engine(bare_url)
    found = {
        (index["name"], bool(index["unique"]), any(key.endswith("_where") for key in index["dialect_options"]))
        for table in metadata.sorted_tables
        for index in inspect(engine).get_indexes(table.name)
    }
    engine.dispose()

    assert found == {
        (index.name, index.unique, index.dialect_options[engine.dialect.name]["where"] is not None)
        for table in metadata.sorted_tables
        for index in table.indexes
    }


def test_every_feed_begins_at_zero(bare_url: str) -> None:
    """A feed without its row would refuse the first write."""
    migrate(bare_url)

    engine = create_engine(bare_url)
    with engine.connect() as connection:
        numbers = {row.name: row.number for row in connection.execute(feed.select())}
    engine.dispose()

    assert numbers == {str(name): 0 for name in Feed}


def test_migrating_again_changes_nothing_and_says_nothing(bare_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """It runs at every start: what people registered stays, and stdout belongs to data."""
    migrate(bare_url)
    database = open_database(bare_url)
    SqlRegistry(database).put_ward(Ward("phuc-yen", "Phúc Yên"))

    migrate(bare_url)

    assert SqlRegistry(database).wards() == [Ward("phuc-yen", "Phúc Yên")]
    database.close()
    assert capfd.readouterr() == ("", "")


def test_processes_that_start_together_both_find_the_schema(bare_url: str) -> None:
    """Two containers of one ward start in the same second, on an empty database."""
    program = f"import sys; from smartward.adapters.sql import migrate; sys.stdin.read(); migrate({bare_url!r})"
    children = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", program], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.close()
        child.stdin = None
    errors = [child.communicate(timeout=60)[1].decode() for child in children]

    assert errors == ["", "", ""]
    migrate(bare_url)


def test_a_database_of_a_newer_smartward_is_left_alone(bare_url: str) -> None:
    """Somebody installed an older version over a newer: it says so and touches nothing."""
    migrate(bare_url)
    engine = create_engine(bare_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigError, match=r"does not know .*9999.*install the newer smartward"):
        migrate(bare_url)

    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engine.dispose()


def test_the_sqlite_file_is_its_owners_and_in_wal(tmp_path: Path) -> None:
    """It holds password hashes; and readers must not wait for the writer."""
    migrate(f"sqlite:///{tmp_path}/ward.db")

    engine = create_engine(f"sqlite:///{tmp_path}/ward.db")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()
    assert stat.S_IMODE((tmp_path / "ward.db").stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A typing error in a path is told as such."""
    with pytest.raises(ConfigError, match=r"cannot write the database file .*/typo/ward\.db: No such file"):
        migrate(f"sqlite:///{tmp_path}/typo/ward.db")


def test_a_file_that_is_no_database_is_not_overwritten(tmp_path: Path) -> None:
    """The wrong file in the configuration survives the mistake."""
    other = tmp_path / "letters.txt"
    other.write_text("Kính gửi Ủy ban nhân dân phường, " * 100, encoding="utf-8")
    before = other.read_bytes()

    with pytest.raises(StoreUnavailable, match=r"letters\.txt: cannot migrate: file is not a database"):
        migrate(f"sqlite:///{other}")

    assert other.read_bytes() == before
