"""Which ticket belongs to which: joined, told again, with new facts."""

from __future__ import annotations

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
