"""Articles of the knowledge base, their versions, and what belongs to them."""

from __future__ import annotations

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Nothing yet."""
