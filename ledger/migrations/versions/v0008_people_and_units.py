"""Who may know whom, which unit has which ticket, what it was told, and what is kept of units and users."""

from __future__ import annotations

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing yet."""
