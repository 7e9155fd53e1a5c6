"""Calls to callers that somebody began on the page of their ticket, and how each ended.

The number is not here: it lies with the call, as for every other one. The end rides with the
journal: it is durable with the fact that tells it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from hotline.facts import CallClosed
from hotline.words import CallId, Outcome, TicketId, UserId
from ledger.database import Database
from ledger.stream import Recorded
from ledger.ticket_call_tables import ticket_calls

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

REACHED: Final = "reached"


@dataclass(frozen=True, slots=True)
class TicketCall:
    """One call. ``result`` is empty until it ended, "reached" where the citizen answered, else the
    dialplan's word for why not."""

    call: CallId
    ticket: TicketId
    by: UserId
    at: dt.datetime
    answered_at: dt.datetime | None
    ended_at: dt.datetime | None
    result: str


class TicketCalls:
    """Those of one city."""

    def __init__(self, database: Database, city: str) -> None:
        self._database = database
        self._city = city

    async def begin(self, ticket: TicketId, *, call: CallId, by: UserId, at: dt.datetime) -> None:
        """A call begins; durable when it returns."""
        row = {"call": call, "city": self._city, "ticket": ticket, "by": by, "at": at, "result": ""}
        async with self._database.write() as connection:
            await connection.execute(insert(ticket_calls), row)

    async def refused(self, call: CallId, at: dt.datetime, result: str) -> None:
        """It never got as far as the exchange."""
        change = update(ticket_calls).where(ticket_calls.c.call == call)
        async with self._database.write() as connection:
            await connection.execute(change.values(ended_at=at, result=result))

    async def of(self, ticket: TicketId) -> list[TicketCall]:
        """The calls about a ticket, oldest first."""
        c = ticket_calls.c
        mine = (c.city == self._city) & (c.ticket == ticket)
        query = select(c.call, c.ticket, c.by, c.at, c.answered_at, c.ended_at, c.result)
        async with self._database.read() as connection:
            rows = await connection.execute(query.where(mine).order_by(c.at, c.call))
            return [TicketCall(*row) for row in rows]

    async def ticket_of(self, call: CallId) -> TicketId | None:
        """The ticket a call was about; None for every other call."""
        c = ticket_calls.c
        query = select(c.ticket).where(c.call == call, c.city == self._city)
        async with self._database.read() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return None if found is None else TicketId(found)


class TicketCallEnds:
    """For every city of the database: a call is about one ticket alone."""

    @property
    def waiting(self) -> bool:
        """Nothing but what facts bring."""
        return False

    async def ride(self, connection: AsyncConnection, recorded: Sequence[Recorded]) -> None:
        """How calls of ours ended."""
        for one in recorded:
            fact = one.fact
            if not isinstance(fact, CallClosed) or fact.outcome is not Outcome.RETURN_CALL:
                continue
            answered = None
            if fact.agent is not None:
                answered = fact.arrived_at + dt.timedelta(seconds=fact.wait_s or 0.0)
            change = update(ticket_calls).where(ticket_calls.c.call == fact.call)
            await connection.execute(
                change.values(
                    answered_at=answered,
                    ended_at=fact.at,
                    result=REACHED if answered else fact.stage[:32],
                )
            )

    def arrived(self) -> None:
        """Nothing is kept in memory."""
