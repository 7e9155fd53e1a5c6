"""The table of calls to callers that somebody began on the page of their ticket."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, String, Table

from ledger.columns import Instant
from ledger.metadata import metadata

ticket_calls = Table(
    "ticket_calls",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("city", String(32), nullable=False),
    Column("ticket", String(32), nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("ended_at", Instant),
    Column("result", String(32), nullable=False),
    ForeignKeyConstraint(["city", "ticket"], ["tickets.city", "tickets.id"]),
    Index(None, "city", "ticket"),
)
