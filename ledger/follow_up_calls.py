"""A follow-up call that reached nobody gives its task back by itself. Rides with the journal: the
claim ends in the transaction that keeps the end of the call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import update

from hotline.facts import CallClosed
from hotline.follow_ups import vain
from hotline.words import Outcome
from ledger import message_tables as t
from ledger.stream import Recorded

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class FollowUpCalls:
    """For every city of the database: a call belongs to one follow-up alone."""

    @property
    def waiting(self) -> bool:
        """Nothing but what facts bring."""
        return False

    async def ride(self, connection: AsyncConnection, recorded: Sequence[Recorded]) -> None:
        """Calls of ours that ended before the citizen spoke."""
        c = t.follow_ups.c
        for one in recorded:
            fact = one.fact
            ours = isinstance(fact, CallClosed) and fact.outcome is Outcome.RETURN_CALL
            if isinstance(fact, CallClosed) and ours and fact.agent is None:
                free = {"claimed_by": None, "claimed_until": None, "result": vain(fact.stage)}
                change = update(t.follow_ups).where(c.call == fact.call).values(**free)
                await connection.execute(change)

    def arrived(self) -> None:
        """Nothing is kept in memory."""
