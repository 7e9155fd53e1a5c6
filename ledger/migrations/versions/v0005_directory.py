"""The dispatch directory (派单目录), version by version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """One table; an installation without a directory dispatches by duty, as before."""
    op.create_table(
        "directory_versions",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("effective_from", sa.String(10), nullable=False),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.Column("origin", sa.String(200), nullable=False),
        sa.Column("stored_by", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("city", "number", name="pk_directory_versions"),
    )
