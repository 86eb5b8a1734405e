"""The supervisor: keeps a set of child processes running, and ends them all when it ends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import NamedTuple

from smartward.child import Child
from smartward.errors import SmartwardError

log = logging.getLogger(__name__)

RESTART_AFTER_S = (0.5, 1.0, 2.0, 5.0, 10.0)
EXIT_BAD_USAGE = 2
GRACE_S = 3.0
STEADY_AFTER_S = 60.0
"""A service that has run for so long begins again with the shortest wait when it dies."""


class ChildFailed(SmartwardError):
    """A child ended because its configuration is wrong; its last lines say what and how to mend it."""


class Service(NamedTuple):
    """One child by name, and how it is started."""

    name: str
    argv: Sequence[str]


class Supervisor:
    """Starts services in order; one that dies is started again, one that refuses its configuration is not.

    `poll` is to be called from the thread that called `start`: Linux ends children with the thread that started them.
    """

    def __init__(self, services: Sequence[Service], *, logs: Path, env: Mapping[str, str] | None = None) -> None:
        """Know the services, where their logs go, and their environment (None: ours)."""
        self._services, self._logs, self._env = tuple(services), logs, env
        self._children: dict[str, Child] = {}
        self._deaths: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._started_s: dict[str, float] = {}

    def start(self) -> None:
        """Start every service, in order."""
        for service in self._services:
            self._start(service)

    def poll(self, *, now_s: float) -> None:
        """Start again what has died; raises ChildFailed when a service refuses its configuration."""
        for service in self._services:
            child = self._children[service.name]
            if child.is_alive:
                if now_s - self._started_s.setdefault(service.name, now_s) > STEADY_AFTER_S:
                    self._deaths.pop(service.name, None)
                continue
            if child.exit_code == EXIT_BAD_USAGE:
                raise ChildFailed(f"{service.name} does not start: {' '.join(child.last_lines()[-3:])}")
            if service.name not in self._due:
                deaths = self._deaths[service.name] = self._deaths.get(service.name, 0) + 1
                wait_s = RESTART_AFTER_S[min(deaths, len(RESTART_AFTER_S)) - 1]
                self._due[service.name] = now_s + wait_s
                self._started_s.pop(service.name, None)
                last = "".join(f": {line}" for line in child.last_lines()[-1:])
                log.warning("%s ended (%s%s); it is started again in %g s", service.name, child.exit_code, last, wait_s)
                child.stop()
            elif now_s >= self._due[service.name]:
                del self._due[service.name]
                self._start(service)

    def watch(self, stopping: Event, *, monotonic: Callable[[], float]) -> None:
        """Poll until `stopping` is set."""
        while not stopping.wait(0.25):
            self.poll(now_s=monotonic())

    def stop(self) -> None:
        """End all services, the last started first; safe to call twice."""
        for service in reversed(self._services):
            if service.name in self._children:
                self._children[service.name].ask_to_end()
        for service in reversed(self._services):
            if service.name in self._children:
                self._children[service.name].stop(grace_s=GRACE_S)

    def last_lines(self, name: str) -> list[str]:
        """List the last lines that a service wrote, oldest first."""
        child = self._children.get(name)
        return child.last_lines() if child is not None else []

    def pid(self, name: str) -> int | None:
        """Give a service's process id; None when it does not run."""
        child = self._children.get(name)
        return child.pid if child is not None and child.is_alive else None

    def _start(self, service: Service) -> None:
        child = Child(service.argv, name=service.name, log_path=self._logs / f"{service.name}.log", env=self._env)
        child.start()
        self._children[service.name] = child
