"""Calls to callers that were begun on the page of their ticket."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """One row a call, with how it ended."""
    op.create_table(
        "ticket_calls",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("ticket", sa.String(32), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("answered_at", Instant()),
        sa.Column("ended_at", Instant()),
        sa.Column("result", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_ticket_calls"),
        sa.ForeignKeyConstraint(
            ["city", "ticket"], ["tickets.city", "tickets.id"], name="fk_ticket_calls_city_ticket"
        ),
    )
    op.create_index("ix_ticket_calls_city_ticket", "ticket_calls", ["city", "ticket"])
