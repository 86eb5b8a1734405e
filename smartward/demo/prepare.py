"""Prepare the demo's database: `python -m smartward.demo.prepare URL --seed N`, passwords as JSON on stdin.

A process of its own, so that what supervises the demo need not carry a database library in memory.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import msgspec

from smartward.adapters.sql import SqlPeople, SqlRegistry, migrate, open_database
from smartward.demo.plan import Plan, plan
from smartward.errors import SmartwardError
from smartward.passwords import Passwords
from smartward.staff import Access, Person

PEOPLE = {
    "admin": ("Quản trị hệ thống", Access.ADMIN, ("ioc_lead",)),
    "chief": ("Lê Thu Hà", Access.CHIEF, ("chairman",)),
    "operator": ("Nguyễn Minh An", Access.OPERATOR, ("ioc_operator",)),
    "viewer": ("Khách tham quan", Access.VIEWER, ()),
}
"""Invented people of an invented ward: name, access and roles by username."""


def main(argv: Sequence[str] | None = None) -> int:
    """Bring the database to the present schema and register the ward, its devices and its people."""
    parser = argparse.ArgumentParser(description="Prepare the demo's database.")
    parser.add_argument("url")
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args(argv)
    passwords = msgspec.json.decode(sys.stdin.buffer.read(), type=dict[str, str])
    try:
        prepare(options.url, planned=plan(options.seed), passwords=passwords)
    except SmartwardError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def prepare(url: str, *, planned: Plan, passwords: dict[str, str]) -> None:
    """Register what the plan names; what stands as planned is left alone."""
    migrate(url)
    database = open_database(url)
    try:
        _register(SqlRegistry(database), planned)
        _let_in(SqlPeople(database), ward=planned.ward.id, passwords=passwords)
    finally:
        database.close()


def _register(registry: SqlRegistry, planned: Plan) -> None:
    registry.put_ward(planned.ward)
    for site in planned.sites:
        registry.put_site(site)
    standing = {device.id: msgspec.structs.replace(device, version=0) for device in registry.devices()}
    for device in sorted(planned.devices, key=lambda device: not device.is_gateway):
        if standing.get(device.id) != device:
            registry.put_device(device)


def _let_in(people: SqlPeople, *, ward: str, passwords: dict[str, str]) -> None:
    hashing = Passwords()
    for username, (name, access, roles) in PEOPLE.items():
        known = people.person(username)
        if known is None or not hashing.are_right(passwords[username], password_hash=known.password_hash):
            hashed = hashing.hash(passwords[username])
            people.put_person(Person(username, name, {ward: access}, roles, hashed))


if __name__ == "__main__":
    sys.exit(main())
