"""Indexes of the ticket list: what runs by its limit, what is over by its number, and whose."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

_REST = [
    *("type", "unit", "category", "confidential", "supervised"),
    *("opened_at", "opened_by", "call"),
]


def upgrade() -> None:
    """The one index of lists is made anew by stage, beside it one by number."""
    op.drop_index("ix_tickets_list", "tickets")
    op.drop_index("ix_tickets_city_status_due_at_id", "tickets")
    op.create_index("ix_tickets_list", "tickets", ["city", "status", "due_at", "id", *_REST])
    op.create_index("ix_tickets_newest", "tickets", ["city", "id", "status", "due_at", *_REST])
    op.create_index("ix_tickets_city_opened_by_unit", "tickets", ["city", "opened_by", "unit"])
