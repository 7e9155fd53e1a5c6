"""The tasks to call somebody back (回拨): their state, their streams of facts, their losses.

Born and settled in the transaction of the journal, by the facts that say a call was lost or
answered: exactly once, however late they are learnt. What people do goes under a version check.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from sqlalchemy import ColumnElement, func, insert, or_, select, update

from hotline import return_calls as rules
from hotline.errors import HotlineError, NoSuch
from hotline.facts import (
    CallAnswered,
    CallClosed,
    EmergencyStepped,
    ReturnCallFact,
)
from hotline.return_calls import ReturnCall, TaskState
from hotline.words import AgentId, CallId, Outcome, Phone, ReturnCallId, UserId
from ledger import tables as t
from ledger.audit import Audit
from ledger.book import Page
from ledger.database import Clock, Database
from ledger.errors import StaleVersion
from ledger.people import Callers
from ledger.return_call_rows import task_of, task_row
from ledger.stream import Entry, Recorded, Streams, insert_entries, return_call_stream

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

log = logging.getLogger(__name__)

TaskList = Literal["open", "today", "closed"]
"""Those that are owed; those whose last loss is of today; those that are done."""

_TRIES: Final = 3
_CALM: Final = ("", rules.RECALL)
"""The matters that are no emergency."""
_Facts = tuple[ReturnCallFact, ...]


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How many tasks each list holds; ``emergencies`` are among the open ones."""

    open: int
    emergencies: int
    today: int
    closed: int


