"""One InfluxDB server over HTTP, through influxdb-client: bytes out, rows back, trouble in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException

from smartward.adapters.influx.answer import Refused, Series, decode_refused, decode_results
from smartward.adapters.influx.version import Version, parse_version
from smartward.errors import StoreUnavailable

REFUSING = frozenset({400, 413, 422})
"""What a server answers when points are at fault and not the server."""

FORBIDDEN, NOT_FOUND, NO_SUCH_METHOD, CONFLICT = 403, 404, 405, 409
NO_RIGHT = frozenset({401, FORBIDDEN})
MERGED_ROWS = 10_000
"""From so many rows on, 1.x puts parts together and leaves the first one's word that more follow."""

STATEMENTS = 200
"""How many questions go into one request."""


class NoDatabase(StoreUnavailable):
    """The server has no database of that name (yet)."""


class Access(msgspec.Struct, frozen=True):
    """Where the server is and how to log in: `token`, or `username` and `password` (1.x only), or neither.

    `database` is the name of the bucket on 2.x, in the organisation `org`. `retention_days` is None to leave the
    server's own, 0 for ever.
    """

    url: str
    database: str
    token: str = ""
    username: str = ""
    password: str = ""
    org: str = ""
    retention_days: int | None = None
    timeout_s: float = 10.0

    @property
    def kept(self) -> str:
        """The second database, whose points outlive the retention of the first: newest values and marks."""
        return f"{self.database}_kept"

    def __repr__(self) -> str:
        """Show the place, never what opens it."""
        return f"Access({shown(self.url)}, {self.database})"


