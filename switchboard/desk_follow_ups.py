"""回访 as the desk asks for it: the ledger holds the list and the claims, the rules the acts, the
exchange the call."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Final

from agent_desk import follow_up_views as fv
from agent_desk.shield import may_read_confidential
from agent_desk.views import Person
from hotline.errors import BadInput, HotlineError, ImpossibleMove
from hotline.follow_ups import CHANNEL_TEXT, TASK, Why, channels, chooses, owed, try_again_at
from hotline.handle import Done, act_on
from hotline.handling import Handling
from hotline.handling_gates import Asked
from hotline.handling_time import next_look
from hotline.handling_words import Act, Part, Stage
from hotline.joined_callers import lapsing
from hotline.policy import Policy
from hotline.ratings import OPTIONS
from hotline.return_calls import dialable
from hotline.words import Phone, TicketId, UnitId
from ledger.errors import StaleVersion
from ledger.follow_ups import FollowUp
from ledger.store import Ledger
from ledger.ticket_rows import StoredTicket, TicketSave
from switchboard.calling_out import CallingOut
from switchboard.desk_directory import TicketDirectory
from switchboard.desk_handling import part_of
from switchboard.desk_ticket_calls import citizen_of
from switchboard.rating_acts import RatingActs
from switchboard.ticket_saving import owed_now, slot_of

CLAIMED: Final = dt.timedelta(minutes=15)
"""How long a claim lasts; a call about it begins it anew."""
LONGEST: Final = 2000
_SILENT: Final = "本市办法未规定"


class DeskFollowUps:
    """Implements :class:`agent_desk.follow_up_views.FollowUps`."""

    def __init__(
        self, ledger: Ledger, acts: RatingActs, calling: CallingOut, *, line: str, policy: Policy
    ) -> None:
        self._ledger = ledger
        self._acts = acts
        self._calling = calling
        self._line = line
        self._policy = policy
        self._directory = TicketDirectory(ledger.directory)

    # ------------------------------------------------------------------------------ reading
    async def page(
        self, who: Person, *, why: str, channel: str, number: int, at: dt.datetime
    ) -> fv.FollowUpPage:
        found = await self._ledger.tickets.follow_ups.page(why=why, channel=channel, number=number)
        counts, late = await self._ledger.tickets.follow_ups.counts(at)
        names = await self._names()
        rows = [await self._row(one, who, at, names) for one in found.items]
        rule = self._policy.rating.follow_up
        article = f"〔{rule.article.number}〕" if rule.article and rule.value else ""
        return fv.FollowUpPage(
            rows=tuple(rows),
            total=found.total,
            counts=counts,
            late=late,
            channels=channels(self._policy),
            rule=f"回访范围：{rule.value or _SILENT}{article}",
        )

    async def _names(self) -> tuple[dict[UnitId, str], dict[str, str]]:
        units = {unit.code: unit.name for unit in await self._ledger.units.all()}
        people = {str(one.id): one.display_name for one in await self._ledger.accounts.users()}
        return units, people

    async def _row(
        self,
        one: FollowUp,
        who: Person,
        at: dt.datetime,
        names: tuple[dict[UnitId, str], dict[str, str]],
    ) -> fv.FollowUpRow:
        stored = await self._ledger.tickets.load(one.ticket)
        units, people = names
        ticket, due = stored.ticket, one.due
        main = await self._main(stored)
        hidden = stored.confidential and not may_read_confidential(who, stored.opened_by)
        held = one.claimed_until is not None and one.claimed_until > at
        return fv.FollowUpRow(
            ticket=ticket.id,
            type=ticket.type,
            summary="" if hidden else stored.texts.get("summary", ""),
            confidential=stored.confidential,
            unit_name=units.get(main.ticket.unit, "") if main.ticket.unit else "",
            joined_to=main.ticket.id if main is not stored else None,
            why=due.why,
            rating=due.rating,
            channel=due.channel,
            caller=await self._citizen(stored),
            since=due.since,
            due_at=due.due_at,
            article=due.article,
            held_by=people.get(str(one.claimed_by), "") if held else "",
            mine=held and one.claimed_by == who.id,
            tries=one.tries,
            result=one.result,
            tried_at=one.tried_at,
            again_at=try_again_at(one.tries, one.tried_at) if one.result else None,
        )

    async def _main(self, stored: StoredTicket) -> StoredTicket:
        """The ticket that is handled for this one: itself, unless it was joined to another."""
        if stored.ticket.status != Stage.MERGED:
            return stored
        tickets = self._ledger.tickets
        number = await tickets.links.main_of(stored.ticket.id)
        return stored if number == stored.ticket.id else await tickets.load(number)

    async def one(self, ticket: TicketId, who: Person, at: dt.datetime) -> fv.FollowUpOne:
        known = await self._ledger.tickets.follow_ups.load(ticket)
        stored, here, policy = await self._acts.read(ticket)
        row = await self._row(known, who, at, await self._names())
        asked = self._options(known.due.why, here, policy)
        low = known.due.why == Why.LOW
        reasons = policy.rating.redo_exceptions.value or ()
        return fv.FollowUpOne(
            row=row,
            version=stored.ticket.version,
            result=await self._result(stored, who),
            options=asked,
            by_default=bool(asked) and policy.rating.options.value is None,
            exceptions=tuple((one.code, str(one)) for one in reasons) if low else (),
            verify=known.due.why == Why.VERIFY,
            dialable=dialable(row.caller),
            call=known.call,
            others=await self._others(ticket, row.caller),
        )

    async def _result(self, stored: StoredTicket, who: Person) -> tuple[tuple[str, str], ...]:
        """What stands under the last act that brought a result, for who may read the ticket."""
        main = await self._main(stored)
        if main.confidential and not may_read_confidential(who, main.opened_by):
            return ()
        return _written(main, (await self._acts.read(main.ticket.id))[1])

    @staticmethod
    def _options(why: str, here: Handling, policy: Policy) -> tuple[str, ...]:
        """The ratings that the call asks for: none where one stands, or the result is verified."""
        if why in (Why.LOW, Why.VERIFY) or here.stage not in (Stage.CLOSED, Stage.ANSWERED):
            return ()
        return policy.rating.options.value or OPTIONS

    async def _others(self, ticket: TicketId, told: Phone) -> tuple[tuple[Phone, str], ...]:
        """Whose tickets were joined to this one (并单): each is answered for themselves."""
        callers = await self._ledger.tickets.links.callers(ticket)
        return tuple((one.phone, one.tickets[0]) for one in callers if one.phone != told)

    async def _citizen(self, stored: StoredTicket) -> Phone:
        return await citizen_of(self._ledger, stored)

    async def channel(self, ticket: TicketId) -> fv.Channel:
        stored, _, policy = await self._acts.read(ticket)
        rule = policy.rating.caller_chooses
        return fv.Channel(
            options=chooses(policy),
            chosen=stored.texts.get(CHANNEL_TEXT, ""),
            article=rule.article.number if rule.article else "",
        )

    async def choose(self, ticket: TicketId, channel: str, who: Person, at: dt.datetime) -> None:
        stored, here, policy = await self._acts.read(ticket)
        if channel not in chooses(policy):
            raise BadInput("channel", "请从列出的回访方式里选")
        law = await self._directory.limit(stored.category, here, policy, at)
        calendar = self._acts.calendar
        if stored.ticket.status == Stage.MERGED:
            open_ = lapsing(here, policy, calendar)
            look_at = open_.at if open_ else None
        else:
            look_at = next_look(here, policy, calendar, law)
        save = TicketSave(
            ticket=stored.ticket,
            facts=(),
            by=who.id,
            what="ticket.follow_up_by",
            texts={CHANNEL_TEXT: channel},
            searched=stored.searched,
            look_at=look_at,
            follow_up=owed_now(stored, here, policy, calendar, channel),
        )
        try:
            await self._ledger.tickets.save(save, expected_version=stored.ticket.version)
        except StaleVersion:
            raise _changed() from None

    # ------------------------------------------------------------------------------ calling
    async def claim(self, ticket: TicketId, who: Person, at: dt.datetime) -> None:
        book = self._ledger.tickets.follow_ups
        known = await book.load(ticket)
        stored, here, policy = await self._acts.read(ticket)
        chosen = stored.texts.get(CHANNEL_TEXT, "")
        if owed(here, policy, self._acts.calendar, chosen) is None:
            raise ImpossibleMove("这件工单", str(here.stage), "回访")
        if not await book.claim(ticket, by=who.id, until=at + CLAIMED, now=at):
            names = (await self._names())[1]
            name = names.get(str(known.claimed_by), "别的话务员")
            raise ImpossibleMove("这件回访", f"{name}正在办", "领取")

    async def dial(self, ticket: TicketId, who: Person, at: dt.datetime) -> None:
        self._calling.may(who, "回访")
        await self.claim(ticket, who, at)
        stored = await self._ledger.tickets.load(ticket)
        citizen = await self._citizen(stored)
        event = self._calling.asked(who, citizen, f"{TASK}{ticket}", "回访")
        # Known before the seat rings: the pop shows who is called.
        self._ledger.callers.remember(event.call, citizen)
        book = self._ledger.tickets.follow_ups
        await book.called(ticket, by=who.id, call=event.call, at=at)
        try:
            await self._calling.conductor.ask(event)
        except HotlineError:
            await book.give_back(ticket, by=who.id)
            raise

    async def give_back(self, ticket: TicketId, who: Person, result: str) -> None:
        if result and result not in fv.RESULTS:
            raise BadInput("result", "请从列出的结果里选")
        await self._ledger.tickets.follow_ups.give_back(ticket, by=who.id, result=result)

    # ------------------------------------------------------------------------------ outcome
    async def done(
        self,
        ticket: TicketId,
        who: Person,
        form: Mapping[str, str],
        *,
        version: int,
        at: dt.datetime,
    ) -> None:
        known = await self._ledger.tickets.follow_ups.load(ticket)
        if known.held_by_another(who.id, at):
            raise ImpossibleMove("这件回访", "别人正在办", "登记")
        stored, here, policy = await self._acts.read(ticket)
        if stored.ticket.version != version:
            raise _changed()
        texts = _texts(known, form, policy)
        options = self._options(known.due.why, here, policy)
        rating = form.get("rating", "")
        if rating and rating not in options:
            raise BadInput("rating", "请从列出的评价里选")
        part = part_of(who, stored.ticket.unit, here, Act.FOLLOW_UP)
        body = f"{self._line}（{part}）"
        law = await self._directory.limit(stored.category, here, policy, at)
        calendar = self._acts.calendar
        asked = Asked(act=Act.FOLLOW_UP, part=part, by=who.id, body=body)
        call = act_on(here, ticket, asked, at, policy, calendar, law)
        then: tuple[Done, ...] = ()
        if rating:
            rate = Asked(
                act=Act.RATE, part=Part.AGENT, by=who.id, body=f"{self._line}（{Part.CITY}）",
                code=rating,
            )  # fmt: skip
            then = (act_on(call.handling, ticket, rate, at, policy, calendar, law),)
        try:
            save = await self._acts.save_of(stored, call, texts, then=then)
            await self._ledger.tickets.save(save, expected_version=version)
        except StaleVersion:
            raise _changed() from None


def _changed() -> BadInput:
    return BadInput("version", "这件工单刚刚有人办过，请返回看过再登记")


def _texts(known: FollowUp, form: Mapping[str, str], policy: Policy) -> dict[str, str]:
    """What the agent wrote, by label; the reason where the rating was low (ZQ 15二)."""
    for name, text in form.items():
        if len(text) > LONGEST:
            raise BadInput(name, f"有{len(text)}字，最多{LONGEST}字，请删减")
    if not form.get("said"):
        raise BadInput("said", "请写下回访情况")
    low = known.due.why == Why.LOW
    exceptions = {one.code: str(one) for one in policy.rating.redo_exceptions.value or ()}
    exception = form.get("exception", "")
    if exception and exception not in exceptions:
        raise BadInput("exception", "请从列出的情形里选")
    no_reason = exception == "no_reason_given"
    if low and not form.get("reason") and not no_reason:
        raise BadInput("reason", "请登记不满意的原因；诉求人没有提供的，请选明这一种情形")
    return {
        "回访情况": form["said"],
        "不满意的原因": form.get("reason", "") if low else "",
        "不重办的情形": exceptions.get(exception, "") if low else "",
        "诉求人表示评价错误，应为": form.get("should_be", "") if low else "",
        "核实结果": form.get("verified", "") if known.due.why == Why.VERIFY else "",
        "回访通话": str(known.call or ""),
    }


def _written(stored: StoredTicket, here: Handling) -> tuple[tuple[str, str], ...]:
    """What stands under the last act that brought a result."""
    for number in range(len(here.acts), 0, -1):
        if here.acts[number - 1].act in (Act.ASK_CLOSE, Act.ANSWER, Act.SHELVE):
            text = stored.texts.get(slot_of(number), "")
            return tuple(json.loads(text).items()) if text else ()
    return ()
