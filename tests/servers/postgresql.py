"""A real PostgreSQL 15 for the tests, in a folder of its own, gone with its data at the end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
import pytest

BIN = Path("/usr/lib/postgresql/15/bin")
INSTALL = "apt-get install -y --no-install-recommends postgresql"
CLUSTER = ("-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
PASSWORD = "mật/khẩu%40:@?"


class PostgreSQL:
    """One server process; for root it runs as the user `postgres`, because PostgreSQL refuses to run as root."""

    def __init__(self, *, folder: Path, port: int) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._databases = 0
        self.port = port

    def start(self) -> None:
        """Create the cluster and wait until it answers; it must live and own the port, or another server answered."""
        password = self._folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        if os.geteuid() == 0:
            for path in (self._folder, password):
                shutil.chown(path, user="postgres", group="postgres")
        self._run("initdb", "-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(password), *CLUSTER)
        settings = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -c fsync=off"
        )
        self._run("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", settings, "start")
        process = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
        listening = {one.laddr.port for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN}
        assert self.port in listening, f"port {self.port} belongs to somebody else"

    def stop(self) -> None:
        """End the server at once and wait until it is gone; safe to call twice."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def url(self, database: str, *, password: str = PASSWORD) -> str:
        """Give the URL of a database as smartward's configuration writes it."""
        return f"postgresql+psycopg://postgres:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        """Create a database that sorts as Vietnamese, as a ward's server may, and give its URL."""
        self._databases += 1
        name = f"ward_{self._databases}"
        with psycopg.connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'vi'"
            )
        return self.url(name)

    def _run(self, program: str, *options: str) -> None:
        """Run one of PostgreSQL's programs; its output goes to files, because the server inherits them."""
        account: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": ()}
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [BIN / program, "-D", self._data, *options],
                check=False,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **account if os.geteuid() == 0 else {},
            )
            output.seek(0)
            assert done.returncode == 0, f"{program} failed: {output.read().decode(errors='replace')}"


def free_port() -> int:
    """Find a loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Run one PostgreSQL for the whole session."""
    if not (BIN / "postgres").exists():
        pytest.fail(f"PostgreSQL 15 is not installed; {INSTALL}", pytrace=False)
    folder = Path(tempfile.mkdtemp(prefix="smartward-postgresql-"))
    server = PostgreSQL(folder=folder, port=free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
