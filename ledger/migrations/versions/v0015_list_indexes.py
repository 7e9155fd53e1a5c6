"""Indexes of the ticket list: what runs by its limit, what is over by its number, and whose."""

from __future__ import annotations

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Nothing yet."""
