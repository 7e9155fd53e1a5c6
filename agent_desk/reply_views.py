"""诉求点: what a caller asks for, one by one, against which a reply is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent_desk.views import Person
from hotline.words import TicketId


class AskBook(Protocol):
    """The asks of tickets."""

    async def of(self, number: TicketId) -> Sequence[str]:
        """As the hotline corrected them, else as the summary says them."""

    async def correct(
        self, number: TicketId, asks: Sequence[str], version: int, *, by: Person
    ) -> None:
        """Keep another list. Raises BadInput for an empty one, and where somebody acted on the
        ticket since ``version``."""
