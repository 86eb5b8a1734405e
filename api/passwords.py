"""How passwords are hashed is the core's, because the command line makes people too; the API takes it from here."""

from __future__ import annotations

from smartward.passwords import Passwords

__all__ = ["Passwords"]
