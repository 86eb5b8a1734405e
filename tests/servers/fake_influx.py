"""A FAKE of InfluxDB 2.x and 3.x: their documented doors, tokens and complaints, before a real 1.x with the points.

No such server can be had from Debian. What is fake: paths, tokens, organisations, buckets and their names for
InfluxQL, database management, the form of refusals, one statement a request on 3.x. What is real: line protocol,
InfluxQL, types and retention, for every point goes through the `influxd` behind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

from tests.servers.influxdb import InfluxDB

TOKEN = "a token of the fake's own=="
ORG = "phường Phúc Yên"
DAY_S = 24 * 3600
Answer = tuple[int, dict[str, str], Any]
NOTHING: Answer = (204, {}, None)
NOT_FOUND: Answer = (404, {}, {"code": "not found", "message": "path not found"})


class Asked(NamedTuple):
    """What a request brings."""

    query: dict[str, str]
    body: bytes


class FakeInflux(InfluxDB):
    """What the fake has been told so far; `requests` are the methods and paths that came."""

    def __init__(self, engine: InfluxDB) -> None:
        super().__init__("", token=TOKEN, org=ORG)
        self.engine = engine
        self.requests: list[str] = []

    def forget(self) -> None:
        """Drop what was made, in the real server behind."""
        self.engine._made += self._made
        self._made = []
        self.engine.forget()

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        """Answer one request of somebody who has the token; a subclass says what its version does."""
        raise NotImplementedError

    def is_open(self, path: str) -> bool:
        """Tell whether anybody may ask there."""
        return path == ""

    def is_welcome(self, path: str, authorization: str) -> bool:
        """Tell whether a request may come in."""
        return self.is_open(path) or authorization in {f"Token {TOKEN}", f"Bearer {TOKEN}"}

    def passed_on(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Ask the real server behind."""
        headers = {"Content-Type": "application/x-www-form-urlencoded" if path == "/query" else "text/plain"}
        request = Request(f"{self.engine.url}{path}?{urlencode(query)}", data=body, headers=headers, method="POST")
        try:
            with urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()

    def engine_has(self, database: str) -> bool:
        """Tell whether the server behind has a database."""
        return database in {row["name"] for row in self.engine.query("SHOW DATABASES")}


class FakeV2(FakeInflux):
    """InfluxDB OSS 2.x: buckets, and names for InfluxQL that 2.1 and later find by themselves (`has_virtual_names`)."""

    def __init__(self, engine: InfluxDB, *, has_virtual_names: bool = True) -> None:
        super().__init__(engine)
        self.has_virtual_names = has_virtual_names
        self.buckets: dict[str, dict[str, Any]] = {}
        self.names: dict[str, dict[str, Any]] = {}

    def is_open(self, path: str) -> bool:
        """Tell whether anybody may ask there: for the version."""
        return path == "/ping"

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        """Answer as https://docs.influxdata.com/influxdb/v2/api/ says."""
        doors: dict[tuple[str, str], Callable[[Asked], Answer]] = {
            ("GET", "/ping"): self._ping,
            ("GET", "/api/v2/orgs"): self._list_organisations,
            ("GET", "/api/v2/buckets"): self._list_buckets,
            ("POST", "/api/v2/buckets"): self._make_bucket,
            ("GET", "/api/v2/dbrps"): self._list_names,
            ("POST", "/api/v2/dbrps"): self._make_name,
            ("POST", "/api/v2/write"): self._write,
            ("POST", "/query"): self._query,
        }
        if method == "PATCH" and path.startswith("/api/v2/buckets/"):
            return self._change_bucket(path.rsplit("/", 1)[1], json.loads(body))
        door = doors.get((method, path))
        return door(Asked(query, body)) if door else NOT_FOUND

    def _ping(self, _: Asked) -> Answer:
        return 204, {"X-Influxdb-Version": "v2.7.12", "X-Influxdb-Build": "OSS"}, None

    def _list_organisations(self, asked: Asked) -> Answer:
        if asked.query.get("org", ORG) != ORG:
            return 404, {}, {"code": "not found", "message": f'organization name "{asked.query["org"]}" not found'}
        return 200, {}, {"orgs": [{"id": "0rg", "name": ORG}]}

    def _list_buckets(self, asked: Asked) -> Answer:
        return 200, {}, {"buckets": [one for one in self.buckets.values() if one["name"] == asked.query["name"]]}

    def _list_names(self, asked: Asked) -> Answer:
        return 200, {}, {"content": [self.names[asked.query["db"]]] if asked.query["db"] in self.names else []}

    def _make_name(self, asked: Asked) -> Answer:
        name = json.loads(asked.body)
        self.names[name["database"]] = name
        return 201, {}, name

    def _make_bucket(self, asked: Asked) -> Answer:
        wanted = json.loads(asked.body)
        assert wanted["orgID"] == "0rg"
        name = wanted["name"]
        if name in self.buckets:
            return 422, {}, {"code": "conflict", "message": f"bucket with name {name} already exists"}
        seconds = next((rule["everySeconds"] for rule in wanted["retentionRules"]), 0)
        duration = f" WITH DURATION {seconds}s" if seconds else ""
        self.engine.query(f'CREATE DATABASE "{name}"{duration}')
        self.buckets[name] = wanted | {"id": f"b{len(self.buckets)}"}
        if self.has_virtual_names:
            self.names[name] = {"database": name, "retention_policy": "autogen", "virtual": True}
        return 201, {}, self.buckets[name]

    def _change_bucket(self, bucket_id: str, wanted: dict[str, Any]) -> Answer:
        (bucket,) = (one for one in self.buckets.values() if one["id"] == bucket_id)
        bucket |= wanted
        return 200, {}, bucket

    def _write(self, asked: Asked) -> Answer:
        if asked.query["org"] != ORG or asked.query["bucket"] not in self.buckets:
            return 404, {}, {"code": "not found", "message": f'bucket "{asked.query["bucket"]}" not found'}
        status, answer = self.passed_on(
            "/write", {"db": asked.query["bucket"], "precision": asked.query["precision"]}, asked.body
        )
        if status != 400:
            return status, {}, None
        said = json.loads(answer)["error"]
        if said.startswith("partial write"):
            message = f"failure writing points to database: {said}"
            return 422, {}, {"code": "unprocessable entity", "message": message}
        return 400, {}, {"code": "invalid", "message": said}

    def _query(self, asked: Asked) -> Answer:
        form = dict(parse_qsl(asked.body.decode()))
        if re.match(r"(CREATE|ALTER|DROP DATABASE)", form["q"]):
            return 400, {}, {"code": "invalid", "message": "not implemented: management by InfluxQL"}
        if asked.query["db"] not in self.names:
            return 404, {}, {"code": "not found", "message": f'no dbrp mapping found for "{asked.query["db"]}"'}
        status, answer = self.passed_on("/query", asked.query, asked.body)
        return status, {}, json.loads(answer)


