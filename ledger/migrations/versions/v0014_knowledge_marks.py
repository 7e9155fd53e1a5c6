"""What agents marked on answer cards: adopted or wrong, and when the card had stood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """One new table; the questions lie sealed in knowledge_texts."""
    op.create_table(
        "knowledge_marks",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("stood_at", Instant()),
        sa.Column("ended_at", Instant()),
        sa.Column("ended_by", sa.String(8)),
        sa.Column("undone_at", Instant()),
        sa.Column("undone_by", sa.String(64)),
        sa.PrimaryKeyConstraint("city", "id", name="pk_knowledge_marks"),
    )
    for columns in (["city", "kind", "at"], ["city", "article"]):
        name = "_".join(["ix_knowledge_marks", *columns])
        op.create_index(name, "knowledge_marks", columns)
