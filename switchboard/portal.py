"""The portal of a handling unit, from the ledger: what it must do next, by which article."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent_desk import portal_views as pv
from agent_desk.views import Person
from hotline.calendar import Calendar
from hotline.deadlines import run_out, sign_in_deadline
from hotline.errors import NoSuch
from hotline.handling_words import Act, Stage, TicketActed
from hotline.need_to_know import without_person
from hotline.policy import Policy
from hotline.words import Article, Phone, Ticket, TicketId, UnitId
from ledger.store import Ledger
from ledger.unit_work import HELPER, LEAD, UnitTicket
from ledger.units import Unit
from switchboard.policy_versions import PolicyVersions, Rule

SOON: Final = dt.timedelta(days=3)
NOTED_FOR: Final = dt.timedelta(days=7)
_MOST_HELPED: Final = 300
_GROUP_OF_STAGE: Final[Mapping[str, pv.PortalGroup]] = {
    Stage.RETURN_ASKED: "asked-return",
    Stage.DISPUTED: "asked-return",
    Stage.EXTENSION_ASKED: "asked-extension",
    Stage.CLOSE_ASKED: "asked-close",
}
_ROUNDS: Final = (Act.DISPATCH, Act.SETTLE, Act.CLOSE, Act.DENY_CLOSE, Act.REDO)
_AGAIN: Final = (Act.SETTLE, Act.REDO)
_MINE_NOW: Final = frozenset({Stage.DISPATCHED, Stage.HANDLING})


@dataclass(frozen=True, slots=True)
class Step:
    """What the unit does next on a ticket; ``group`` is where it is listed."""

    group: pv.PortalGroup | None
    words: str
    by: dt.datetime | None
    article: Article | None = None


class DeskPortal:
    """Implements :class:`agent_desk.portal_views.Portal`."""

    def __init__(self, ledger: Ledger, policy: Rule, calendar: Calendar) -> None:
        self._ledger = ledger
        self._versions = PolicyVersions(ledger.policy_texts, policy)
        self._calendar = calendar

    async def now(
        self, who: Person, group: pv.PortalGroup, page: int, at: dt.datetime
    ) -> pv.PortalNow:
        if who.unit is None:
            raise NoSuch("承办单位", who.login)
        units = {unit.code: unit for unit in await self._ledger.units.all()}
        work = self._ledger.tickets.work
        tickets = await work.open_of(who.unit)
        reported = await self._reported(who.unit, tickets)
        begun = await self._begun(tickets)
        judged = [await self._judged(one, reported, begun, at) for one in tickets]
        groups = {key: [one for one in judged if key in one.groups] for key in pv.GROUPS}
        listed = sorted(groups[group], key=lambda one: one.order)
        shown = listed[(page - 1) * pv.PAGE_SIZE : page * pv.PAGE_SIZE]
        notices = await work.notices(who.unit, since=at - NOTED_FOR, limit=12)
        return pv.PortalNow(
            unit_name=units[who.unit].name if who.unit in units else str(who.unit),
            counts={key: len(found) for key, found in groups.items()},
            rows=await self._rows(shown, units),
            total=len(listed),
            notices=tuple(
                pv.PortalNotice(
                    ticket=one.ticket,
                    act=one.act,
                    what=one.what,
                    at=one.at,
                    seen=one.seen_at is not None,
                )
                for one in notices
            ),
            unseen=await work.unseen(who.unit),
        )

    async def note(self, who: Person, seen: Sequence[tuple[TicketId, int]]) -> None:
        if who.unit is None:
            raise NoSuch("承办单位", who.login)
        await self._ledger.tickets.work.note(who.unit, seen, who.id)

    # ---- within ---------------------------------------------------------------------------------
    async def _reported(self, unit: UnitId, tickets: Sequence[UnitTicket]) -> frozenset[TicketId]:
        """The tickets this unit helps with on which it has reported since it was asked to."""
        helped = [one for one in tickets if one.part == HELPER and Act.ASSIST in one.acts]
        found = set()
        for one in helped[:_MOST_HELPED]:
            facts = await self._ledger.tickets.facts_of(one.row.id)
            acts = (fact.fact for fact in facts)
            if any(
                getattr(fact, "act", None) is Act.ASSIST
                and getattr(fact, "unit", None) == unit
                and fact.at >= one.since
                for fact in acts
            ):
                found.add(one.row.id)
        return frozenset(found)

    async def _begun(self, tickets: Sequence[UnitTicket]) -> dict[TicketId, dt.datetime]:
        """When the unit got a ticket once more: to do it again, or as it was settled in a dispute.
        The others have their first receipt."""
        again = [one for one in tickets if one.part == LEAD and _round(one) in _AGAIN]
        found = {}
        for one in again[:_MOST_HELPED]:
            facts = await self._ledger.tickets.facts_of(one.row.id)
            acts = (fact.fact for fact in facts)
            times = [a.at for a in acts if isinstance(a, TicketActed) and a.act in _AGAIN]
            found[one.row.id] = max(times, default=one.since)
        return found

    async def _judged(
        self,
        one: UnitTicket,
        reported: frozenset[TicketId],
        begun: Mapping[TicketId, dt.datetime],
        at: dt.datetime,
    ) -> Judged:
        policy = await self._policy(one)
        done, received = one.row.id in reported, begun.get(one.row.id, one.since)
        step = (
            _helping(one, done)
            if one.part == HELPER
            else _leading(one, received, policy, self._calendar)
        )
        window = _return_by(one, policy, self._calendar, at)
        groups: set[pv.PortalGroup] = {"all"}
        if step.group is not None:
            groups |= {step.group}
            groups |= set() if step.group in pv.ASKED else {"todo"}
        if window is not None:
            groups.add("window")
        due = one.row.due_at
        if one.part == LEAD and due is not None and due <= at + SOON:
            groups.add("soon")
        return Judged(one, step, received, window, frozenset(groups))

    async def _policy(self, one: UnitTicket) -> Policy:
        row = one.row
        ticket = Ticket(
            id=row.id,
            city="",
            type=row.type,
            status=row.status,
            opened_at=row.opened_at,
            policy_version=one.policy_version,
        )
        return (await self._versions.of(ticket))[0]

    async def _rows(
        self, shown: Sequence[Judged], units: Mapping[UnitId, Unit]
    ) -> tuple[pv.PortalRow, ...]:
        slots = ("summary", "contact", "phone")
        texts = await self._ledger.tickets.texts_of([one.ticket.row.id for one in shown], slots)
        return tuple(_row(one, texts.get(one.ticket.row.id, {}), units) for one in shown)


@dataclass(frozen=True, slots=True)
class Judged:
    """A ticket of the unit with what is to be done."""

    ticket: UnitTicket
    step: Step
    received_at: dt.datetime
    return_by: dt.datetime | None
    groups: frozenset[pv.PortalGroup]

    @property
    def order(self) -> tuple[bool, float, str]:
        """The nearest limit first, what has none last."""
        by = self.step.by
        return by is None, by.timestamp() if by else 0.0, self.ticket.row.id


def _helping(one: UnitTicket, reported: bool) -> Step:
    if reported:
        return Step(None, "已报送，等牵头单位统一答复", one.row.due_at)
    return Step("assist", "向牵头单位报送协办情况", one.row.due_at)


def _round(one: UnitTicket) -> str:
    """What began what the unit has to do now."""
    return next((act for act in reversed(one.acts) if act in _ROUNDS), "")


def _leading(one: UnitTicket, received_at: dt.datetime, policy: Policy, calendar: Calendar) -> Step:
    """What the leading unit does next, by the stage and by what was done in this round."""
    row, stage = one.row, Stage(one.row.status)
    asked = _GROUP_OF_STAGE.get(stage)
    if asked is not None:
        return Step(asked, "等审核", row.due_at)
    if stage is Stage.DISPATCHED:
        limit = sign_in_deadline(policy, calendar, received_at)
        if limit is not None:
            return Step("sign", "签收", limit.due_at, limit.article)
        return Step("sign", "签收，本市办法未规定签收期限", row.due_at)
    round_ = _round(one)
    if round_ == Act.DENY_CLOSE:
        return Step("returned", "补充办理后再申请办结", row.due_at)
    if round_ == Act.REDO:
        return Step("redo", "重新办理后申请办结", row.due_at)
    if Act.CONTACT not in one.acts:
        return Step("contact", "联系诉求人", row.due_at)
    return Step("todo", "办理并申请办结", row.due_at)


def _return_by(
    one: UnitTicket, policy: Policy, calendar: Calendar, at: dt.datetime
) -> dt.datetime | None:
    """Until when the unit may ask to give a ticket back; None where it may not, or without end."""
    window = policy.returns.window
    settled = Act.SETTLE in one.acts
    if window.value is None or settled or one.part != LEAD or one.row.status not in _MINE_NOW:
        return None
    end, _, _ = run_out(policy, calendar, window.value, one.since)
    return end if end >= at else None


def _row(one: Judged, texts: Mapping[str, str], units: Mapping[UnitId, Unit]) -> pv.PortalRow:
    row, lead = one.ticket.row, one.ticket.row.unit
    phone = Phone.parse(texts.get("phone", ""))
    said = without_person(texts.get("summary", ""), texts.get("contact", ""), phone)
    return pv.PortalRow(
        number=row.id,
        type=row.type,
        summary="" if row.confidential else said,
        status=row.status,
        lead=one.ticket.part == LEAD,
        lead_name=units[lead].name if lead is not None and lead in units else str(lead or ""),
        received_at=one.received_at,
        due_at=row.due_at,
        provisional=row.provisional,
        step=one.step.words,
        by=one.step.by,
        article=one.step.article,
        return_by=one.return_by,
        confidential=row.confidential,
    )
