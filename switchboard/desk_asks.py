"""诉求点 from the page of a ticket."""

from __future__ import annotations

from collections.abc import Sequence

from agent_desk.views import Person
from hotline.asks import tidy
from hotline.errors import BadInput
from hotline.words import TicketId
from ledger.errors import StaleVersion
from ledger.store import Ledger
from switchboard.reply_asks import asks_now, text_of


class DeskAsks:
    """Implements :class:`agent_desk.reply_views.AskBook`."""

    def __init__(self, ledger: Ledger) -> None:
        self._tickets = ledger.tickets

    async def of(self, number: TicketId) -> Sequence[str]:
        return asks_now((await self._tickets.load(number)).texts)

    async def correct(
        self, number: TicketId, asks: Sequence[str], version: int, *, by: Person
    ) -> None:
        kept = tidy(asks)
        if not kept:
            raise BadInput("asks", "请至少写一条诉求点，一行一条")
        try:
            await self._tickets.asks.put(number, text_of(kept), by=by.id, expected_version=version)
        except StaleVersion:
            raise BadInput("version", "这件工单刚刚有人办过，已为您刷新，请看过再改") from None
