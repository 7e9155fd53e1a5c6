"""The tables of messages to callers, of who is to be followed up, and of ratings by key."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, String, Table, Text

from ledger.columns import EncryptedStr, Instant
from ledger.metadata import metadata

# One row a purpose and person: the key is what makes it one.
messages = Table(
    "messages",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("key", String(96), primary_key=True),
    Column("ticket", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("why", String(32), nullable=False),
    Column("ref", String(128), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("number", EncryptedStr, nullable=False),
    Column("number_ix", String(32)),
    Column("body", EncryptedStr, nullable=False),
    Index(None, "city", "number_ix", "changed_at"),
    Index(None, "city", "ticket"),
    Index(None, "city", "state"),
)

# What came back. The id is the gateway's own where it gives one: the same reply twice is one.
message_replies = Table(
    "message_replies",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(96), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("number", EncryptedStr, nullable=False),
    Column("number_ix", String(32)),
    Column("body", EncryptedStr, nullable=False),
    Column("ticket", String(32)),
    Column("verdict", String(16), nullable=False),
    Index(None, "city", "at"),
)

# The one follow-up a ticket owes as it stands, and who is about to make it.
follow_ups = Table(
    "follow_ups",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("ticket", String(32), primary_key=True),
    Column("why", String(64), nullable=False),
    Column("since", Instant, nullable=False),
    Column("due_at", Instant),
    Column("document", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("rating", String(32), nullable=False),
    Column("claimed_by", String(64)),
    Column("claimed_until", Instant),
    Column("call", String(64)),
    Column("tries", Integer),
    Column("result", String(32)),
    Column("tried_at", Instant),
    ForeignKeyConstraint(["city", "ticket"], ["tickets.city", "tickets.id"]),
    Index(None, "city", "due_at", "since"),
    Index(None, "call"),
)

# What a caller pressed after the agent had hung up.
call_ratings = Table(
    "call_ratings",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("key", String(1), nullable=False),
)
