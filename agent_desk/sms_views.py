"""Who takes the replies of a message platform in."""

from __future__ import annotations

from typing import Protocol


class ReplyDoor(Protocol):
    """Who takes replies in."""

    def opens(self, secret: str) -> bool | None:
        """Whether this is the platform's secret, compared in constant time; None where this site
        takes no replies in."""

    async def reply(self, number: str, text: str, *, id: str, ref: str) -> str:
        """What was made of it, a code. Durable when it returns."""
