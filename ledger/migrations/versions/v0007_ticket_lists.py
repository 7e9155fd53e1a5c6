"""Views of the ticket list that people keep, and what lists filter by in one index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """A column that says what is supervised, an index that answers a list alone, a table."""
    op.add_column(
        "tickets", sa.Column("supervised", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE tickets SET supervised = (1 = 1) WHERE acts LIKE '%督办%'")
    op.create_index(
        "ix_tickets_list",
        "tickets",
        [
            "city",
            "due_at",
            "id",
            "status",
            "type",
            "unit",
            "category",
            "confidential",
            "supervised",
            "opened_at",
            "opened_by",
            "call",
        ],
    )
    op.create_table(
        "ticket_views",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("city", "id", name="pk_ticket_views"),
        sa.UniqueConstraint("city", "owner", "name", name="uq_ticket_views_city_owner_name"),
    )
