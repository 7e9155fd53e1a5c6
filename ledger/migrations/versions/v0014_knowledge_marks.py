"""What agents marked on answer cards: adopted or wrong, and when the card had stood."""

from __future__ import annotations

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Nothing yet."""
