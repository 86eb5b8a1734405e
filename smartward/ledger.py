"""The ledger: received = stored + duplicates + dead_lettered + waiting, in items, per device."""

from __future__ import annotations

import msgspec

UNATTRIBUTED = "(unknown)"
"""Where items are counted that no registered device can be blamed for; never a device id, because of its brackets."""


class Account(msgspec.Struct):
    """The figures of one device; `corrected` is part of `stored`; each is counted where it happens.

    For a recount from outside: `repeated` is the part of `duplicates` that never reached the journal, `trimmed` are
    items whose journal records are gone because every reader has them, `expired` stored rows that retention removed.
    """

    received: int = 0
    stored: int = 0
    duplicates: int = 0
    dead_lettered: int = 0
    waiting: int = 0
    corrected: int = 0
    thinned: int = 0
    trimmed: int = 0
    expired: int = 0
    repeated: int = 0

    def __add__(self, other: Account) -> Account:
        """Add two accounts, field by field."""
        return Account(*(getattr(self, field) + getattr(other, field) for field in self.__struct_fields__))

    @property
    def balances(self) -> bool:
        """Tell whether nothing is missing and nothing counted twice."""
        return self.received == self.stored + self.duplicates + self.dead_lettered + self.waiting


class Ledger(msgspec.Struct):
    """All accounts as they stood at one instant; `total` is their sum."""

    as_of_ms: int
    total: Account
    devices: dict[str, Account]


def total_of(accounts: dict[str, Account]) -> Account:
    """Add accounts up, field by field."""
    return Account(
        *(sum(getattr(account, field) for account in accounts.values()) for field in Account.__struct_fields__)
    )
