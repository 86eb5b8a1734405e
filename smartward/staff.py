"""People of the ward: who they are, what they answer for, what they may do."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Access(StrEnum):
    """What a person may do in the console, from least to most."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    CHIEF = "chief"
    ADMIN = "admin"

    def allows(self, needed: Access) -> bool:
        """Tell whether this access includes the needed one."""
        order = list(Access)
        return order.index(self) >= order.index(needed)


class Person(msgspec.Struct, frozen=True):
    """Somebody who can log in; `access` holds what they may do, per ward.

    `roles` are the catalogue's (police_duty, tech_maint, …). `password_hash` is argon2's own text and never
    leaves the API.
    """

    username: str
    name: str
    access: dict[str, Access]
    roles: tuple[str, ...] = ()
    password_hash: str = ""

    @property
    def highest(self) -> Access:
        """Give the highest access over all wards."""
        order = list(Access)
        return max(self.access.values(), key=order.index)


class Session(msgspec.Struct, frozen=True):
    """A login; only the token's SHA-256 is kept."""

    token_hash: str
    username: str
    created_ms: int
    expires_ms: int
