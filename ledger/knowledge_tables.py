"""The tables of the knowledge base, on the metadata of :mod:`ledger.tables`.

What people wrote of their own accord (reports of mistakes, contributions) lies sealed in
``knowledge_texts``; articles are no personal data.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ledger.columns import EncryptedStr, Instant
from ledger.metadata import metadata

# One row: its number goes up with every change that a reader could notice. The search index, other
# processes and the desk follow it.
knowledge_revision = Table(
    "knowledge_revision",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
)

knowledge_articles = Table(
    "knowledge_articles",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("owner", String(64)),
    Column("latest", Integer, nullable=False),
    # The newest version whatever its standing, for lists.
    Column("title", Text, nullable=False),
    Column("category", String(64), nullable=False),
    Column("unit", String(128), nullable=False),
    Column("reach", String(8), nullable=False),
    Column("standing", String(16), nullable=False),
    Column("published", Integer),
    Column("valid_to", String(10)),
    Column("changed_at", Instant, nullable=False),
    Index(None, "city", "standing", "changed_at"),
    Index(None, "city", "changed_at"),
)

# Written once a version; `content` never changes after it left draft.
knowledge_versions = Table(
    "knowledge_versions",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("article", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("standing", String(16), nullable=False),
    Column("author", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("submitted_at", Instant),
    Column("published_at", Instant),
    Column("withdrawn_at", Instant),
    Column("reason", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    ForeignKeyConstraint(["city", "article"], ["knowledge_articles.city", "knowledge_articles.id"]),
    Index(None, "city", "standing"),
)

knowledge_reviews = Table(
    "knowledge_reviews",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("article", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("reviewer", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("note", Text, nullable=False),
)

knowledge_corrections = Table(
    "knowledge_corrections",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("article", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("unit", String(64)),
    Column("reported_by", String(64), nullable=False),
    Column("reported_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("due_at", Instant),
    Column("deadline", Text),
    Column("closed_at", Instant),
    Index(None, "city", "state", "due_at"),
    Index(None, "city", "article"),
)

knowledge_contributions = Table(
    "knowledge_contributions",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", String(64)),
    Column("article", String(64)),
    Index(None, "city", "state", "made_at"),
)

# kind is correction or contribution, id its own; slots what, note, question, answer, contact.
knowledge_texts = Table(
    "knowledge_texts",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("slot", String(16), primary_key=True),
    Column("body", EncryptedStr, nullable=False),
)

knowledge_notices = Table(
    "knowledge_notices",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("body", Text, nullable=False),
    Index(None, "city", "ends_at"),
)

knowledge_urgent = Table(
    "knowledge_urgent",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("article", String(64), nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Index(None, "city", "until"),
)

knowledge_urgent_acks = Table(
    "knowledge_urgent_acks",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("urgent", String(36), primary_key=True),
    Column("agent", String(32), primary_key=True),
    Column("at", Instant, nullable=False),
)

knowledge_synonyms = Table(
    "knowledge_synonyms",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("words", Text, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
)

# What was asked, by day: digits masked, never whose question it was.
knowledge_questions = Table(
    "knowledge_questions",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("words", Text, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("missed", Integer, nullable=False),
    Index(None, "city", "day"),
)

# How an article was used, by day: shown, adopted, wrong.
knowledge_uses = Table(
    "knowledge_uses",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("article", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("count", Integer, nullable=False),
    Index(None, "city", "article"),
)

# Units that keep their own base: a token each, its hash alone is kept.
knowledge_sources = Table(
    "knowledge_sources",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("unit", String(64), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    UniqueConstraint("token_hash"),
)

# Provenance: which article came from which entry of which source, and what it was.
knowledge_origins = Table(
    "knowledge_origins",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("external", String(128), primary_key=True),
    Column("article", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Index(None, "city", "article"),
)

# 召回: who was told a wrong version, each once.
knowledge_recalls = Table(
    "knowledge_recalls",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("article", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("call", String(64), primary_key=True),
    Column("task", String(64)),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Index(None, "task"),
)

# What agents said of an answer card, one opinion for each agent, call and version; `ended_*` and
# `stood_at` are its lead time. The question it answered lies in knowledge_texts, kind mark.
knowledge_marks = Table(
    "knowledge_marks",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("article", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("call", String(64), nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("stood_at", Instant),
    Column("ended_at", Instant),
    Column("ended_by", String(8)),
    Column("undone_at", Instant),
    Column("undone_by", String(64)),
    Index(None, "city", "kind", "at"),
    Index(None, "city", "article"),
)
