"""Tickets: the rules decide, the ledger commits, the desk shows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Final

from agent_desk import ticket_views as tv
from agent_desk import views
from agent_desk.aids import Adopted, Evidence
from agent_desk.intake_views import Intake
from hotline.calendar import Calendar
from hotline.deadlines import EVERY_DAY, first_deadline, no_limit
from hotline.errors import NoSuch
from hotline.handling_words import Act, Stage
from hotline.policy import Policy
from hotline.words import (
    CallId,
    Deadline,
    Draft,
    Phone,
    Ticket,
    TicketId,
    TicketType,
    UnitId,
)
from ledger.shown import ShownArticle
from ledger.store import Ledger
from ledger.ticket_rows import StoredTicket, TicketSave
from ledger.units import Unit
from switchboard.desk_repeats import check_lead, said_of, settled, with_intake
from switchboard.desk_ticket_lists import DeskTicketLists
from switchboard.intake_answers import REPLY_TEXT, Answering, pressed_in, with_answer
from switchboard.policy_versions import PolicyVersions, Rule
from switchboard.ticket_opening import opened_save


class DeskTickets:
    """Implements :class:`agent_desk.ports.TicketBook`: the rules decide, the ledger commits."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        city: str,
        body: str,
        policy: Rule,
        calendar: Calendar,
        messages: bool = False,
    ) -> None:
        """``messages``: this site has a gateway, so an answer is followed by one."""
        self._ledger = ledger
        self._messages = messages
        self._city = city
        self._body = body
        self._policy = policy
        self._versions = PolicyVersions(ledger.policy_texts, policy)
        self._calendar = calendar
        self._lists = DeskTicketLists(ledger, policy)

    async def save(
        self,
        draft: Draft,
        *,
        call: CallId | None,
        by: views.Person,
        key: str,
        at: dt.datetime,
        evidence: Sequence[Evidence] = (),
        adopted: Sequence[Adopted] = (),
        intake: Intake | None = None,
    ) -> tv.TicketSaved:
        await check_lead(self._ledger, draft.unit, self._policy(at))
        done = await settled(self._ledger, intake or Intake(), self._policy(at), at)
        proof = {EVIDENCE_TEXT: to_text(evidence)} if evidence else {}
        stood = await self._stood_beside(call, adopted) if call and adopted else ()
        if stood:
            proof[ADOPTED_TEXT] = adopted_text(stood)
        known = Answering(
            body=self._body,
            sources="、".join(f"《{one.title}》第{one.version}版" for one in stood),
            pressed=await pressed_in(self._ledger, call),
            messages=self._messages,
        )
        rules = self._policy(at), self._calendar

        def build(number: TicketId) -> TicketSave:
            opened = self._opened(number, draft, call, by, at, proof)
            return with_answer(
                with_intake(opened, done, by, *rules), done.intake, known, by, *rules
            )

        stored = await self._ledger.tickets.open(at, build, once=f"form:{by.id}:{key}")
        ticket = stored.ticket
        policy, _ = await self._versions.of(ticket)
        return tv.TicketSaved(
            number=ticket.id,
            type=ticket.type,
            due=_due_of(ticket, policy, stored.searched),
            said=said_of(done, policy),
        )

    def _opened(
        self,
        number: TicketId,
        draft: Draft,
        call: CallId | None,
        by: views.Person,
        at: dt.datetime,
        proof: Mapping[str, str],
    ) -> TicketSave:
        policy = self._policy(at)
        return opened_save(
            number,
            draft,
            call,
            by.id,
            at,
            city=self._city,
            body=self._body,
            policy=policy,
            calendar=self._calendar,
            proof=proof,
            policy_text=self._versions.unkept(policy),
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
        return await self._lists.page(query, at)

    async def one(self, number: TicketId) -> tv.TicketFull:
        stored = await self._ledger.tickets.load(number)
        ticket, texts = stored.ticket, stored.texts
        names = await self._unit_names()
        by_name = await self._name_of(stored)
        policy, _ = await self._versions.of(ticket)
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
            due=_due_of(ticket, policy, stored.searched),
            call=ticket.call,
            by=stored.opened_by,
            by_name=by_name,
            policy_version=ticket.policy_version,
            acts=(
                tv.TicketAct(at=ticket.opened_at, what=Act.REGISTER, who=by_name, body=self._body),
            ),
            evidence=from_text(texts.get(EVIDENCE_TEXT, "")),
            shown=await self._shown(ticket.call, adopted_in(texts.get(ADOPTED_TEXT, ""))),
            reply=texts.get(REPLY_TEXT, ""),
        )

    async def _stood_beside(
        self, call: CallId, adopted: Sequence[Adopted]
    ) -> tuple[ShownArticle, ...]:
        """Those that an agent was shown on this call, each once."""
        shown = {(one.article, one.version): one for one in await self._ledger.shown.of(call)}
        keys = dict.fromkeys((one.article, one.version) for one in adopted)
        return tuple(shown[key] for key in keys if key in shown)

    async def _shown(
        self, call: CallId | None, adopted: Sequence[Adopted]
    ) -> tuple[tv.ShownArticle, ...]:
        return tuple(
            tv.ShownArticle(
                article=one.article,
                version=one.version,
                title=one.title,
                internal=one.internal,
                at=one.at,
                adopted=Adopted(article=one.article, version=one.version) in adopted,
            )
            for one in (await self._ledger.shown.of(call) if call else ())
        )

    async def _name_of(self, stored: StoredTicket) -> str:
        try:
            return (await self._ledger.accounts.user(stored.opened_by)).display_name
        except NoSuch:
            return str(stored.opened_by)

    async def units(self) -> Sequence[tv.Unit]:
        return [
            tv.Unit(id=unit.code, name=unit.name)
            for unit in await self._ledger.units.all()
            if not unit.closed
        ]

    async def categories(self) -> Sequence[str]:
        return CATEGORIES

    async def statuses(self) -> Sequence[str]:
        return [stage.value for stage in Stage]

    async def _unit_names(self) -> dict[UnitId, str]:
        units: list[Unit] = await self._ledger.units.all()
        return {unit.code: unit.name for unit in units}


