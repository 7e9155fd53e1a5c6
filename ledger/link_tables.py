"""The table of what belongs together among tickets."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, String, Table

from ledger.columns import Instant
from ledger.metadata import metadata

ticket_links = Table(
    "ticket_links",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("ticket", String(32), primary_key=True),
    Column("tie", String(16), primary_key=True),
    Column("other", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["city", "ticket"], ["tickets.city", "tickets.id"]),
    Index(None, "city", "other"),
)
