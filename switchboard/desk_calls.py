"""Calls: those of the live World and those the ledger keeps, as the desk lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent_desk import views
from agent_desk.ports import CallList, History, Window
from hotline import metrics
from hotline.errors import NoSuch
from hotline.metrics import Record
from hotline.words import CallId, Outcome, Phone, Stage
from hotline.world import World
from ledger.book import BookedCall
from ledger.store import Ledger
from switchboard import live


class DeskCalls:
    """Implements :class:`agent_desk.ports.CallBook` on the World and the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        world: Callable[[], World],
        views_of: live.Live,
    ) -> None:
        self._ledger = ledger
        self._world = world
        self._live = views_of

    async def history(self, caller: Phone, *, but: CallId) -> History:
        earlier = await self._ledger.callers.earlier(caller, before=but, limit=10)
        tickets = await self._ledger.tickets.of_caller(caller, limit=10)
        return History(
            earlier_calls=earlier.count,
            last=tuple(
                views.PastCall(call=c.call, at=c.arrived_at, outcome=c.outcome)
                for c in earlier.last
            ),
            tickets=tuple(
                views.TicketBrief(
                    number=item.id,
                    at=item.opened_at,
                    type=item.type,
                    status=item.status,
                    summary=item.summary,
                    due_at=item.due_at,
                )
                for item in tickets
            ),
        )

    async def calls(self, which: CallList, window: Window, limit: int) -> Sequence[views.CallRow]:
        world = self._world()
        if which in ("waiting", "talking"):
            here = live.waiting(world) if which == "waiting" else live.talking(world)
            return [await self._live_row(call.id, world) for call in here[:limit]]
        wanted = [r for r in self._window(world, window) if _belongs(r, which)]
        newest = wanted[::-1][:limit]
        return await self.rows(newest)

    def _window(self, world: World, window: Window) -> Sequence[Record]:
        return self._live.records(world, window)

    async def rows(self, records: Sequence[Record]) -> list[views.CallRow]:
        """Records of the board with their callers, for a list."""
        ids = [record.call for record in records]
        callers = await self._ledger.callers.find_all(ids)
        known = await self._ledger.book.calls(ids)
        tickets = await self._ledger.tickets.numbers_of(ids)
        names = self._live.roster()
        rows = []
        for record in records:
            booked = known.get(record.call)
            rows.append(
                views.CallRow(
                    call=record.call,
                    arrived_at=record.arrived_at,
                    caller=callers.get(record.call, Phone("")),
                    outcome=record.counts_as,
                    stage=booked.stage if booked else "",
                    wait_s=record.wait_s,
                    talk_s=_talked(booked, record),
                    ended_at=record.closed_at,
                    agent=record.agent,
                    agent_name=names.name(record.agent) if record.agent else "",
                    service=record.service,
                    tickets=tuple(tickets.get(record.call, ())),
                    reconciled=booked.reconciled if booked else False,
                )
            )
        return rows

    async def _live_row(self, call: CallId, world: World) -> views.CallRow:
        here = world.calls[call]
        caller = await self._ledger.callers.find(call)
        return views.CallRow(
            call=call,
            arrived_at=here.arrived_at,
            caller=caller or Phone(""),
            outcome=Outcome.ANSWERED if here.stage is Stage.TALKING else None,
            stage=here.stage,
            wait_s=here.wait_s,
            agent=here.agent,
            agent_name=self._live.roster().name(here.agent) if here.agent else "",
            service=here.service,
        )

    async def linkages(self, limit: int) -> Sequence[views.Linkage]:
        page = await self._ledger.book.linkages(size=limit)
        found = [await self.linkage(item.call) for item in page.items]
        known = {item.call for item in found}
        under_way = [
            one
            for call in self._world().calls.values()
            if call.id not in known and (one := live.linkage_of(call)) is not None
        ]
        return [*under_way, *found][:limit]

    async def linkage(self, call: CallId) -> views.Linkage:
        under_way = self._live.linkage(call)
        if under_way is not None:
            return under_way
        record = await self._ledger.book.linkage(call)
        if record is None:
            raise NoSuch("联动记录", call)
        booked = await self._ledger.book.call(call)
        return live.fold_linkage(
            call,
            record.steps,
            agent=booked.agent if booked else None,
            ended_at=booked.ended_at if booked else None,
        )


def _talked(booked: BookedCall | None, record: Record) -> float | None:
    """From the answer to the end of the call, seconds; None while it lasts or where nobody did."""
    if booked is None or record.counts_as is not Outcome.ANSWERED or booked.wait_s is None:
        return None
    since = booked.queued_at or booked.arrived_at
    return max((booked.ended_at - since).total_seconds() - booked.wait_s, 0.0)


def _belongs(record: Record, which: CallList) -> bool:
    outcome = record.counts_as
    match which:
        case "offered":
            return outcome in metrics.OFFERED
        case "lost":
            return outcome in metrics.LOST
        case "within-15s":
            in_time = (record.wait_s or 0.0) <= metrics.ANSWER_WITHIN_S
            return outcome is Outcome.ANSWERED and in_time
        case _:
            return outcome.value == which
