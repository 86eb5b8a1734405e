"""The ledger resource: received = stored + duplicates + dead_lettered + waiting, in items, per device."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel

from api.problems import Problem
from api.register import Register, RegisterOf
from api.security import Caller, CurrentCaller
from api.services import ServicesOf
from smartward.instants import to_rfc3339
from smartward.ledger import Account, total_of

router = APIRouter(tags=["ledger"])


class AccountItem(BaseModel):
    """The figures of one device; `corrected` is part of `stored`, `thinned` was given up by the edge."""

    received: int
    stored: int
    duplicates: int
    dead_lettered: int
    waiting: int
    corrected: int
    thinned: int


class LedgerItem(BaseModel):
    """All accounts at one instant; what no registered device can be blamed for stands under `(unknown)`."""

    as_of: str
    total: AccountItem
    devices: dict[str, AccountItem]


@router.get("/ledger")
def ledger(caller: CurrentCaller, services: ServicesOf, register: RegisterOf) -> LedgerItem:
    """Give the newest ledger of my wards, as ingest counted it."""
    newest = services.projections.ledger()
    if newest is None:
        detail = "Ingest has not written a ledger yet; start it, or wait a second"
        raise Problem(503, "unavailable", detail, headers={"Retry-After": "1"})
    devices = _visible(newest.devices, caller=caller, register=register)
    total = newest.total if len(devices) == len(newest.devices) else total_of(devices)
    return LedgerItem(
        as_of=to_rfc3339(newest.as_of_ms),
        total=_item(total),
        devices={device: _item(account) for device, account in sorted(devices.items())},
    )


def _visible(accounts: Mapping[str, Account], *, caller: Caller, register: Register) -> dict[str, Account]:
    """Keep the accounts of the caller's wards; what belongs to no known device is for who sees every ward."""
    sees_all = all(caller.sees(ward) for ward in register.wards)
    return {
        device: account
        for device, account in accounts.items()
        if sees_all or (device in register.devices and caller.sees(register.devices[device].ward))
    }


def _item(account: Account) -> AccountItem:
    return AccountItem.model_validate(msgspec.to_builtins(account))
