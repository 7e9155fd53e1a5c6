"""Files that were put to tickets (附件)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import Instant

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """A table of what lies in the folder of attachments."""
    op.create_table(
        "ticket_files",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("ticket", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("withdrawn_at", Instant()),
        sa.Column("withdrawn_by", sa.String(64)),
        sa.PrimaryKeyConstraint("city", "id", name="pk_ticket_files"),
        sa.ForeignKeyConstraint(
            ["city", "ticket"], ["tickets.city", "tickets.id"], name="fk_ticket_files_city"
        ),
    )
    op.create_index("ix_ticket_files_city_ticket", "ticket_files", ["city", "ticket"])
