"""Which ticket belongs to which: joined, told again, with new facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """A table."""
    op.create_table(
        "ticket_links",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("ticket", sa.String(32), nullable=False),
        sa.Column("tie", sa.String(16), nullable=False),
        sa.Column("other", sa.String(32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("city", "ticket", "tie", name="pk_ticket_links"),
        sa.ForeignKeyConstraint(
            ["city", "ticket"], ["tickets.city", "tickets.id"], name="fk_ticket_links_city"
        ),
    )
    op.create_index("ix_ticket_links_city_other", "ticket_links", ["city", "other"])
