"""The first shape of the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import EncryptedStr, Instant

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table, and the single rows of the two heads."""
    _journal()
    _calls()
    _tickets()
    _accounts()
    _units()
    _traces()
    journal_head = sa.table("journal_head", sa.column("id"), sa.column("seq"))
    op.execute(journal_head.insert().values(id=1, seq=0))
    audit_head = sa.table(
        "audit_head", sa.column("id"), sa.column("seq"), sa.column("mac", sa.LargeBinary)
    )
    op.execute(audit_head.insert().values(id=1, seq=0, mac=b""))


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("seq", SERIAL, autoincrement=False, nullable=False),
        sa.Column("stream", sa.String(96), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("policy_version", sa.String(128), nullable=False),
        sa.Column("code_version", sa.String(64), nullable=False),
        sa.Column("call", sa.String(64)),
        sa.Column("fence", SERIAL, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_journal"),
    )
    op.create_index("ix_journal_call_seq", "journal", ["call", "seq"])
    op.create_index("ix_journal_stream_seq", "journal", ["stream", "seq"])
    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", SERIAL, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal_head"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("token", SERIAL, nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("batch", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "snapshots",
        sa.Column("stream", sa.String(96), nullable=False),
        sa.Column("seq", SERIAL, autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("code_version", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name="pk_snapshots"),
    )
    op.create_table(
        "bookmarks",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_bookmarks"),
    )


def _calls() -> None:
    op.create_table(
        "callers",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("number", EncryptedStr(), nullable=False),
        sa.Column("number_ix", sa.String(32)),
        sa.PrimaryKeyConstraint("call", name="pk_callers"),
    )
    op.create_index("ix_callers_at", "callers", ["at"])
    op.create_index("ix_callers_number_ix_at", "callers", ["number_ix", "at"])
    op.create_table(
        "calls",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("arrived_at", Instant(), nullable=False),
        sa.Column("queued_at", Instant()),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("wait_s", sa.Float()),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("agent", sa.String(32)),
        sa.Column("service", sa.String(8)),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("reconciled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_calls"),
    )
    op.create_index("ix_calls_arrived_at", "calls", ["arrived_at"])
    op.create_index("ix_calls_ended_at", "calls", ["ended_at"])
    op.create_table(
        "linkages",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_linkages"),
    )
    op.create_index("ix_linkages_started_at", "linkages", ["started_at"])


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(8), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("category", sa.String(128), nullable=False),
        sa.Column("unit", sa.String(64)),
        sa.Column("call", sa.String(64)),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("opened_by", sa.String(64), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.String(128), nullable=False),
        sa.Column("due_at", Instant()),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("deadline", sa.Text()),
        sa.Column("searched", sa.Text(), nullable=False),
        sa.Column("acts", sa.Text(), nullable=False),
        sa.Column("phone_ix", sa.String(32)),
        sa.PrimaryKeyConstraint("city", "id", name="pk_tickets"),
    )
    op.create_index("ix_tickets_call", "tickets", ["call"])
    op.create_index("ix_tickets_city_due_at_id", "tickets", ["city", "due_at", "id"])
    op.create_index(
        "ix_tickets_city_status_due_at_id", "tickets", ["city", "status", "due_at", "id"]
    )
    op.create_index("ix_tickets_phone_ix", "tickets", ["phone_ix"])
    op.create_table(
        "ticket_texts",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("ticket", sa.String(32), nullable=False),
        sa.Column("slot", sa.String(32), nullable=False),
        sa.Column("body", EncryptedStr(), nullable=False),
        sa.ForeignKeyConstraint(
            ["city", "ticket"], ["tickets.city", "tickets.id"], name="fk_ticket_texts_city_ticket"
        ),
        sa.PrimaryKeyConstraint("city", "ticket", "slot", name="pk_ticket_texts"),
    )
    op.create_table(
        "ticket_numbers",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("day", sa.String(8), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("city", "day", name="pk_ticket_numbers"),
    )


def _accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("display_name", sa.String(64), nullable=False),
        sa.Column("roles", sa.String(128), nullable=False),
        sa.Column("agent", sa.String(32)),
        sa.Column("unit", sa.String(64)),
        sa.Column("password_hash", sa.String(256), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("city", "login", name="uq_users_city_login"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user", sa.String(36), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_seen", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant()),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_sessions_user"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_user", "sessions", ["user"])
    op.create_table(
        "login_failures",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_failures"),
    )
    op.create_index("ix_login_failures_login_at", "login_failures", ["login", "at"])
    op.create_index("ix_login_failures_source_at", "login_failures", ["source", "at"])


def _units() -> None:
    op.create_table(
        "units",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("parent", sa.String(64)),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["city", "parent"], ["units.city", "units.code"], name="fk_units_city_parent"
        ),
        sa.PrimaryKeyConstraint("city", "code", name="pk_units"),
    )


def _traces() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", SERIAL, autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_subject", "audit", ["subject"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(128)),
        sa.Column("claimed_until", Instant()),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_topic_id", "outbox", ["topic", "id"])
