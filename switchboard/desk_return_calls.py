"""回拨 as the desk asks for it: the ledger holds the task, the rules begin the call."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Sequence
from typing import Final, Literal

from agent_desk import views
from agent_desk.return_views import ReturnCounts, ReturnList, ReturnPage, ReturnRow
from hotline.errors import HotlineError
from hotline.knowledge import ArticleId
from hotline.metrics import day_start
from hotline.return_calls import RECALL, ReturnCall, TaskState
from hotline.words import Phone, ReturnCallId
from ledger.knowledge_recalls import about_parts
from ledger.return_calls import ReturnCalls
from ledger.store import Ledger
from switchboard.calling_out import CallingOut
from switchboard.conductor import Conductor
from switchboard.desk_ticket_calls import DeskTicketCalls
from switchboard.live import Roster

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
_STATES: dict[TaskState, Literal["waiting", "dialling", "closed"]] = {
    TaskState.WAITING: "waiting",
    TaskState.DIALLING: "dialling",
    TaskState.CLOSED: "closed",
}


class DeskReturnCalls:
    """Implements :class:`agent_desk.return_views.ReturnCalls`. ``line_out`` is False where this
    site has no line on which citizens can be called."""

    def __init__(
        self,
        ledger: Ledger,
        conductor: Conductor,
        roster: Callable[[], Roster],
        now: Callable[[], dt.datetime],
        zone: dt.tzinfo,
        *,
        line_out: bool,
    ) -> None:
        self._ledger = ledger
        self._calling = CallingOut(conductor, now, line_out=line_out)
        self.tickets = DeskTicketCalls(ledger, self._calling)
        self._roster = roster
        self._now = now
        self._zone = zone

    async def page(self, which: ReturnList, number: int, size: int = 50) -> ReturnPage:
        dawn = day_start(self._now(), self._zone)
        found = await self._ledger.return_calls.page(which, dawn, number=number, size=size)
        callers = await self._ledger.callers.find_all([task.caller_call for task in found.items])
        titles = await self._titles(found.items)
        rows = tuple(
            self._row(task, callers.get(task.caller_call, Phone("")), titles.get(task.about, ""))
            for task in found.items
        )
        return ReturnPage(rows=rows, counts=await self.counts(), total=found.total, size=size)

    async def counts(self) -> ReturnCounts:
        """The numbers of the lists; the board shows them as well."""
        counts = await self._ledger.return_calls.counts(day_start(self._now(), self._zone))
        return ReturnCounts(
            open=counts.open,
            emergencies=counts.emergencies,
            today=counts.today,
            closed=counts.closed,
        )

    async def dial(self, task: ReturnCallId, by: views.Person) -> None:
        """First the rules say whether this seat can call now, then the ledger gives the task to
        one alone, then the seat rings."""
        self._calling.may(by, "回拨")
        owed = await self._ledger.return_calls.load(task)
        citizen = await self._ledger.callers.find(owed.caller_call) or Phone("")
        # What the citizen called about is answered in this call, as in one of their own; a recall
        # only puts right what was answered before.
        rates = owed.matter != RECALL
        asked = self._calling.asked(by, citizen, task, "回拨", rates=rates)
        await self._ledger.return_calls.take(task, call=asked.call, agent=asked.agent, by=by.id)
        # Known before the seat rings: the pop shows who is called.
        self._ledger.callers.remember(asked.call, citizen)
        try:
            await self._calling.conductor.ask(asked)
        except HotlineError:
            await self._ledger.return_calls.missed(task, call=asked.call, result="refused")
            raise

    async def dismiss(self, task: ReturnCallId, reason: str, by: views.Person) -> None:
        await self._ledger.return_calls.dismiss(task, reason, by=by.id)

    async def _titles(self, tasks: Sequence[ReturnCall]) -> dict[str, str]:
        """What the wrong answers were about, by what their tasks say."""
        parts = {task.about: about_parts(task.about) for task in tasks if task.about}
        wanted = {article for article, _ in filter(None, parts.values())}
        held = await self._ledger.knowledge.articles.some(wanted)
        return {
            text: held[ArticleId(found[0])].latest.content.title
            for text, found in parts.items()
            if found and ArticleId(found[0]) in held
        }

    def _row(self, task: ReturnCall, caller: Phone, about: str) -> ReturnRow:
        return ReturnRow(
            id=task.id,
            caller=caller,
            state=_STATES[task.state],
            urgent="" if task.matter == RECALL else task.matter,
            about=about,
            place=task.place,
            outcome=task.outcome,
            losses=task.losses,
            waited_s=task.waited_s,
            opened_at=task.opened_at,
            lost_at=task.lost_at,
            tries=task.tries,
            tried_at=task.tried_at,
            result=task.result,
            agent=task.agent,
            agent_name=self._roster().name(task.agent) if task.agent else "",
            closed_at=task.closed_at,
            reason=task.reason or "",
        )


async def expiring(tasks: ReturnCalls) -> None:
    """End the attempts whose end nobody told, every few seconds: no task is held for ever."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            await tasks.expire()
        except HotlineError as trouble:
            log.warning("attempts not looked at", extra={"why": type(trouble).__name__})
