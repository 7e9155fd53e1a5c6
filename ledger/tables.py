"""The tables of the ledger (SQLAlchemy Core). ``migrations/`` brings a database to this shape.

Personal data lies only in EncryptedStr columns; ``*_ix`` are blind indexes (keyed hashes) by which
a number is found without being readable.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from ledger.columns import EncryptedStr, Instant, Serial
from ledger.metadata import metadata as metadata  # noqa: PLC0414 - how mypy is told that it is given on

# ------------------------------------------------------------------------------------- the journal
journal = Table(
    "journal",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("stream", String(96), nullable=False),
    Column("type", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("policy_version", String(128), nullable=False),
    Column("code_version", String(64), nullable=False),
    Column("call", String(64)),
    # The token of the lease it was written under. NOT NULL is the fence: the INSERT looks the token
    # up among the leases in force, and a stale writer finds none.
    Column("fence", Serial, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "stream", "seq"),
    Index(None, "call", "seq"),
)

# One row. Numbers are given out under its lock: seq has no gaps and follows the order of commits.
journal_head = Table(
    "journal_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Serial, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("token", Serial, nullable=False),
    Column("holder", String(128), nullable=False),
    Column("expires_at", Instant, nullable=False),
    # The last batch committed under the lease: after a commit whose answer was lost the writer sees
    # whether it happened.
    Column("batch", String(32), nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("stream", String(96), primary_key=True),
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("code_version", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("body", Text, nullable=False),
)

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# ----------------------------------------------------------------------------------- calls, callers
callers = Table(
    "callers",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("number", EncryptedStr, nullable=False),
    Column("number_ix", String(32)),
    Index(None, "number_ix", "at"),
    Index(None, "at"),
)

calls = Table(
    "calls",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("arrived_at", Instant, nullable=False),
    Column("queued_at", Instant),
    Column("ended_at", Instant, nullable=False),
    Column("wait_s", Float),
    Column("outcome", String(32), nullable=False),
    Column("stage", String(32), nullable=False),
    Column("agent", String(32)),
    Column("service", String(8)),
    Column("linked", Boolean, nullable=False),
    Column("reconciled", Boolean, nullable=False),
    Index(None, "ended_at"),
    Index(None, "arrived_at"),
)

linkages = Table(
    "linkages",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("started_at", Instant, nullable=False),
    Index(None, "started_at"),
)

# Versions of articles that stood on an agent's screen beside a call.
shown_articles = Table(
    "shown_articles",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("article", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("internal", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
)

# ------------------------------------------------------------------------------------- return calls
# No number and no index of one: a task is found by its lost call, whose number lies in callers.
return_calls = Table(
    "return_calls",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("city", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("matter", String(16), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("lost_at", Instant, nullable=False),
    Column("place", String(16), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("waited_s", Float),
    Column("losses", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", Instant),
    Column("result", String(32), nullable=False),
    Column("agent", String(32)),
    Column("attempt", String(64)),
    Column("until", Instant),
    Column("closed_at", Instant),
    Column("reason", String(32)),
    Column("closed_by", String(64), nullable=False),
    # The call whose number is dialled, where it is not the task's own id; what it is about.
    Column("call", String(64)),
    Column("about", String(160), nullable=False, server_default=""),
    Index(None, "state", "opened_at"),
    Index(None, "lost_at"),
    Index(None, "closed_at"),
    Index(None, "attempt"),
    Index(None, "call"),
)

return_call_losses = Table(
    "return_call_losses",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("task", String(64), nullable=False),
    Index(None, "task"),
)

# ------------------------------------------------------------------------------------------ tickets
# A list asks for these only, so that its two indexes answer it without the wide rows: what runs
# comes by its limit out of the one, what is over by its number out of the other.
_LISTED = ("type", "unit", "category", "confidential", "supervised", "opened_at", "opened_by")
tickets = Table(
    "tickets",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("type", String(8), nullable=False),
    Column("status", String(32), nullable=False),
    Column("category", String(128), nullable=False),
    Column("unit", String(64)),
    Column("call", String(64)),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", String(64), nullable=False),
    Column("confidential", Boolean, nullable=False),
    Column("policy_version", String(128), nullable=False),
    Column("due_at", Instant),
    Column("provisional", Boolean, nullable=False),
    Column("deadline", Text),
    Column("searched", Text, nullable=False),
    Column("acts", Text, nullable=False),
    Column("phone_ix", String(32)),
    # When time may next bring something to it; NULL: never, as it stands.
    Column("look_at", Instant),
    Column("supervised", Boolean, nullable=False, server_default=false()),
    Index("ix_tickets_list", "city", "status", "due_at", "id", *_LISTED, "call"),
    Index("ix_tickets_newest", "city", "id", "status", "due_at", *_LISTED, "call"),
    Index(None, "city", "opened_by", "unit"),
    Index(None, "city", "due_at", "id"),
    Index(None, "city", "look_at"),
    Index(None, "call"),
    Index(None, "phone_ix"),
)

# The canonical text of every pack version that a ticket was opened under.
policy_versions = Table(
    "policy_versions",
    metadata,
    Column("version", String(128), primary_key=True),
    Column("kept_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

# What the clock raised. The key is what makes it once; act is its number among the ticket's acts,
# NULL where it is left to people.
ticket_dues = Table(
    "ticket_dues",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("ticket", String(32), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("what", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("act", Integer),
    ForeignKeyConstraint(["city", "ticket"], ["tickets.city", "tickets.id"]),
    Index(None, "city", "at"),
)

ticket_texts = Table(
    "ticket_texts",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("ticket", String(32), primary_key=True),
    Column("slot", String(32), primary_key=True),
    Column("body", EncryptedStr, nullable=False),
    ForeignKeyConstraint(["city", "ticket"], ["tickets.city", "tickets.id"]),
)

# Filters of the list that somebody keeps under a name; at most one of a person is opened first.
ticket_views = Table(
    "ticket_views",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("name", String(40), nullable=False),
    Column("query", Text, nullable=False),
    Column("first", Boolean, nullable=False),
    UniqueConstraint("city", "owner", "name"),
)

ticket_numbers = Table(
    "ticket_numbers",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("day", String(8), primary_key=True),
    Column("last", Integer, nullable=False),
)

# ----------------------------------------------------------------------------------------- accounts
users = Table(
    "users",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("city", String(32), nullable=False),
    Column("login", String(64), nullable=False),
    Column("display_name", String(64), nullable=False),
    Column("roles", String(128), nullable=False),
    Column("agent", String(32)),
    Column("unit", String(64)),
    Column("password_hash", String(256), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("last_login_at", Instant),
    # The password was given by somebody else: it opens nothing but the page where it is changed.
    Column("must_change", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("city", "login"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user", String(36), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    ForeignKeyConstraint(["user"], ["users.id"]),
    Index(None, "user"),
    Index(None, "expires_at"),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("login", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "login", "at"),
    Index(None, "source", "at"),
)

units = Table(
    "units",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("parent", String(64)),
    Column("kind", String(32), nullable=False),
    Column("position", Integer, nullable=False),
    Column("closed", Boolean, nullable=False),
    ForeignKeyConstraint(["city", "parent"], ["units.city", "units.code"]),
)

# One row a version, the whole directory as JSON: a version is read and replaced as a whole.
directory_versions = Table(
    "directory_versions",
    metadata,
    Column("city", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("effective_from", String(10), nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("origin", String(200), nullable=False),
    Column("stored_by", String(64), nullable=False),
    Column("body", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("who", String(64), nullable=False),
    Column("what", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("detail", Text, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Index(None, "subject"),
    Index(None, "at"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Serial, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)

# ------------------------------------------------------------------------------------------- outbox
outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("topic", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(128)),
    Column("claimed_until", Instant),
    Index(None, "topic", "id"),
)

from ledger import (  # noqa: E402,F401 - the same metadata, whoever asks first
    file_tables,
    link_tables,
    message_tables,
    people_tables,
    supervision_tables,
    ticket_call_tables,
)