EVIDENCE_TEXT: Final = "evidence"
"""The text of a ticket that holds its evidence: what a caller said lies encrypted like the rest."""


ADOPTED_TEXT: Final = "adopted"
"""The text of a ticket that holds which answer cards were adopted. With the ticket and not with the
call: a call may have two tickets, and it is committed in the same moment."""


def adopted_text(adopted: Sequence[Adopted | ShownArticle]) -> str:
    """The adopted cards of a ticket as they are kept."""
    return json.dumps([[one.article, one.version] for one in adopted], separators=(",", ":"))


def adopted_in(text: str) -> tuple[Adopted, ...]:
    """What :func:`adopted_text` wrote; nothing for an empty text."""
    rows = json.loads(text) if text else []
    return tuple(Adopted(article=article, version=version) for article, version in rows)


def to_text(evidence: Sequence[Evidence]) -> str:
    """The evidence of a ticket as it is kept."""
    rows = [dataclasses.asdict(one) for one in evidence]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> tuple[Evidence, ...]:
    """What :func:`to_text` wrote; nothing for an empty text."""
    return tuple(Evidence(**row) for row in json.loads(text)) if text else ()


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


def _due_of(ticket: Ticket, policy: Policy, searched: tuple[str, ...]) -> tv.DueDate:
    if ticket.deadline is not None:
        return due_date(ticket.deadline)
    silent = no_limit(policy, ticket.type)
    return tv.DueDate(
        due_at=None, article=silent.article, notes=(silent.detail,), searched=searched
    )


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
        every_day = any(day.why == EVERY_DAY for day in deadline.derivation if day.counted)
        return f"{counted} 天" if every_day else f"{counted} 个工作日"
    seconds = int((deadline.due_at - deadline.start_at).total_seconds())
    return f"{seconds // 3600} 小时" if seconds >= 3600 else f"{seconds // 60} 分钟"
