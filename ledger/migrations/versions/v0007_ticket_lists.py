"""Views of the ticket list that people keep, and what lists filter by in one index."""

from __future__ import annotations

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
