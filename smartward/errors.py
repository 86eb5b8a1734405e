"""Every exception that smartward raises on purpose.

SmartwardError
├── ConfigError          a file or option a person wrote is wrong; exit code 2
├── CatalogueError       the catalogue contradicts itself; exit code 2
├── BusDisconnected      not connected to the broker now; keep the message and try again
├── BrokerFailed         the broker process did not start, or died
├── StoreUnavailable     a store cannot be written or read now; keep the data and try again
├── LogFull              the durable log may not grow; stop acknowledging
├── Conflict             someone else was first, or the row has changed; carries who and when
└── NotFound             no such thing, or not for this person

Bad input from a device is not an exception: it is a returned `Rejection`.
"""

from __future__ import annotations


class SmartwardError(Exception):
    """The root of the tree; the message names the thing, the value and the remedy."""


class ConfigError(SmartwardError):
    """Something a person wrote in a file or on the command line is wrong."""

    def __init__(self, problem: str, *, file: str = "", line: int = 0, key: str = "", remedy: str = "") -> None:
        """Compose one plain line: file:line: key: problem. remedy."""
        self.file, self.line, self.key, self.problem, self.remedy = file, line, key, problem, remedy
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{where}{key + ': ' if key else ''}{problem}{'. ' + remedy if remedy else ''}")


class CatalogueError(SmartwardError):
    """A device type, quantity or rule does not hold together."""


class BusDisconnected(SmartwardError):
    """The bus has no connection now; the caller keeps the message."""


class BrokerFailed(SmartwardError):
    """The broker could not be started or died early; the message says why and what to do."""


class StoreUnavailable(SmartwardError):
    """A store cannot be reached or written now; nothing was half done that a repeat would not mend."""


class LogFull(SmartwardError):
    """The durable log has reached its limit or its disk is full."""


class Conflict(SmartwardError):
    """Somebody was first, or the row is newer than the caller thinks."""

    def __init__(self, message: str, *, by: str = "", at_ms: int = 0) -> None:
        """Remember who was first and when."""
        self.by, self.at_ms = by, at_ms
        super().__init__(message)


class NotFound(SmartwardError):
    """There is no such thing, or this person may not know of it."""
