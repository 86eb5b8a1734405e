"""A cable between a client and a server on this machine, which a test can cut."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

CUT = struct.pack("ii", 1, 0)
"""Linger of zero: closing sends a reset, as a vanished peer's router does."""


class Cable:
    """A TCP relay. Cutting it resets every connection; while unplugged it takes no new one."""

    def __init__(self, port: int) -> None:
        self.far_port = port
        self._is_plugged = True
        self._lock = Lock()
        self._sockets: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Reset every connection; new ones are taken."""
        with self._lock:
            for end in self._sockets:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CUT)
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def unplug(self) -> None:
        """Reset every connection and take no new one."""
        self._is_plugged = False
        self.cut()

    def plug(self) -> None:
        """Take connections again."""
        self._is_plugged = True

    def close(self) -> None:
        """End for good."""
        self._is_plugged = False
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.far_port))
            except OSError:
                near.close()
                continue
            if not self._is_plugged:
                near.close()
                far.close()
                continue
            with self._lock:
                self._sockets |= {near, far}
            pair = [Thread(target=self._copy, args=(near, far), daemon=True)]
            pair.append(Thread(target=self._copy, args=(far, near), daemon=True))
            Thread(target=self._close_after, args=(pair, near, far), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _close_after(self, pair: list[Thread], *ends: socket.socket) -> None:
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join()
        with self._lock:
            self._sockets -= set(ends)
        for end in ends:
            end.close()


@contextmanager
def laid_to(port: int) -> Iterator[Cable]:
    """Lay a cable to a port for the time of a block."""
    cable = Cable(port)
    try:
        yield cable
    finally:
        cable.close()
