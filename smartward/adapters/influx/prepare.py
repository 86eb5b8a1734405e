"""Preparing a server: two databases (buckets on 2.x), how long they keep, and that InfluxQL finds them by name."""

from __future__ import annotations

import logging
from typing import Any

from smartward.adapters.influx import influxql
from smartward.adapters.influx.server import Server
from smartward.errors import StoreUnavailable

log = logging.getLogger(__name__)
DAY_S = 24 * 3600
FOR_EVER = 0
V2, V3 = 2, 3


def prepare(server: Server) -> None:
    """Make what is missing; what is there keeps its points. Raises StoreUnavailable with what to do."""
    access = server.access
    wanted: dict[str, int | None] = {access.database: access.retention_days, access.kept: FOR_EVER}
    for database, days in wanted.items():
        match server.version().major:
            case major if major >= V3:
                _prepare_v3(server, database, days=days)
            case 2:
                _prepare_v2(server, database, days=days)
            case _:
                _prepare_v1(server, database, days=days)


def _prepare_v1(server: Server, database: str, *, days: int | None) -> None:
    name = influxql.identifier(database)
    if database not in _column(server, "SHOW DATABASES", "name"):
        duration = f" WITH DURATION {days}d" if days else ""
        if not _is_done(server, f"CREATE DATABASE {name}{duration}"):
            raise _cannot_make(server, "databases")
        log.info("%s: database %s made", server.place, database)
    if days is None:
        return
    policy = next((row for row in _rows(server, f"SHOW RETENTION POLICIES ON {name}") if row["default"]), None)
    if policy is None or _seconds(policy["duration"]) == days * DAY_S:
        return
    duration = f"{days}d" if days else "INF"
    statement = f"ALTER RETENTION POLICY {influxql.identifier(policy['name'])} ON {name} DURATION {duration} DEFAULT"
    if _is_done(server, statement):
        log.info("%s: database %s keeps %s now, before %s", server.place, database, duration, policy["duration"])
    elif database == server.access.kept:
        raise StoreUnavailable(
            f"{server.place}: database {database} keeps {policy['duration']}, and newest values must be kept for ever. "
            f"Let an administrator run {statement}"
        )
    else:
        log.warning(
            "%s: database %s keeps %s and not %s, for we may not change it; let an administrator run %s",
            server.place,
            database,
            policy["duration"],
            duration,
            statement,
        )


def _prepare_v2(server: Server, database: str, *, days: int | None) -> None:
    organisation = _organisation(server)
    buckets = server.manage("GET", "/api/v2/buckets", query={"orgID": organisation, "name": database}) or {}
    bucket: dict[str, Any] | None = next(iter(buckets.get("buckets", ())), None)
    rules = [{"type": "expire", "everySeconds": days * DAY_S}] if days else []
    if bucket is None:
        body = {"orgID": organisation, "name": database, "retentionRules": rules}
        bucket = server.manage("POST", "/api/v2/buckets", body=body)
        if bucket is None or "id" not in bucket:
            raise _cannot_make(server, "buckets")
        log.info("%s: bucket %s made", server.place, database)
    elif days is not None and _expires_after(bucket) != days * DAY_S:
        server.manage("PATCH", f"/api/v2/buckets/{bucket['id']}", body={"retentionRules": rules})
        log.info("%s: bucket %s keeps %s days now (0: for ever)", server.place, database, days)
    mapped = server.manage("GET", "/api/v2/dbrps", query={"orgID": organisation, "db": database}) or {}
    if not mapped.get("content"):
        mapping: dict[str, Any] = {
            "bucketID": bucket["id"],
            "database": database,
            "default": True,
            "orgID": organisation,
            "retention_policy": "autogen",
        }
        server.manage("POST", "/api/v2/dbrps", body=mapping)
        log.info("%s: InfluxQL finds the bucket %s by its name now", server.place, database)


def _prepare_v3(server: Server, database: str, *, days: int | None) -> None:
    """Make a database; without the right to, nothing: the first write makes it, without retention."""
    body: dict[str, Any] = {"db": database}
    if days:
        body["retention_period"] = f"{days}d"
    if server.manage("POST", "/api/v3/configure/database", body=body) is None:
        log.warning(
            "%s did not let us make the database %s; the first write makes it, and it keeps for ever",
            server.place,
            database,
        )


def _organisation(server: Server) -> str:
    found = server.manage("GET", "/api/v2/orgs", query={"org": server.access.org} if server.access.org else {}) or {}
    organisations = found.get("orgs") or []
    if len(organisations) != 1:
        raise StoreUnavailable(
            f"{server.place} has {len(organisations) or 'no'} organisations {server.access.org!r} that we may see. "
            "Write its name into [store] org, and check the rights of [store] token"
        )
    return str(organisations[0]["id"])


def _expires_after(bucket: dict[str, Any]) -> int:
    return next((int(rule["everySeconds"]) for rule in bucket.get("retentionRules", ())), FOR_EVER)


def _seconds(duration: str) -> int:
    """Read `720h0m0s`, or `0s` for ever."""
    total, number = 0, ""
    for letter in duration:
        if letter.isdigit():
            number += letter
            continue
        total += int(number) * {"h": 3600, "m": 60, "s": 1}[letter]
        number = ""
    return total


def _is_done(server: Server, statement: str) -> bool:
    """Run a statement of management; False where we have no right to."""
    answer = server.manage("POST", "/query", query={"q": statement})
    return answer is not None and not any("error" in result for result in answer.get("results", ()))


def _cannot_make(server: Server, things: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"{server.place} did not let us make its {things}. Let an administrator make {server.access.database} and "
        f"{server.access.kept} there, and give us the right to read and write both"
    )


def _rows(server: Server, statement: str) -> list[dict[str, Any]]:
    return [row for series in server.ask([statement], database="")[0] for row in series.rows()]


def _column(server: Server, statement: str, column: str) -> set[str]:
    return {row[column] for row in _rows(server, statement)}
