"""The console on a real server inside the test's own process, over the sample ward, so that a test can be ingest."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from api.__main__ import Server
from api.app import create_app
from tests.api.console.sample_ward import CHEAP, SampleWard
from tests.e2e.outside import eventually


@contextmanager
def served(ward: SampleWard, *, port: int = 0) -> Iterator[str]:
    """Serve a ward on a free port of the loopback (or on one that was used before) and give its address."""
    app = create_app(ward.services, ward.settings, passwords=CHEAP)
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2, ws="none")
    server = Server(config, live=app.state.live)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="console", daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started)
        assert thread.is_alive()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        assert not thread.is_alive()
