"""The ledger of calls (one row per call that is over) and the records of linkage (紧急联动).

Both are written from the facts, in the transaction of the journal: board, pages and replay cannot
disagree.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, func, select

from hotline.facts import CallClosed, EmergencyStepped
from hotline.words import AgentId, CallId, Outcome, Service
from ledger import tables as t
from ledger.database import Database
from ledger.stream import Recorded, Streams

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a list: ``number`` counts from 1, ``total`` is the length of the whole list."""

    items: tuple[Item, ...]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class BookedCall:
    """A call that is over. ``wait_s`` is queue wait + ring; None where it never joined a queue."""

    call: CallId
    arrived_at: dt.datetime
    queued_at: dt.datetime | None
    ended_at: dt.datetime
    wait_s: float | None
    outcome: Outcome
    stage: str
    agent: AgentId | None
    service: Service | None
    linked: bool
    reconciled: bool


@dataclass(frozen=True, slots=True)
class Linkage:
    """One call's way to an emergency service: the fold of its steps.

    ``trunk`` is the one that answered, ``phase`` the last step, ``elapsed_ms`` of the answer.
    """

    call: CallId
    started_at: dt.datetime
    service: Service | None
    reason: str
    phase: str
    linked: bool
    trunk: int | None
    elapsed_ms: int | None
    steps: tuple[EmergencyStepped, ...]

    @staticmethod
    def of(call: CallId, steps: Sequence[EmergencyStepped]) -> Linkage:
        """Fold the steps of one call, at least one, in order."""
        answered = next((s for s in reversed(steps) if s.phase == "answered"), None)
        named = next((s.service for s in reversed(steps) if s.service is not None), None)
        reasons = [s.reason for s in steps if s.reason]
        return Linkage(
            call=call,
            started_at=steps[0].at,
            service=(answered.service if answered else None) or named,
            reason=reasons[0] if reasons else "",
            phase=steps[-1].phase,
            linked=answered is not None,
            trunk=answered.trunk if answered else None,
            elapsed_ms=answered.elapsed_ms if answered else None,
            steps=tuple(steps),
        )


class Book:
    """The calls that are over, and the linkages. Rides with the journal."""

    def __init__(self, database: Database, streams: Streams) -> None:
        self._database = database
        self._streams = streams

    async def call(self, call: CallId) -> BookedCall | None:
        """One call that is over; None while it lasts or when it never was."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(select(t.calls).where(t.calls.c.call == call))
            ).one_or_none()
        return None if row is None else _booked(row)

    async def calls(self, calls: Collection[CallId]) -> dict[CallId, BookedCall]:
        """Those of these calls that are over."""
        query = select(t.calls).where(t.calls.c.call.in_(list(calls)))
        async with self._database.read() as connection:
            return {row.call: _booked(row) for row in await connection.execute(query)}

    async def facts_of(self, call: CallId) -> list[Recorded]:
        """Everything the journal knows about a call, in order; ticket streams included."""
        return await self._streams.of_call(call)

    async def linkages(
        self,
        start: dt.datetime | None = None,
        end: dt.datetime | None = None,
        *,
        page: int = 1,
        size: int = 50,
    ) -> Page[Linkage]:
        """The records of linkage that began in a window, newest first."""
        wanted: list[ColumnElement[bool]] = []
        if start is not None:
            wanted.append(t.linkages.c.started_at >= start)
        if end is not None:
            wanted.append(t.linkages.c.started_at < end)
        query = (
            select(t.linkages.c.call)
            .where(*wanted)
            .order_by(t.linkages.c.started_at.desc(), t.linkages.c.call)
            .limit(size)
            .offset((page - 1) * size)
        )
        count = select(func.count()).select_from(t.linkages).where(*wanted)
        async with self._database.read() as connection:
            total = (await connection.execute(count)).scalar_one()
            calls = list((await connection.execute(query)).scalars())
        return Page(tuple(await self._folded(calls)), page, size, total)

    async def linkage(self, call: CallId) -> Linkage | None:
        """The record of linkage of one call; None when it never was on the way to a service."""
        return next(iter(await self._folded([call])), None)

    async def _folded(self, calls: Sequence[CallId]) -> list[Linkage]:
        steps: dict[str, list[EmergencyStepped]] = {call: [] for call in calls}
        for recorded in await self._streams.of_calls(calls, EmergencyStepped):
            if isinstance(recorded.fact, EmergencyStepped):
                steps[recorded.fact.call].append(recorded.fact)
        return [Linkage.of(call, steps[call]) for call in calls if steps[call]]

    # ------------------------------------------------------------------------ with the journal
    @property
    def waiting(self) -> bool:
        return False

    async def ride(self, connection: AsyncConnection, recorded: Sequence[Recorded]) -> None:
        facts = [r.fact for r in recorded]
        # A second end of the same call would be a fault elsewhere; the first one stands.
        closed = [_row(fact) for fact in facts if isinstance(fact, CallClosed)]
        await self._database.insert_new(connection, t.calls, closed)
        begun = [
            {"call": fact.call, "started_at": fact.at}
            for fact in facts
            if isinstance(fact, EmergencyStepped)
        ]
        await self._database.insert_new(connection, t.linkages, begun)

    def arrived(self) -> None:
        """Nothing is kept in memory."""


def _row(fact: CallClosed) -> dict[str, Any]:
    return {
        "call": fact.call,
        "arrived_at": fact.arrived_at,
        "queued_at": fact.queued_at,
        "ended_at": fact.at,
        "wait_s": fact.wait_s,
        "outcome": fact.outcome.value,
        "stage": fact.stage,
        "agent": fact.agent,
        "service": fact.service.value if fact.service else None,
        "linked": fact.linked,
        "reconciled": fact.reconciled,
    }


def _booked(row: Row[Any]) -> BookedCall:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name begins so
    values["outcome"] = Outcome(values["outcome"])
    values["service"] = Service(values["service"]) if values["service"] else None
    return BookedCall(**values)
