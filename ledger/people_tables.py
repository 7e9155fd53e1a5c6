"""The tables of who may know whom, which unit has which ticket, and what is kept of units."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
)

from ledger.columns import EncryptedStr, Instant, Serial
from ledger.metadata import metadata

# What a caller asked to be kept secret, field by field, and whom the matter is about (被反映单位).
ticket_secrets = Table(
    "ticket_secrets",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("ticket", String(32), primary_key=True),
    Column("fields", String(64), nullable=False),
    Column("accused", String(512), nullable=False),
    ForeignKeyConstraint(["city", "ticket"], ["tickets.city", "tickets.id"]),
)

# The words of a reason to reveal. The row of the audit book they belong to holds their mark.
access_words = Table(
    "access_words",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("body", EncryptedStr, nullable=False),
)

# Which unit has a ticket, leading or helping, since when.
ticket_units = Table(
    "ticket_units",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("ticket", String(32), primary_key=True),
    Column("unit", String(64), primary_key=True),
    Column("part", String(8), nullable=False),
    Column("since", Instant, nullable=False),
    ForeignKeyConstraint(["city", "ticket"], ["tickets.city", "tickets.id"]),
    Index(None, "city", "unit", "part"),
)

# What a unit is told of its tickets; act is the number of the act among the ticket's acts.
unit_notices = Table(
    "unit_notices",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("unit", String(64), primary_key=True),
    Column("ticket", String(32), primary_key=True),
    Column("act", Integer, primary_key=True, autoincrement=False),
    Column("what", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("seen_at", Instant),
    Column("seen_by", String(64)),
    ForeignKeyConstraint(["city", "ticket"], ["tickets.city", "tickets.id"]),
    Index(None, "city", "unit", "seen_at", "at"),
)

# Duty, hours, people in charge and their numbers, as one sealed JSON.
unit_cards = Table(
    "unit_cards",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("body", EncryptedStr, nullable=False),
    ForeignKeyConstraint(["city", "code"], ["units.city", "units.code"]),
)
