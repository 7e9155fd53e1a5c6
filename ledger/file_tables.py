"""The table of files put to tickets (附件). Names and words lie among the ticket's texts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, String, Table

from ledger.columns import Instant
from ledger.metadata import metadata

ticket_files = Table(
    "ticket_files",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(20), primary_key=True),
    Column("ticket", String(32), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", String(64)),
    ForeignKeyConstraint(["city", "ticket"], ["tickets.city", "tickets.id"]),
    Index(None, "city", "ticket"),
)
