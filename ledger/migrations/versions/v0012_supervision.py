"""Matters of supervision, their steps, the numbers of the forms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import EncryptedStr, Instant, Serial

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Three tables, and an index by which what the clock raised since then is found."""
    op.create_index("ix_ticket_dues_city_at", "ticket_dues", ["city", "at"])
    _matters()
    _steps()
    op.create_table(
        "supervision_numbers",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("form", sa.String(32), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("city", "year", "form", name="pk_supervision_numbers"),
    )


def _matters() -> None:
    op.create_table(
        "supervision_matters",
        sa.Column("id", Serial, nullable=False),
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("source", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("ticket", sa.String(32)),
        sa.Column("unit", sa.String(64)),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("raised_by", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(32), nullable=False),
        sa.Column("form_number", sa.String(64), nullable=False),
        sa.Column("answer_by", sa.String(10)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_supervision_matters"),
        sa.UniqueConstraint("city", "source", name="uq_supervision_matters_city_source"),
    )
    for columns in (("state", "level", "id"), ("unit", "state", "id"), ("ticket",)):
        name = "ix_supervision_matters_" + "_".join(("city", *columns))
        op.create_index(name, "supervision_matters", ["city", *columns])


def _steps() -> None:
    op.create_table(
        "supervision_steps",
        sa.Column("matter", Serial, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("body", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(32), nullable=False),
        sa.Column("form_number", sa.String(64), nullable=False),
        sa.Column("answer_by", sa.String(10)),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("texts", EncryptedStr()),
        sa.PrimaryKeyConstraint("matter", "number", name="pk_supervision_steps"),
        sa.ForeignKeyConstraint(
            ["matter"], ["supervision_matters.id"], name="fk_supervision_steps_matter"
        ),
    )
