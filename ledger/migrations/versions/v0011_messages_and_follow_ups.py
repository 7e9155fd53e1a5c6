"""Messages to callers with their replies, who is to be followed up, and ratings by key."""

from __future__ import annotations

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Nothing yet."""
