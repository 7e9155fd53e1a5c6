"""What an agent was shown beside a call: article and version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One row for each version of an article that stood beside a call."""
    op.create_table(
        "shown_articles",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("call", "article", "version", name="pk_shown_articles"),
    )
