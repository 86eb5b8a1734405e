"""Logging in to 1.x, with all rights and with few, and what a wrong word is answered."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartward.adapters.influx import InfluxReader
from smartward.adapters.influx.server import Access, Server
from smartward.errors import CatalogueError, StoreUnavailable
from smartward.ports import Count
from tests.contracts.telemetry import CATALOGUE, NOON_MS, catalogue_of, observed
from tests.servers.influxdb import Influxd, InfluxDB, running
from tests.smartward.adapters.influx.gate import strange_server
from tests.smartward.adapters.influx.stores import opened, put

ADMIN = "mật 'khẩu' của quản trị"
WRITER = "ingest's own"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """Run a server with users: `admin` may do all, `writer` may write two databases that an administrator made."""
    with running(tmp_path_factory.mktemp("guarded"), has_users=True) as server:
        quoted = ADMIN.replace("'", "\\'")
        server.query(f"CREATE USER admin WITH PASSWORD '{quoted}' WITH ALL PRIVILEGES")
        server.username, server.password = "admin", ADMIN
        server.query("CREATE USER writer WITH PASSWORD '{}'".format(WRITER.replace("'", "\\'")))
        for database in ("shared", "shared_kept", "short", "short_kept"):
            server.query(f"CREATE DATABASE {database}" + ("" if database == "shared_kept" else " WITH DURATION 30d"))
            server.query(f"GRANT ALL ON {database} TO writer")
        yield server


def as_writer(server: Influxd) -> InfluxDB:
    """Log in as somebody with few rights."""
    return InfluxDB(server.url, username="writer", password=WRITER)


def test_an_administrator_makes_what_is_missing(guarded: Influxd, tmp_path: Path) -> None:
    """Passwords of any letters travel whole."""
    with opened(guarded, tmp_path, database="made") as store:
        assert put(store, 1, observed("d1", NOON_MS, level=1.0)) == {"d1": Count(stored=1)}
        assert len(store.latest()) == 1


def test_a_user_with_few_rights_uses_what_an_administrator_made(
    guarded: Influxd, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A retention that it may not change is told with the statement that would."""
    with opened(as_writer(guarded), tmp_path, database="shared", retention_days=90) as store:
        assert put(store, 1, observed("d1", NOON_MS, level=1.0)) == {"d1": Count(stored=1)}

    assert 'ALTER RETENTION POLICY "autogen" ON "shared" DURATION 90d' in caplog.text


def test_newest_values_are_not_written_where_they_would_be_dropped(guarded: Influxd, tmp_path: Path) -> None:
    """They lie in 1970; the statement that helps is in the message."""
    with (
        opened(as_writer(guarded), tmp_path, database="short") as store,
        pytest.raises(StoreUnavailable, match='ALTER RETENTION POLICY "autogen" ON "short_kept" DURATION INF'),
    ):
        put(store, 1, observed("d1", NOON_MS, level=1.0))


def test_a_user_with_few_rights_is_told_what_to_ask_for(guarded: Influxd, tmp_path: Path) -> None:
    """The names of the databases, ready to be handed on."""
    with (
        opened(as_writer(guarded), tmp_path, database="unmade") as store,
        pytest.raises(StoreUnavailable, match="administrator make unmade and unmade_kept"),
    ):
        put(store, 1, observed("d1", NOON_MS, level=1.0))


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_is_told_without_being_quoted(guarded: Influxd, tmp_path: Path, password: str) -> None:
    """The message goes into logs and onto screens."""
    stranger = InfluxDB(guarded.url, username="admin", password=password)
    with (
        opened(stranger, tmp_path, database="ward") as store,
        pytest.raises(StoreUnavailable, match=r"refused our username and password.*\[store\]") as caught,
    ):
        put(store, 1, observed("d1", NOON_MS, level=1.0))

    assert "wrong" not in str(caught.value)


def test_no_word_of_the_library_says_a_password(
    guarded: Influxd, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even with every log turned on."""
    with caplog.at_level(logging.DEBUG), opened(guarded, tmp_path, database="made") as store:
        put(store, 7, observed("d1", NOON_MS + 7, level=1.0))

    assert ADMIN not in caplog.text
    assert ADMIN not in repr(Access(guarded.url, "made", password=ADMIN, username="admin"))


def test_an_address_with_a_password_is_never_shown() -> None:
    """Some write it into the URL."""
    server = Server(Access("http://admin:secret@127.0.0.1:1/", "ward"))

    with pytest.raises(StoreUnavailable, match=r"InfluxDB at http://127\.0\.0\.1:1 cannot be reached") as caught:
        server.version()
    assert "secret" not in str(caught.value)


def test_something_that_is_no_influxdb_is_told() -> None:
    """A port mixed up with another program's."""
    with strange_server(b"<html>hello</html>") as url:
        reader = InfluxReader(url=url, database="ward", catalogue=CATALOGUE)
        with pytest.raises(StoreUnavailable, match=r"something else than InfluxDB.*\[store\] url"):
            reader.latest()
        reader.close()


@pytest.mark.parametrize(("days", "kept"), [(None, "720h0m0s"), (0, "0s"), (7, "168h0m0s")])
def test_retention_is_changed_only_when_it_is_written_down(
    influxdb: InfluxDB, database: str, tmp_path: Path, days: int | None, kept: str
) -> None:
    """Left out, what an administrator has set stays; the newest values are kept for ever in any case."""
    influxdb.query(f'CREATE DATABASE "{database}" WITH DURATION 30d')
    with opened(influxdb, tmp_path, database=database, retention_days=days):
        pass

    (policy,) = influxdb.query(f'SHOW RETENTION POLICIES ON "{database}"')
    (of_newest,) = influxdb.query(f'SHOW RETENTION POLICIES ON "{database}_kept"')
    assert (policy["duration"], policy["default"], of_newest["duration"]) == (kept, True, "0s")


@pytest.mark.parametrize(
    ("types", "named"),
    [
        ({"event": {"level": "number"}}, "type event"),
        ({"river": {"received_at": "number"}}, "quantity received_at"),
        ({"river": {"ward": "string"}}, "quantity ward"),
        ({"ri\\ver": {"level": "number"}}, "cannot be a name"),
        ({"river": {"_level": "number"}}, "cannot be a name"),
    ],
)
def test_a_catalogue_that_influxdb_cannot_carry_is_refused_at_the_start(
    influxdb: InfluxDB, database: str, tmp_path: Path, types: dict[str, dict[str, str]], named: str
) -> None:
    """Not with the first value in the night."""
    catalogue = catalogue_of(types)  # type: ignore[arg-type]  # kinds as plain words
    with pytest.raises(CatalogueError, match=named), opened(influxdb, tmp_path, database=database, catalogue=catalogue):
        pass
