"""Messages to callers with their replies, who is to be followed up, and ratings by key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import EncryptedStr, Instant

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Four tables. Tickets closed before owe their follow-up from their next act on."""
    _messages()
    _follow_ups()
    op.create_table(
        "call_ratings",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("key", sa.String(1), nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_call_ratings"),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("ticket", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("ref", sa.String(128), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("number", EncryptedStr(), nullable=False),
        sa.Column("number_ix", sa.String(32)),
        sa.Column("body", EncryptedStr(), nullable=False),
        sa.PrimaryKeyConstraint("city", "key", name="pk_messages"),
    )
    by_number = "ix_messages_city_number_ix_changed_at"
    op.create_index(by_number, "messages", ["city", "number_ix", "changed_at"])
    op.create_index("ix_messages_city_ticket", "messages", ["city", "ticket"])
    op.create_index("ix_messages_city_state", "messages", ["city", "state"])
    op.create_table(
        "message_replies",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(96), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("number", EncryptedStr(), nullable=False),
        sa.Column("number_ix", sa.String(32)),
        sa.Column("body", EncryptedStr(), nullable=False),
        sa.Column("ticket", sa.String(32)),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("city", "id", name="pk_message_replies"),
    )
    op.create_index("ix_message_replies_city_at", "message_replies", ["city", "at"])


def _follow_ups() -> None:
    op.create_table(
        "follow_ups",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("ticket", sa.String(32), nullable=False),
        sa.Column("why", sa.String(64), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("due_at", Instant()),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("rating", sa.String(32), nullable=False),
        sa.Column("claimed_by", sa.String(64)),
        sa.Column("claimed_until", Instant()),
        sa.Column("call", sa.String(64)),
        sa.Column("tries", sa.Integer()),
        sa.Column("result", sa.String(32)),
        sa.Column("tried_at", Instant()),
        sa.PrimaryKeyConstraint("city", "ticket", name="pk_follow_ups"),
        sa.ForeignKeyConstraint(
            ["city", "ticket"], ["tickets.city", "tickets.id"], name="fk_follow_ups_city_ticket"
        ),
    )
    by_due = "ix_follow_ups_city_due_at_since"
    op.create_index(by_due, "follow_ups", ["city", "due_at", "since"])
    op.create_index("ix_follow_ups_call", "follow_ups", ["call"])
