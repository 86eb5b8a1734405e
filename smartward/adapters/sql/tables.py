"""The tables of the relational database; no row has two writers.

The API writes `ward`, `site`, `device`, `person`, `person_access`, `session`, `work_action`, `audit`, `request`;
ingest writes `alert_condition`, `notification`, `presence`, `dead_letter`, `ledger_snapshot`. A row of `feed` belongs
to whoever writes the tables it numbers. Instants are ms since 1970. No foreign key crosses from one writer to the
other.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    text,
)

from smartward.adapters.sql.columns import Json, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

feed = Table(
    "feed",
    metadata,
    Column("name", Words, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

# --- written by the API ---------------------------------------------------------------------------------------

ward = Table(
    "ward",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("timezone", Words, nullable=False),
)

site = Table(
    "site",
    metadata,
    Column("ward", Words, ForeignKey("ward.id"), primary_key=True),
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("neighbourhood", Words, nullable=False),
    Column("lat", Float(53)),
    Column("lon", Float(53)),
)

device = Table(
    "device",
    metadata,
    Column("id", Words, primary_key=True),
    Column("ward", Words, ForeignKey("ward.id"), nullable=False, index=True),
    Column("gateway", Words, ForeignKey("device.id"), nullable=False, index=True),
    Column("type", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("site", Words, nullable=False),
    Column("lat", Float(53)),
    Column("lon", Float(53)),
    Column("params", Json, nullable=False),
    Column("owner", Words, nullable=False),
    Column("funding", Words, nullable=False),
    Column("version", Integer, nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("username", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("roles", Json, nullable=False),
    Column("password_hash", Words, nullable=False),
)

person_access = Table(
    "person_access",
    metadata,
    Column("username", Words, ForeignKey("person.username", ondelete="CASCADE"), primary_key=True),
    Column("ward", Words, primary_key=True),
    Column("access", Words, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", Words, primary_key=True),
    Column("username", Words, ForeignKey("person.username", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

work_action = Table(
    "work_action",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("alert", Words, nullable=False, index=True),
    Column("deed", Words, nullable=False),
    Column("person", Words, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("note", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("person_assigned", Words, nullable=False),
    Column("override_reason", Words, nullable=False),
    Column("address", Words, nullable=False),
)

IS_ACKNOWLEDGEMENT = text("deed = 'acknowledge'")
"""Written out: a prepared statement with a parameter here no longer matches the index on PostgreSQL."""

Index(
    "uq_work_action_acknowledgement",
    work_action.c.alert,
    work_action.c.episode,
    unique=True,
    sqlite_where=IS_ACKNOWLEDGEMENT,
    postgresql_where=IS_ACKNOWLEDGEMENT,
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("ward", Words, nullable=False),
    Column("person", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("target", Words, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("address", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Index(None, "ward", "number"),
)

request = Table(
    "request",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Words, nullable=False),
    Column("target", Words, nullable=False),
    Column("ward", Words, nullable=False),
    Column("person", Words, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

# --- written by ingest ----------------------------------------------------------------------------------------

alert_condition = Table(
    "alert_condition",
    metadata,
    Column("id", Words, primary_key=True),
    Column("ward", Words, nullable=False),
    Column("rule", Words, nullable=False),
    Column("device", Words, nullable=False),
    Column("place", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("condition", Words, nullable=False),
    Column("started_ms", BigInteger, nullable=False, index=True),
    Column("changed_ms", BigInteger, nullable=False),
    Column("cleared_ms", BigInteger),
    Column("value", Json),
    Column("threshold", Json),
    Column("quantity", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("verify", Boolean, nullable=False),
    Column("inhibits", Integer, nullable=False),
    Column("number", BigInteger, nullable=False, index=True),
    Index(None, "ward", "started_ms"),
)

IS_OPEN = text("condition <> 'cleared'")
"""Written out: neither database uses a partial index for a parameter."""

Index(
    "ix_alert_condition_open",
    alert_condition.c.started_ms,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)

notification = Table(
    "notification",
    metadata,
    Column("key", Words, primary_key=True),
    Column("alert", Words, nullable=False, index=True),
    Column("ward", Words, nullable=False),
    Column("recipient", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("answer", Words, nullable=False),
)

presence = Table(
    "presence",
    metadata,
    Column("device", Words, primary_key=True),
    Column("ward", Words, nullable=False, index=True),
    Column("state", Words, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("reason", Words, nullable=False),
    Column("heard_ms", BigInteger),
    Column("skew_ms", BigInteger),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", Words, primary_key=True),
    Column("ward", Words, nullable=False),
    Column("device", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("shape", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("body_dropped", Boolean, nullable=False),
    Column("gateway", Words, nullable=False, server_default=text("''")),
    Column("kept", Integer, nullable=False, server_default="0"),
    Column("replayed", BigInteger, nullable=False, server_default="0"),
    Column("replayed_ms", BigInteger),
    Index(None, "ward", "last_ms"),
)

ledger_snapshot = Table(
    "ledger_snapshot",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("as_of_ms", BigInteger, nullable=False),
    Column("total", Json, nullable=False),
    Column("devices", Json, nullable=False),
)
