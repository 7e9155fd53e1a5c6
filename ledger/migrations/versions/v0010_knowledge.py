"""Articles of the knowledge base, their versions, and what belongs to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ledger.columns import EncryptedStr, Instant

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """New tables; a task to call back knows which call it is about where that is not its own id."""
    _articles()
    _versions()
    _corrections()
    _contributions()
    _notices()
    _urgent()
    _counts()
    _sources()
    _recalls()


def _articles() -> None:
    op.create_table(
        "knowledge_revision",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("city", name="pk_knowledge_revision"),
    )
    op.create_table(
        "knowledge_articles",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(64)),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(128), nullable=False),
        sa.Column("reach", sa.String(8), nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("published", sa.Integer()),
        sa.Column("valid_to", sa.String(10)),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("city", "id", name="pk_knowledge_articles"),
    )
    op.create_index(
        "ix_knowledge_articles_city_changed_at", "knowledge_articles", ["city", "changed_at"]
    )
    op.create_index(
        "ix_knowledge_articles_city_standing_changed_at",
        "knowledge_articles",
        ["city", "standing", "changed_at"],
    )


def _versions() -> None:
    op.create_table(
        "knowledge_versions",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("submitted_at", Instant()),
        sa.Column("published_at", Instant()),
        sa.Column("withdrawn_at", Instant()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("city", "article", "number", name="pk_knowledge_versions"),
        sa.ForeignKeyConstraint(
            ["city", "article"],
            ["knowledge_articles.city", "knowledge_articles.id"],
            name="fk_knowledge_versions_city",
        ),
    )
    op.create_index(
        "ix_knowledge_versions_city_standing", "knowledge_versions", ["city", "standing"]
    )
    op.create_table(
        "knowledge_reviews",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "city", "article", "number", "reviewer", name="pk_knowledge_reviews"
        ),
    )


def _corrections() -> None:
    op.create_table(
        "knowledge_corrections",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("unit", sa.String(64)),
        sa.Column("reported_by", sa.String(64), nullable=False),
        sa.Column("reported_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant()),
        sa.Column("due_at", Instant()),
        sa.Column("deadline", sa.Text()),
        sa.Column("closed_at", Instant()),
        sa.PrimaryKeyConstraint("city", "id", name="pk_knowledge_corrections"),
    )
    op.create_index(
        "ix_knowledge_corrections_city_article", "knowledge_corrections", ["city", "article"]
    )
    op.create_index(
        "ix_knowledge_corrections_city_state_due_at",
        "knowledge_corrections",
        ["city", "state", "due_at"],
    )
    op.create_table(
        "knowledge_texts",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("slot", sa.String(16), nullable=False),
        sa.Column("body", EncryptedStr(), nullable=False),
        sa.PrimaryKeyConstraint("city", "kind", "id", "slot", name="pk_knowledge_texts"),
    )


def _contributions() -> None:
    op.create_table(
        "knowledge_contributions",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant()),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("article", sa.String(64)),
        sa.PrimaryKeyConstraint("city", "id", name="pk_knowledge_contributions"),
    )
    op.create_index(
        "ix_knowledge_contributions_city_state_made_at",
        "knowledge_contributions",
        ["city", "state", "made_at"],
    )
    op.create_table(
        "knowledge_synonyms",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("city", "id", name="pk_knowledge_synonyms"),
    )


def _notices() -> None:
    op.create_table(
        "knowledge_notices",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("city", "id", name="pk_knowledge_notices"),
    )
    op.create_index("ix_knowledge_notices_city_ends_at", "knowledge_notices", ["city", "ends_at"])


def _urgent() -> None:
    op.create_table(
        "knowledge_urgent",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant()),
        sa.PrimaryKeyConstraint("city", "id", name="pk_knowledge_urgent"),
    )
    op.create_index("ix_knowledge_urgent_city_until", "knowledge_urgent", ["city", "until"])
    op.create_table(
        "knowledge_urgent_acks",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("urgent", sa.String(36), nullable=False),
        sa.Column("agent", sa.String(32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("city", "urgent", "agent", name="pk_knowledge_urgent_acks"),
    )


def _counts() -> None:
    op.create_table(
        "knowledge_questions",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("city", "day", "digest", name="pk_knowledge_questions"),
    )
    op.create_index("ix_knowledge_questions_city_day", "knowledge_questions", ["city", "day"])
    op.create_table(
        "knowledge_uses",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("city", "day", "article", "kind", name="pk_knowledge_uses"),
    )
    op.create_index("ix_knowledge_uses_city_article", "knowledge_uses", ["city", "article"])


def _sources() -> None:
    op.create_table(
        "knowledge_sources",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant()),
        sa.PrimaryKeyConstraint("city", "name", name="pk_knowledge_sources"),
        sa.UniqueConstraint("token_hash", name="uq_knowledge_sources_token_hash"),
    )
    op.create_table(
        "knowledge_origins",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("external", sa.String(128), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("city", "source", "external", name="pk_knowledge_origins"),
    )
    op.create_index("ix_knowledge_origins_city_article", "knowledge_origins", ["city", "article"])


def _recalls() -> None:
    op.create_table(
        "knowledge_recalls",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("task", sa.String(64)),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("city", "article", "number", "call", name="pk_knowledge_recalls"),
    )
    op.create_index("ix_knowledge_recalls_task", "knowledge_recalls", ["task"])
    op.add_column("return_calls", sa.Column("call", sa.String(64)))
    op.add_column(
        "return_calls", sa.Column("about", sa.String(160), server_default="", nullable=False)
    )
    op.create_index("ix_return_calls_call", "return_calls", ["call"])