class FakeV3(FakeInflux):
    """InfluxDB 3 Core: databases that the first write makes, one statement a request, refused lines by number."""

    def __init__(self, engine: InfluxDB, *, lets_manage: bool = True) -> None:
        super().__init__(engine)
        self.lets_manage = lets_manage
        self.retention: dict[str, str] = {}

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        """Answer as https://docs.influxdata.com/influxdb3/core/api/ says."""
        match method, path:
            case "GET", "/ping":
                said = {"version": "3.2.1", "revision": "1ca3168bee", "process_id": "b1f5"}
                return 200, {"x-influxdb-version": "3.2.1", "x-influxdb-build": "Core"}, said
            case "POST", "/api/v3/configure/database":
                return self._make_database(json.loads(body))
            case "POST", "/api/v2/write":
                return self._write(query["bucket"], body.decode())
            case "GET", "/query":
                return self._query(query)
        return NOT_FOUND

    def _make_database(self, wanted: dict[str, str]) -> Answer:
        if not self.lets_manage:
            return 403, {}, {"error": "access denied"}
        if self.engine_has(wanted["db"]):
            return 409, {}, {"error": "attempted to create a resource that already exists"}
        self._make(wanted["db"], wanted.get("retention_period", ""))
        return 200, {}, None

    def _make(self, database: str, period: str = "") -> None:
        self.retention[database] = period
        self.engine.query(f'CREATE DATABASE "{database}"' + (f" WITH DURATION {period}" if period else ""))

    def _write(self, database: str, body: str) -> Answer:
        if not self.engine_has(database):
            self._make(database)
        status, _ = self.passed_on("/write", {"db": database, "precision": "ns"}, body.encode())
        if status == 204:
            return NOTHING
        refused = []
        for number, line in enumerate(re.findall(r'(?:"(?:\\.|[^"\\])*"|[^"\n])+', body), start=1):
            status, answer = self.passed_on("/write", {"db": database, "precision": "ns"}, line.encode())
            if status != 204:
                said = _as_v3_says(json.loads(answer)["error"])
                refused.append({"original_line": line[:60], "line_number": number, "error_message": said})
        return 400, {}, {"error": "partial write of line protocol occurred", "data": refused}

    def _query(self, query: dict[str, str]) -> Answer:
        if ";" in re.sub(r"'(?:\\.|[^'\\])*'", "", query["q"]):
            return 400, {}, {"error": "must provide only one InfluxQl statement per query"}
        if not self.engine_has(query["db"]):
            return 404, {}, {"error": f"database not found: {query['db']}"}
        status, answer = self.passed_on("/query", query, b"")
        found = json.loads(answer)
        for result in found["results"]:
            result["series"] = [_with_tags_as_columns(series) for series in result.get("series", [])]
        return status, {}, found


def _as_v3_says(error: str) -> str:
    clash = re.search(r'input field "(.*)" on measurement .* is type (\w+), already exists as type (\w+)', error)
    if clash is None:
        return error
    kinds = f"expected iox::column_type::field::{clash[3]}, got iox::column_type::field::{clash[2]}"
    return f"invalid column type for column '{clash[1]}', {kinds}"


def _with_tags_as_columns(series: dict[str, Any]) -> dict[str, Any]:
    tags = series.get("tags", {})
    return {
        "name": series["name"],
        "columns": [*series["columns"], *tags],
        "values": [[*values, *tags.values()] for values in series["values"]],
    }


@contextmanager
def pretending(fake: FakeInflux) -> Iterator[None]:
    """Let a fake listen on a free port of loopback for the time of a block."""
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    fake.url = f"http://127.0.0.1:{listening.server_address[1]}"
    thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def _handler(fake: FakeInflux) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # one packet an answer

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PATCH(self) -> None:
            self._answer()

        def _answer(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fake.requests.append(f"{self.command} {address.path}")
            if fake.is_welcome(address.path, self.headers.get("Authorization", "")):
                status, headers, said = fake.answer(self.command, address.path, dict(parse_qsl(address.query)), body)
            else:
                status, headers, said = 401, {}, {"code": "unauthorized", "message": "unauthorized access"}
            answer = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
            """Say nothing."""

    return Handler
