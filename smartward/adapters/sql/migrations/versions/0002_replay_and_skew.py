"""Requests to ingest, what of a dead letter group can be replayed, and the skew of each device's clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add a table and columns; rows that stand keep their meaning."""
    op.create_table(
        "request",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("ward", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_request"),
    )
    op.add_column("dead_letter", sa.Column("gateway", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("dead_letter", sa.Column("kept", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("dead_letter", sa.Column("replayed", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("dead_letter", sa.Column("replayed_ms", sa.BigInteger()))
    op.add_column("presence", sa.Column("skew_ms", sa.BigInteger()))
    op.bulk_insert(
        sa.table("feed", sa.column("name", sa.Text()), sa.column("number", sa.BigInteger())),
        [{"name": "request", "number": 0}],
    )
