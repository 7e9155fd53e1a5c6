"""What callers pressed after their agent had hung up. Rides with the journal: a rating is durable
with the fact that tells it, and the message that carries it to the call's ticket with both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from hotline.facts import CallRated
from hotline.words import CallId
from ledger import message_tables as t
from ledger.database import Database
from ledger.outbox import Outbox
from ledger.stream import Recorded

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

TOPIC: Final = "call-rating"


@dataclass(frozen=True, slots=True)
class CallRating:
    """``key`` is 1 to 5."""

    call: CallId
    at: dt.datetime
    key: str


class CallRatings:
    """One row a call that was rated."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def of(self, call: CallId) -> CallRating | None:
        """The rating of a call, None where its caller just hung up."""
        query = select(t.call_ratings).where(t.call_ratings.c.call == call)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else CallRating(CallId(row.call), row.at, row.key)

    # ------------------------------------------------------------------------ with the journal
    @property
    def waiting(self) -> bool:
        """Nothing but what facts bring."""
        return False

    async def ride(self, connection: AsyncConnection, recorded: Sequence[Recorded]) -> None:
        """The first key of a call is its rating."""
        for one in recorded:
            fact = one.fact
            if isinstance(fact, CallRated):
                row = {"call": fact.call, "at": fact.at, "key": fact.key}
                await self._database.insert_new(connection, t.call_ratings, [row])
                await self._outbox.put(connection, TOPIC, {"call": fact.call})

    def arrived(self) -> None:
        """Nothing is kept in memory."""
