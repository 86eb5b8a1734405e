"""Passwords: argon2id, and the same work for a name that does not exist."""

from __future__ import annotations

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher


class Passwords:
    """Hashes and checks passwords. Costs are argon2's own; tests take cheap ones.

    `time_cost` is in passes, `memory_kib` in KiB, `parallelism` in lanes.
    """

    def __init__(self, *, time_cost: int = 3, memory_kib: int = 65_536, parallelism: int = 4) -> None:
        self._hash = PasswordHash((Argon2Hasher(time_cost, memory_kib, parallelism),))
        self._nobody = ""

    def hash(self, password: str) -> str:
        """Give the text to keep for a password."""
        return self._hash.hash(password)

    def are_right(self, password: str, *, password_hash: str) -> bool:
        """Tell whether a password belongs to a hash; an empty hash (nobody) takes as long and is never right."""
        if not password_hash:
            self._nobody = self._nobody or self._hash.hash("nobody has this password")
            self._hash.verify(password, self._nobody)
            return False
        return self._hash.verify(password, password_hash)
