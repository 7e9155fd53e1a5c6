"""The tables of supervision (督办): what was raised, each step of it, the numbers of its forms."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ledger.columns import EncryptedStr, Instant, Serial
from ledger.metadata import metadata

# What raised it stands in the row and never changes; where it is, is what its steps made of it.
supervision_matters = Table(
    "supervision_matters",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("city", String(32), nullable=False),
    # One thing raises one matter: the ticket with the key of the due, a task of the knowledge base.
    Column("source", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("what", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("ticket", String(32)),
    Column("unit", String(64)),
    Column("evidence", Text, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("raised_by", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("form", String(32), nullable=False),
    Column("form_number", String(64), nullable=False),
    Column("answer_by", String(10)),
    Column("version", Integer, nullable=False),
    UniqueConstraint("city", "source"),
    Index(None, "city", "state", "level", "id"),
    Index(None, "city", "unit", "state", "id"),
    Index(None, "city", "ticket"),
)

supervision_steps = Table(
    "supervision_steps",
    metadata,
    Column("matter", Serial, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("step", String(16), nullable=False),
    Column("by", String(64), nullable=False),
    Column("part", String(16), nullable=False),
    Column("body", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("form", String(32), nullable=False),
    Column("form_number", String(64), nullable=False),
    Column("answer_by", String(10)),
    Column("article", String(64), nullable=False),
    Column("texts", EncryptedStr),
    ForeignKeyConstraint(["matter"], ["supervision_matters.id"]),
)

supervision_numbers = Table(
    "supervision_numbers",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("form", String(32), primary_key=True),
    Column("last", Integer, nullable=False),
)