class Server:
    """A connection pool to one server. All methods may be called from any thread and raise StoreUnavailable."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.place = f"InfluxDB at {shown(access.url)}"
        self._lock = Lock()
        self._client: InfluxDBClient | None = None
        self._version: Version | None = None

    def close(self) -> None:
        """Close the connections; safe to call twice, and the next call opens new ones."""
        with self._lock:
            if self._client is not None:
                self._client.close()  # type: ignore[no-untyped-call]  # the library has no types there
            self._client = None
        self._version = None

    def version(self) -> Version:
        """Ask once what the server is."""
        if self._version is None:
            answer = self._call("GET", "/ping")
            said = answer.headers.get("X-Influxdb-Version", "")
            if not said and answer.status not in {200, 204}:
                raise self._trouble(answer.status, answer.data)
            self._version = parse_version(said)
        return self._version

    def write(self, body: bytes, *, database: str) -> Refused | None:
        """Write lines; None when all were taken. Times out like everything else: then nobody knows, and one repeats."""
        version = self.version()
        answer = self._call(
            "POST",
            version.write_path,
            query=version.write_query(database, org=self.access.org),
            body=body,
            content_type="text/plain; charset=utf-8",
        )
        if answer.status in REFUSING:
            return decode_refused(answer.data)
        if answer.status not in {200, 204}:
            raise self._trouble(answer.status, answer.data, database=database)
        return None

    def ask(self, statements: Sequence[str], *, database: str) -> list[tuple[Series, ...]]:
        """Ask questions in InfluxQL, with times in ns; the rows of each, in order."""
        if self.version().takes_many_statements:
            return [
                rows
                for first in range(0, len(statements), STATEMENTS)
                for rows in self._ask(statements[first : first + STATEMENTS], database=database)
            ]
        return [rows for statement in statements for rows in self._ask([statement], database=database)]

    def _ask(self, statements: Sequence[str], *, database: str) -> list[tuple[Series, ...]]:
        query = [("db", database), ("epoch", "ns")]
        if self.version().takes_many_statements:
            answer = self._call("POST", "/query", query=query, form=[("q", ";".join(statements))])
        else:
            answer = self._call("GET", "/query", query=[*query, ("q", statements[0])])
        if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise self._trouble(answer.status, answer.data, database=database)
        try:
            found = decode_results(answer.data)
        except msgspec.MsgspecError as error:
            raise StoreUnavailable(
                f"{self.place} answered something else than InfluxDB does ({error}). Check [store] url"
            ) from error
        for result in found.results:
            if problem := result.error or found.error:
                raise self._refused_question(problem, database=database)
            if any(series.partial and len(series.values) < MERGED_ROWS for series in result.series):
                raise StoreUnavailable(f"{self.place} cuts long answers off. Set max-row-limit = 0 under [http] there")
        return [result.series for result in found.results]

    def manage(self, method: str, path: str, *, query: dict[str, str] | None = None, body: Any = None) -> Any:
        """Call the server's own management; None where there is no such thing or no right to see it."""
        answer = self._call(
            method,
            path,
            query=list((query or {}).items()),
            body=body,
            content_type="application/json",
        )
        if answer.status in {FORBIDDEN, NOT_FOUND, NO_SUCH_METHOD}:
            return None
        if answer.status >= 300 and answer.status != CONFLICT:  # noqa: PLR2004 - HTTP's own number
            raise self._trouble(answer.status, answer.data)
        try:
            return msgspec.json.decode(answer.data) if answer.data else {}
        except msgspec.DecodeError:
            return {}

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        form: Sequence[tuple[str, str]] = (),
        content_type: str = "application/x-www-form-urlencoded",
    ) -> urllib3.BaseHTTPResponse:
        """Make one request; any status is an answer, no answer is StoreUnavailable."""
        try:
            answer: urllib3.BaseHTTPResponse = self._connected().api_client.call_api(  # type: ignore[no-untyped-call]
                path,
                method,
                query_params=list(query),
                header_params={"Content-Type": content_type, "Accept": "application/json"},
                body=body,
                post_params=list(form),
                _preload_content=False,
                _return_http_data_only=True,
            )
            answer.data  # noqa: B018 - reads the body, which sets the connection free
        except ApiException as error:
            if error.response is None:
                raise self._unreachable(error.reason or "no reason given") from None
            answer = error.response
        except urllib3.exceptions.HTTPError as error:
            raise self._unreachable(_reason(error)) from error
        return answer

    def _connected(self) -> InfluxDBClient:
        with self._lock:
            if self._client is None:
                access = self.access
                by_password = bool(access.username) and not access.token
                self._client = InfluxDBClient(
                    access.url,
                    token=f"{access.username}:{access.password}" if by_password else access.token,
                    auth_basic=by_password,
                    org=access.org,
                    timeout=int(access.timeout_s * 1_000),
                )
            return self._client

    def _unreachable(self, reason: str) -> StoreUnavailable:
        self._version = None
        return StoreUnavailable(
            f"{self.place} cannot be reached ({reason}). Check that it runs and that [store] url is right; "
            "what is to be stored waits in the journal"
        )

    def _trouble(self, status: int, body: bytes, *, database: str = "") -> StoreUnavailable:
        """Say what a status means and what to do."""
        said = decode_refused(body).reason[:300] if body else "no reason given"
        if status in NO_RIGHT:
            credentials = "token" if self.access.token else "username and password"
            return StoreUnavailable(
                f"{self.place} refused our {credentials} for {database or 'its own management'} ({status}: {said}). "
                f"Check [store] token, or username and password, and their rights on {self.access.database} and "
                f"{self.access.kept}"
            )
        if status == NOT_FOUND and database:
            self._version = None
            return NoDatabase(f"{self.place} has no database {database} ({said}). Start ingest, which makes it")
        self._version = None
        return StoreUnavailable(f"{self.place} cannot answer now ({status}: {said}). Look into its own log")

    def _refused_question(self, problem: str, *, database: str) -> StoreUnavailable:
        if "database not found" in problem or "does not exist" in problem:
            return NoDatabase(f"{self.place} has no database {database} yet. Start ingest, which makes it")
        return StoreUnavailable(f"{self.place} could not answer: {problem[:300]}")


def shown(url: str) -> str:
    """Give an address without a password that may stand in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    match error:
        case urllib3.exceptions.NewConnectionError():
            return "the connection was refused"
        case urllib3.exceptions.TimeoutError():
            return "no answer in time"
        case _:
            return type(error).__name__
