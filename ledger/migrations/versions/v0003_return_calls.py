"""Tasks to call somebody back, and which lost call belongs to which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Two tables; calls that were lost before this release open no task."""
    op.create_table(
        "return_calls",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("matter", sa.String(16), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("lost_at", Instant(), nullable=False),
        sa.Column("place", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("waited_s", sa.Float()),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", Instant()),
        sa.Column("result", sa.String(32), nullable=False),
        sa.Column("agent", sa.String(32)),
        sa.Column("attempt", sa.String(64)),
        sa.Column("until", Instant()),
        sa.Column("closed_at", Instant()),
        sa.Column("reason", sa.String(32)),
        sa.Column("closed_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_return_calls"),
    )
    op.create_index("ix_return_calls_state_opened_at", "return_calls", ["state", "opened_at"])
    op.create_index("ix_return_calls_lost_at", "return_calls", ["lost_at"])
    op.create_index("ix_return_calls_closed_at", "return_calls", ["closed_at"])
    op.create_index("ix_return_calls_attempt", "return_calls", ["attempt"])
    op.create_table(
        "return_call_losses",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("task", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_return_call_losses"),
    )
    op.create_index("ix_return_call_losses_task", "return_call_losses", ["task"])
