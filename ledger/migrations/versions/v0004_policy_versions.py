"""The text of every pack that a ticket was opened under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """One table; versions of older tickets are kept as soon as one of them is looked at."""
    op.create_table(
        "policy_versions",
        sa.Column("version", sa.String(128), nullable=False),
        sa.Column("kept_at", Instant(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_policy_versions"),
    )
