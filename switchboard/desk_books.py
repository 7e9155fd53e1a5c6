"""Tickets and calls of the ledger, as the desk's books."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence

from agent_desk import ticket_views as tv
from agent_desk import views
from agent_desk.ports import CallList, History, Window
from hotline import metrics
from hotline.calendar import Calendar
from hotline.deadlines import first_deadline, no_limit
from hotline.errors import NoSuch
from hotline.metrics import Record
from hotline.policy import Policy
from hotline.tickets import Act, OpenTicket, Status, decide_ticket
from hotline.words import (
    CallId,
    Deadline,
    Draft,
    Outcome,
    Phone,
    Stage,
    Ticket,
    TicketId,
    TicketType,
    UnitId,
)
from hotline.world import World
from ledger.book import BookedCall
from ledger.store import Ledger
from ledger.ticket_rows import ListedTicket, StoredTicket, TicketFilter, TicketSave
from ledger.units import Unit
from switchboard import live

Rule = Callable[[dt.datetime], Policy]


class DeskTickets:
    """Implements :class:`agent_desk.ports.TicketBook`: the rules decide, the ledger commits."""

    def __init__(
        self, ledger: Ledger, *, city: str, body: str, policy: Rule, calendar: Calendar
    ) -> None:
        self._ledger = ledger
        self._city = city
        self._body = body
        self._policy = policy
        self._calendar = calendar
        self._saving = asyncio.Lock()

    async def save(
        self,
        draft: Draft,
        *,
        call: CallId | None,
        by: views.Person,
        key: str,
        at: dt.datetime,
    ) -> tv.TicketSaved:
        mark = f"form:{by.id}:{key}"
        async with self._saving:
            known = await self._ledger.bookmarks.get(mark)
            if known is not None:
                stored = await self._ledger.tickets.load(TicketId(known))
            else:
                stored = await self._ledger.tickets.open(
                    at, lambda number: self._opened(number, draft, call, by, at)
                )
                await self._ledger.bookmarks.put(mark, stored.ticket.id)
        ticket = stored.ticket
        return tv.TicketSaved(
            number=ticket.id, type=ticket.type, due=self._due_of(ticket, stored.searched)
        )

    def _opened(
        self, number: TicketId, draft: Draft, call: CallId | None, by: views.Person, at: dt.datetime
    ) -> TicketSave:
        policy = self._policy(at)
        act = OpenTicket(
            ticket=number, city=self._city, draft=draft, by=by.id, body=self._body, call=call
        )
        opened = decide_ticket(None, act, at, policy, self._calendar)
        ticket = Ticket(
            id=number,
            city=self._city,
            type=draft.type,
            status=opened.status,
            opened_at=at,
            policy_version=policy.version,
            call=call,
            unit=draft.unit,
            deadline=opened.deadline,
            acts=(Act.OPEN,),
        )
        return TicketSave(
            ticket=ticket,
            facts=opened.facts,
            by=by.id,
            what="ticket.open",
            texts={
                "summary": draft.summary.strip(),
                "address": draft.address.strip(),
                "happened": draft.happened.strip(),
                "contact": draft.contact.strip(),
                "phone": draft.phone.strip(),
            },
            category=draft.category.strip(),
            confidential=draft.confidential,
            searched=opened.silent.searched if opened.silent else (),
        )

    async def due(self, type: TicketType, at: dt.datetime) -> tv.DueDate:
        policy = self._policy(at)
        deadline = first_deadline(policy, self._calendar, type, at)
        if deadline is not None:
            return due_date(deadline)
        silent = no_limit(policy, type)
        return tv.DueDate(
            due_at=None, article=silent.article, notes=(silent.detail,), searched=silent.searched
        )

    async def page(self, query: tv.TicketQuery, at: dt.datetime) -> tv.TicketPage:
        wanted = self._filter(query, at)
        tickets = self._ledger.tickets
        page = await tickets.page(wanted, number=query.page, size=query.page_size)
        counts = await tickets.counts()
        tonight = self._midnight(at)
        today = await tickets.counts(TicketFilter(due_before=tonight, limit="set"))
        names = await self._unit_names()
        return tv.TicketPage(
            rows=tuple(_row(item, names) for item in page.items),
            total=page.total,
            no_limit=counts.pending,
            overdue=counts.overdue,
            due_today=max(today.total - counts.overdue, 0),
        )

    def _filter(self, query: tv.TicketQuery, at: dt.datetime) -> TicketFilter:
        before = at if query.overdue else self._midnight(at) if query.due_today else None
        return TicketFilter(
            statuses=(query.status,) if query.status else (),
            types=(query.type,) if query.type else (),
            units=(query.unit,) if query.unit else (),
            due_before=before,
            limit="pending" if query.no_limit else "",
            number=query.number,
            phone=query.phone,
        )

    def _midnight(self, at: dt.datetime) -> dt.datetime:
        return metrics.day_start(at, self._policy(at).zone) + dt.timedelta(days=1)

    async def one(self, number: TicketId) -> tv.TicketFull:
        stored = await self._ledger.tickets.load(number)
        ticket, texts = stored.ticket, stored.texts
        names = await self._unit_names()
        by_name = await self._name_of(stored)
        return tv.TicketFull(
            number=ticket.id,
            type=ticket.type,
            status=ticket.status,
            summary=texts.get("summary", ""),
            category=stored.category,
            address=texts.get("address", ""),
            happened=texts.get("happened", ""),
            contact=texts.get("contact", ""),
            phone=Phone.parse(texts.get("phone", "")),
            confidential=stored.confidential,
            unit_name=names.get(ticket.unit, "") if ticket.unit else "",
            unit=ticket.unit,
            opened_at=ticket.opened_at,
            due=self._due_of(ticket, stored.searched),
            call=ticket.call,
            by=stored.opened_by,
            by_name=by_name,
            policy_version=ticket.policy_version,
            acts=(tv.TicketAct(at=ticket.opened_at, what=Act.OPEN, who=by_name, body=self._body),),
        )

    async def _name_of(self, stored: StoredTicket) -> str:
        try:
            return (await self._ledger.accounts.user(stored.opened_by)).display_name
        except NoSuch:
            return str(stored.opened_by)

    def _due_of(self, ticket: Ticket, searched: tuple[str, ...]) -> tv.DueDate:
        if ticket.deadline is not None:
            return due_date(ticket.deadline)
        silent = no_limit(self._policy(ticket.opened_at), ticket.type)
        return tv.DueDate(
            due_at=None, article=silent.article, notes=(silent.detail,), searched=searched
        )

    async def units(self) -> Sequence[tv.Unit]:
        return [
            tv.Unit(id=unit.code, name=unit.name)
            for unit in await self._ledger.units.all()
            if not unit.closed
        ]

    async def categories(self) -> Sequence[str]:
        return CATEGORIES

    async def statuses(self) -> Sequence[str]:
        return [status.value for status in Status]

    async def _unit_names(self) -> dict[UnitId, str]:
        units: list[Unit] = await self._ledger.units.all()
        return {unit.code: unit.name for unit in units}


CATEGORIES = (
    "噪声扰民",
    "市容环境",
    "交通出行",
    "供水供电供气",
    "物业管理",
    "房屋建设",
    "劳动社保",
    "医疗卫生",
    "教育",
    "市场监管",
    "户籍证照",
    "环境保护",
    "农业农村",
    "政务服务",
    "其他",
)
"""To choose from; free text is allowed as well."""


def due_date(deadline: Deadline) -> tv.DueDate:
    """A deadline as the desk shows it."""
    counted = sum(day.counted for day in deadline.derivation)
    return tv.DueDate(
        due_at=deadline.due_at,
        start_at=deadline.start_at,
        limit=_limit(deadline, counted),
        provisional=deadline.provisional,
        article=deadline.article,
        days=counted or None,
        derivation=deadline.derivation,
        notes=deadline.notes,
    )


def _limit(deadline: Deadline, counted: int) -> str:
    if counted:
        return f"{counted} 个工作日"
    seconds = int((deadline.due_at - deadline.start_at).total_seconds())
    return f"{seconds // 3600} 小时" if seconds >= 3600 else f"{seconds // 60} 分钟"


def _row(item: ListedTicket, names: dict[UnitId, str]) -> tv.TicketRow:
    return tv.TicketRow(
        number=item.id,
        type=item.type,
        summary=item.summary,
        unit_name=names.get(item.unit, "") if item.unit else "",
        status=item.status,
        opened_at=item.opened_at,
        due_at=item.due_at,
        by=item.opened_by,
        provisional=item.provisional,
        confidential=item.confidential,
    )


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
        callers = await self._ledger.callers.find_all([record.call for record in records])
        names = self._live.roster()
        rows = []
        for record in records:
            booked = await self._ledger.book.call(record.call)
            tickets = await self._ledger.tickets.of_call(record.call)
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
                    tickets=tuple(item.id for item in tickets),
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
