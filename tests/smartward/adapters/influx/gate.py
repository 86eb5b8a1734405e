"""A gate before an InfluxDB server: it passes requests on, remembers them, and can lose what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tests.servers.influxdb import InfluxDB

PASSED_ON = ("Authorization", "Content-Type", "Accept")


class Gate:
    """What the gate does now; `requests` are the paths that came."""

    def __init__(self, far: InfluxDB) -> None:
        self.far = far
        self.requests: list[str] = []
        self.lose_answers_to_writes = False
        self.refuse_questions = False
        self.is_silent = False
        self.closing = Event()
        self.url = ""


@contextmanager
def gate_to(server: InfluxDB) -> Iterator[Gate]:
    """Stand before a server for the time of a block."""
    gate = Gate(server)
    with _listening(_handler(gate)) as gate.url:
        yield gate
        gate.closing.set()


@contextmanager
def strange_server(said: bytes) -> Iterator[str]:
    """Answer everything with the same words, as another program would."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
            """Say nothing."""

    with _listening(Handler) as url:
        yield url


@contextmanager
def _listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(gate: Gate) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # one packet an answer

        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            gate.requests.append(urlsplit(self.path).path)
            if gate.refuse_questions and "/query" in self.path:
                self.send_error(503)
                return
            if gate.is_silent:
                gate.closing.wait(5)
                self.close_connection = True
                return
            headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
            status, answered_headers, answer = _asked(
                Request(gate.far.url + self.path, data=body or None, headers=headers, method=self.command)
            )
            if gate.lose_answers_to_writes and "/write" in self.path:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in answered_headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
            """Say nothing."""

    return Handler


def _asked(request: Request) -> tuple[int, dict[str, str], bytes]:
    """Ask the server behind: status, the headers that matter, body."""
    try:
        answer = urlopen(request, timeout=10)
    except HTTPError as error:
        answer = error
    with answer:
        body: bytes = answer.read()
        headers = {
            name: answer.headers[name] for name in ("X-Influxdb-Version", "Content-Type") if answer.headers[name]
        }
        return answer.status, headers | ({"Content-Length": str(len(body))} if body else {}), body
