"""When the clock looks at a ticket next, and what it raised so far."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A column and a table; every ticket that is not at its end is looked at once."""
    op.add_column("tickets", sa.Column("look_at", Instant()))
    op.create_index("ix_tickets_city_look_at", "tickets", ["city", "look_at"])
    ended = "('不予受理', '已并单', '已归档')"
    op.execute(f"UPDATE tickets SET look_at = opened_at WHERE status NOT IN {ended}")  # noqa: S608 - our own words
    op.create_table(
        "ticket_dues",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("ticket", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("act", sa.Integer()),
        sa.PrimaryKeyConstraint("city", "ticket", "key", name="pk_ticket_dues"),
        sa.ForeignKeyConstraint(
            ["city", "ticket"], ["tickets.city", "tickets.id"], name="fk_ticket_dues_city"
        ),
    )