class ReturnCalls:
    """The tasks of one city. Rides with the journal."""

    def __init__(
        self,
        database: Database,
        callers: Callers,
        streams: Streams,
        audit: Audit,
        clock: Clock,
        *,
        city: str,
        code_version: str,
    ) -> None:
        self._database = database
        self._callers = callers
        self._streams = streams
        self._audit = audit
        self._clock = clock
        self._city = city
        self._code_version = code_version

    # --------------------------------------------------------------------------------- reading
    async def page(
        self, which: TaskList, day_start: dt.datetime, *, number: int = 1, size: int = 50
    ) -> Page[ReturnCall]:
        """A part of a list. Open ones: emergencies that reached nobody first, then who waits
        longest; the others newest first."""
        c = t.return_calls.c
        orders: dict[TaskList, tuple[ColumnElement[Any], ...]] = {
            "open": (c.matter.in_(_CALM).asc(), c.opened_at.asc(), c.id),
            "today": (c.lost_at.desc(), c.id),
            "closed": (c.closed_at.desc(), c.id),
        }
        wanted = self._wanted(which, day_start)
        query = select(t.return_calls).where(*wanted).order_by(*orders[which])
        count = select(func.count()).select_from(t.return_calls).where(*wanted)
        async with self._database.read() as connection:
            total = (await connection.execute(count)).scalar_one()
            rows = await connection.execute(query.limit(size).offset((number - 1) * size))
            items = tuple(task_of(row) for row in rows)
        return Page(items, number, size, total)

    async def counts(self, day_start: dt.datetime) -> TaskCounts:
        """The numbers beside the lists."""
        c = t.return_calls.c
        urgent = [*self._wanted("open", day_start), c.matter.not_in(_CALM)]
        async with self._database.read() as connection:

            async def count(wanted: list[ColumnElement[bool]]) -> int:
                query = select(func.count()).select_from(t.return_calls).where(*wanted)
                return int((await connection.execute(query)).scalar_one())

            found = [await count(self._wanted(one, day_start)) for one in get_args(TaskList)]
            return TaskCounts(found[0], await count(urgent), found[1], found[2])

    def _wanted(self, which: TaskList, day_start: dt.datetime) -> list[ColumnElement[bool]]:
        c = t.return_calls.c
        mine = c.city == self._city
        match which:
            case "open":
                return [mine, c.state != TaskState.CLOSED.value]
            case "today":
                return [mine, c.lost_at >= day_start]
            case "closed":
                return [mine, c.state == TaskState.CLOSED.value]

    async def load(self, id_: ReturnCallId) -> ReturnCall:
        """One task. Raises NoSuch."""
        async with self._database.read() as connection:
            return await self._one(connection, id_)

    async def losses_of(self, id_: ReturnCallId) -> list[CallId]:
        """The lost calls of a task."""
        losses = t.return_call_losses.c
        query = select(losses.call).where(losses.task == id_).order_by(losses.call)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def facts_of(self, id_: ReturnCallId) -> list[Recorded]:
        """The stream of a task, in order: every loss and every attempt."""
        stream = return_call_stream(self._city, id_)
        return [recorded async for recorded in self._streams.read(stream=stream)]

    # ------------------------------------------------------------------------ what people do
    async def take(
        self, id_: ReturnCallId, *, call: CallId, agent: AgentId, by: UserId
    ) -> ReturnCall:
        """Begin an attempt: of several who ask at once, in however many processes, one gets it.
        Raises ImpossibleMove for the others, NoSuch."""
        return await self._act(
            id_,
            lambda task: rules.attempt(task, call=call, agent=agent, by=by, at=self._clock()),
            by,
            "return_call.try",
        )

    async def missed(self, id_: ReturnCallId, *, call: CallId, result: str) -> ReturnCall:
        """An attempt that never got as far as the exchange."""
        return await self._act(
            id_, lambda task: rules.miss(task, call, result, self._clock()), None, ""
        )

    async def dismiss(self, id_: ReturnCallId, reason: str, *, by: UserId) -> ReturnCall:
        """Nobody is called back. Raises BadInput, ImpossibleMove, NoSuch."""
        return await self._act(
            id_,
            lambda task: rules.dismiss(task, reason, by=by, at=self._clock()),
            by,
            "return_call.dismiss",
        )

    async def expire(self) -> int:
        """End the attempts whose time is over though nobody told their end; how many."""
        c = t.return_calls.c
        over = [c.state == TaskState.DIALLING.value, c.until <= self._clock()]
        async with self._database.read() as connection:
            ids = list((await connection.execute(select(c.id).where(*over))).scalars())
        for id_ in ids:
            await self._act(id_, lambda task: rules.expire(task, self._clock()), None, "")
        return len(ids)

    async def _act(
        self,
        id_: ReturnCallId,
        decide: Callable[[ReturnCall], _Facts],
        by: UserId | None,
        what: str,
    ) -> ReturnCall:
        for _ in range(_TRIES - 1):
            try:
                return await self._act_once(id_, decide, by, what)
            except StaleVersion:
                continue  # somebody was quicker: look again, and decide again
        return await self._act_once(id_, decide, by, what)

    async def _act_once(
        self,
        id_: ReturnCallId,
        decide: Callable[[ReturnCall], _Facts],
        by: UserId | None,
        what: str,
    ) -> ReturnCall:
        async with self._database.write() as connection:
            task = await self._one(connection, id_)
            facts = decide(task)
            if not facts:
                return task
            changed = await self._save(connection, task, facts, "")
            if by is not None:
                detail = {"version": changed.version, "reason": changed.reason}
                await self._audit.add(connection, by, what, f"return_call:{id_}", detail)
            return changed

    # ------------------------------------------------------------------------ with the journal
    @property
    def waiting(self) -> bool:
        return False

    async def ride(self, connection: AsyncConnection, recorded: Sequence[Recorded]) -> None:
        for one in recorded:
            try:
                await self._follow(connection, one)
            except HotlineError:
                # A fault of these rules must not keep the facts themselves from being written.
                log.exception("return call not followed", extra={"seq": one.seq})

    async def _follow(self, connection: AsyncConnection, one: Recorded) -> None:
        match one.fact:
            case CallClosed(outcome=Outcome.RETURN_CALL) as fact:
                await self._tried(connection, fact, one.policy_version)
            case CallClosed() as fact:
                await self._lost(connection, fact, one.policy_version)
            case CallAnswered() as fact:
                await self._heard(connection, fact, one.policy_version)
            case EmergencyStepped(phase="answered") as fact:
                await self._heard(connection, fact, one.policy_version)
            case _:
                pass

    def arrived(self) -> None:
        """Nothing is kept in memory."""

    async def _lost(self, connection: AsyncConnection, fact: CallClosed, policy: str) -> None:
        loss = rules.loss_of(fact)
        losses = t.return_call_losses
        known = select(losses.c.task).where(losses.c.call == fact.call)
        if loss is None or (await connection.execute(known)).first() is not None:
            return
        caller = await self._callers.within(connection, loss.call)
        tasks = await self._open_tasks(connection, caller)
        settled = await self._settled(connection, caller, loss.at)
        facts = rules.owe(loss, caller, tasks, settled)
        same = next((task for task in tasks if task.id == facts[0].task), None)
        await connection.execute(insert(losses), {"call": loss.call, "task": facts[0].task})
        await self._save(connection, same, facts, policy)

    async def recall_in(
        self, connection: AsyncConnection, call: CallId, about: str, policy: str
    ) -> ReturnCall:
        """A wrong answer told in this call is to be put right (召回); the task, of which a caller
        has one for each version. In the transaction that keeps whom it concerns."""
        caller = await self._callers.within(connection, call)
        tasks = await self._open_tasks(connection, caller)
        facts = rules.recall(call, about, caller, tasks, self._clock())
        same = next((task for task in tasks if task.id == facts[0].task), None)
        return await self._save(connection, same, facts, policy)

    async def _heard(
        self, connection: AsyncConnection, fact: CallAnswered | EmergencyStepped, policy: str
    ) -> None:
        """Somebody speaks with the caller: an agent, or an emergency service, which settles
        emergencies alone."""
        caller = await self._callers.within(connection, fact.call)
        tasks = {task.id: task for task in await self._open_tasks(connection, caller)}
        own = await self._of_attempt(connection, fact.call)
        if own is not None:
            tasks[own.id] = own
        for task in tasks.values():
            if task.matter or isinstance(fact, CallAnswered):
                facts = rules.settle(task, fact.call, fact.at)
                await self._save(connection, task, facts, policy)

    async def _tried(self, connection: AsyncConnection, fact: CallClosed, policy: str) -> None:
        """A return call is over; one that was answered settled its task when it was."""
        task = await self._of_attempt(connection, fact.call)
        if task is not None and fact.agent is None:
            facts = rules.miss(task, fact.call, fact.stage, fact.at)
            await self._save(connection, task, facts, policy)

    async def _open_tasks(self, connection: AsyncConnection, caller: Phone) -> list[ReturnCall]:
        if caller.withheld:
            return []
        # By the caller's calls, which are few; the state is looked at here, or the database would
        # walk through every open task of the city.
        c = t.return_calls.c
        calls = select(t.callers.c.call).where(self._callers.same(caller))
        mine = or_(c.id.in_(calls), c.call.in_(calls))
        query = select(t.return_calls).where(mine, c.city == self._city)
        rows = await connection.execute(query.order_by(c.opened_at, c.id))
        tasks = (task_of(row) for row in rows)
        return [task for task in tasks if task.state is not TaskState.CLOSED]

    async def _settled(
        self, connection: AsyncConnection, caller: Phone, since: dt.datetime
    ) -> tuple[CallId, dt.datetime] | None:
        """The latest answered call of this caller after a moment: a loss may be learnt late."""
        if caller.withheld:
            return None
        j = t.journal.c
        query = (
            select(j.call, j.at)
            .join(t.callers, t.callers.c.call == j.call)
            .where(self._callers.same(caller), t.callers.c.at >= since - dt.timedelta(days=1))
            .where(j.type == CallAnswered.__name__, j.at >= since)
            .order_by(j.at.desc())
            .limit(1)
        )
        found = (await connection.execute(query)).first()
        return None if found is None else (CallId(found.call), found.at)

    async def _of_attempt(self, connection: AsyncConnection, call: CallId) -> ReturnCall | None:
        query = select(t.return_calls).where(t.return_calls.c.attempt == call)
        row = (await connection.execute(query)).first()
        return None if row is None else task_of(row)

    # -------------------------------------------------------------------------------- writing
    async def _one(self, connection: AsyncConnection, id_: ReturnCallId) -> ReturnCall:
        mine = (t.return_calls.c.id == id_) & (t.return_calls.c.city == self._city)
        row = (await connection.execute(select(t.return_calls).where(mine))).first()
        if row is None:
            raise NoSuch("回拨任务", id_)
        return task_of(row)

    async def _save(
        self, connection: AsyncConnection, before: ReturnCall | None, facts: _Facts, policy: str
    ) -> ReturnCall:
        """The facts first: their numbers are given out under the head's lock, which orders whoever
        writes to a task. Raises StaleVersion when the task was changed since it was read."""
        task = before
        for fact in facts:
            task = rules.evolve(task, fact)
        if task is None:
            raise NoSuch("回拨任务", "")
        if not facts:
            return task
        stream = return_call_stream(self._city, task.id)
        now, code = self._clock(), self._code_version
        entries = [Entry.of(fact, stream, now, policy, code) for fact in facts]
        await insert_entries(connection, entries, lease=None)
        row = {**task_row(task), "city": self._city}
        if before is None:
            await connection.execute(insert(t.return_calls), row)
            return task
        c = t.return_calls.c
        mine = (c.id == task.id) & (c.version == before.version)
        done = await connection.execute(update(t.return_calls).where(mine).values(**row))
        if done.rowcount != 1:
            raise StaleVersion(task.id, before.version, kind="回拨")
        return task
