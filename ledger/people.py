"""The people behind the calls: their numbers, encrypted, and what they called about before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, delete, func, select

from hotline.words import AgentId, CallId, Outcome, Phone, TicketId
from ledger import tables as t
from ledger.database import Clock, Database
from ledger.seal import KeyRing, Sealed
from ledger.stream import Recorded

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class EarlierCall:
    """A call of the same number that is over."""

    call: CallId
    arrived_at: dt.datetime
    outcome: Outcome
    agent: AgentId | None
    tickets: tuple[TicketId, ...]


@dataclass(frozen=True, slots=True)
class EarlierCalls:
    """How often a number called before, and the last ones, newest first."""

    count: int
    last: tuple[EarlierCall, ...]


class Callers:
    """The numbers behind the calls. Implements :class:`hotline.ports.Callers`; rides with the
    journal, so a number is durable with the facts of its call."""

    def __init__(self, database: Database, keys: KeyRing, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._known: dict[CallId, Phone] = {}
        self._unsaved: dict[CallId, tuple[Phone, dt.datetime]] = {}
        self._riding: list[CallId] = []
        self.on_waiting: Callable[[], None] = lambda: None

    def remember(self, call: CallId, caller: Phone) -> None:
        """Known at once to this process; durable with the next commit of the journal."""
        if self._known.get(call) == caller:
            return
        self._keep(call, caller)
        self._unsaved[call] = (caller, self._clock())
        self.on_waiting()

    def of(self, call: CallId) -> Phone | None:
        """The caller of a call this process has heard of; None where unknown. See :meth:`find`."""
        return self._known.get(call)

    async def find(self, call: CallId) -> Phone | None:
        """The caller of any call, read from the database when this process has not heard of it."""
        known = self._known.get(call)
        if known is None:
            known = (await self.find_all([call])).get(call)
        return known

    async def find_all(self, calls: Sequence[CallId]) -> dict[CallId, Phone]:
        """The callers of many calls; those that are not known are left out."""
        found = {call: self._known[call] for call in calls if call in self._known}
        missing = [call for call in calls if call not in found]
        if missing:
            query = select(t.callers.c.call, t.callers.c.number).where(
                t.callers.c.call.in_(missing)
            )
            async with self._database.read() as connection:
                rows = (await connection.execute(query)).all()
            found.update({row.call: self._open(row.call, row.number) for row in rows})
        return found

    async def within(self, connection: AsyncConnection, call: CallId) -> Phone:
        """The caller of a call as a transaction of the journal sees it; withheld where unknown."""
        known = self._known.get(call)
        if known is not None:
            return known
        query = select(t.callers.c.number).where(t.callers.c.call == call)
        number = (await connection.execute(query)).scalar_one_or_none()
        return Phone("") if number is None else self._open(call, number)

    def same(self, caller: Phone) -> ColumnElement[bool]:
        """The condition on the callers that it is this number; never true for a withheld one."""
        return t.callers.c.number_ix.in_(self._keys.indexes(caller))

    async def warm(self, since: dt.datetime) -> None:
        """Read the callers since a moment, so that :meth:`of` knows the live calls after a
        restart."""
        query = (
            select(t.callers.c.call, t.callers.c.number)
            .where(t.callers.c.at >= since)
            .order_by(t.callers.c.at)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        for row in rows:
            if row.call not in self._known:
                self._keep(row.call, self._open(row.call, row.number))

    async def earlier(
        self, caller: Phone, *, before: CallId | None = None, limit: int = 5
    ) -> EarlierCalls:
        """The calls of this number that are over, without the call ``before`` itself. A withheld
        number is not a person: it has none."""
        indexes = self._keys.indexes(caller)
        if not indexes:
            return EarlierCalls(0, ())
        same = (
            select(t.calls)
            .join(t.callers, t.callers.c.call == t.calls.c.call)
            .where(t.callers.c.number_ix.in_(indexes), t.calls.c.call != (before or ""))
        )
        async with self._database.read() as connection:
            # A call of ours is in the list, but not one of the times he called.
            came = same.where(t.calls.c.outcome != Outcome.RETURN_CALL.value)
            count = await connection.execute(select(func.count()).select_from(came.subquery()))
            rows = (
                await connection.execute(same.order_by(t.calls.c.arrived_at.desc()).limit(limit))
            ).all()
            opened = (
                await connection.execute(
                    select(t.tickets.c.call, t.tickets.c.id)
                    .where(t.tickets.c.call.in_([row.call for row in rows]))
                    .order_by(t.tickets.c.id)
                )
            ).all()
        tickets: dict[str, list[TicketId]] = {}
        for call, ticket in opened:
            tickets.setdefault(call, []).append(ticket)
        last = tuple(
            EarlierCall(
                row.call,
                row.arrived_at,
                Outcome(row.outcome),
                row.agent,
                tuple(tickets.get(row.call, ())),
            )
            for row in rows
        )
        return EarlierCalls(count.scalar_one(), last)

    async def calls_of(self, caller: Phone, *, limit: int = 200) -> list[CallId]:
        """The calls of a number, newest first, over or not; none for a withheld number."""
        query = (
            select(t.callers.c.call)
            .where(t.callers.c.number_ix.in_(self._keys.indexes(caller)))
            .order_by(t.callers.c.at.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def forget(self, before: dt.datetime) -> int:
        """Delete the numbers of calls before a moment (retention); how many. Every count and every
        replay stays as it was."""
        async with self._database.write() as connection:
            done = await connection.execute(delete(t.callers).where(t.callers.c.at < before))
        return done.rowcount

    # ------------------------------------------------------------------------ with the journal
    @property
    def waiting(self) -> bool:
        return bool(self._unsaved)

    async def ride(self, connection: AsyncConnection, _recorded: Sequence[Recorded]) -> None:
        self._riding = list(self._unsaved)
        rows = [self._row(call, *self._unsaved[call]) for call in self._riding]
        await self._database.upsert(connection, t.callers, rows)

    def arrived(self) -> None:
        for call in self._riding:
            written = self._unsaved.get(call)
            if written is not None and written[0] == self._known.get(call, written[0]):
                del self._unsaved[call]
        self._riding = []

    def _keep(self, call: CallId, caller: Phone) -> None:
        self._known[call] = caller
        if len(self._known) > _KEPT:
            oldest = next(iter(self._known))
            if oldest not in self._unsaved:
                del self._known[oldest]

    def _row(self, call: CallId, caller: Phone, at: dt.datetime) -> dict[str, Any]:
        sealed = self._keys.seal(caller.digits, table="callers", column="number", row=call)
        return {"call": call, "at": at, "number": sealed, "number_ix": self._keys.index(caller)}

    def _open(self, call: str, number: Sealed) -> Phone:
        return Phone(self._keys.open(number, table="callers", column="number", row=call))
