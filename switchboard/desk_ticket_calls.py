"""A ticket's caller is called from the page of the ticket: the way of 回访, noted on the ticket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from agent_desk.return_views import RESULTS
from agent_desk.ticket_views import TicketAct
from agent_desk.views import Person
from hotline.errors import HotlineError
from hotline.handling import MOVES
from hotline.handling_words import Act, Stage
from hotline.return_calls import ABOUT_TICKET, ATTEMPT_LASTS, dialable
from hotline.words import CallId, Phone, Role, TicketId, UserId
from ledger.store import Ledger
from ledger.ticket_calls import REACHED, TicketCall
from ledger.ticket_rows import StoredTicket
from switchboard.calling_out import CallingOut

WHAT: Final = "拨打诉求人"
ANSWERABLE: Final = frozenset(
    stage for stage, moves in MOVES.items() if stage is not None and Act.ANSWER in moves
) | {Stage.ANSWERED}
"""Where a matter is answered directly, or has just been: rated when the answer is over (河北
第三十条). One that a unit handles is followed up with its result, and rated then."""
_LONGEST: Final = dt.timedelta(hours=4)
"""A call whose end nobody told is over after this."""


class DeskTicketCalls:
    """Implements :class:`agent_desk.ticket_call_views.TicketCalls`."""

    def __init__(self, ledger: Ledger, calling: CallingOut) -> None:
        self._ledger = ledger
        self._calling = calling

    async def hindrance(self, ticket: TicketId, who: Person) -> str:
        if not self._calling.line_out:
            return "本系统没有外呼线路，不能从这里拨打，请管理员看 site.toml 的 [return_call]。"
        if who.agent is None:
            other = "请用本单位的电话联系，联系后在办理里登记“联系诉求人”。"
            return "您没有席位，不能从这里拨打。" + (other if Role.OFFICER in who.roles else "")
        citizen = await citizen_of(self._ledger, await self._ledger.tickets.load(ticket))
        return "" if dialable(citizen) else "没有可拨的号码，请按诉求人留下的其他方式联系。"

    async def dial(
        self, ticket: TicketId, who: Person, *, reason: str, words: str, at: dt.datetime
    ) -> None:
        """First the rules say whether this seat can call now, then the reason is durable, then the
        seat rings."""
        self._calling.may(who, "拨打")
        stored = await self._ledger.tickets.load(ticket)
        citizen = await citizen_of(self._ledger, stored)
        event = self._calling.asked(
            who,
            citizen,
            f"{ABOUT_TICKET}{ticket}",
            "工单",
            rates=Stage(stored.ticket.status) in ANSWERABLE,
        )
        await self._ledger.access.dialled(ticket, who.id, reason, words)
        # Known before the seat rings: the pop shows who is called.
        self._ledger.callers.remember(event.call, citizen)
        calls = self._ledger.tickets.calls
        await calls.begin(ticket, call=event.call, by=who.id, at=at)
        try:
            await self._calling.conductor.ask(event)
        except HotlineError:
            await calls.refused(event.call, at, "refused")
            raise


async def citizen_of(ledger: Ledger, stored: StoredTicket) -> Phone:
    """How to reach a ticket's caller: the number they gave, else the one they called from."""
    given = Phone.parse(stored.texts.get("phone", ""))
    if not given.withheld or stored.ticket.call is None:
        return given
    return await ledger.callers.find(stored.ticket.call) or given


async def answered_in(ledger: Ledger, stored: StoredTicket) -> CallId | None:
    """The call in which a ticket that is answered now was answered: the latest one about it that
    reached its caller or still lasts, else the one it was told in."""
    calls = await ledger.tickets.calls.of(stored.ticket.id)
    ours = [one.call for one in calls if one.result in ("", REACHED)]
    return ours[-1] if ours else stored.ticket.call


def call_lines(
    calls: Sequence[TicketCall], people: Mapping[UserId, str], now: dt.datetime
) -> list[TicketAct]:
    """The lines of a ticket's course that tell of these calls."""
    return [
        TicketAct(
            at=one.at, what=WHAT, who=people.get(one.by, ""), body="", text=_came_to(one, now)
        )
        for one in calls
    ]


def _came_to(one: TicketCall, now: dt.datetime) -> str:
    if one.result == REACHED:
        return "接通" + _talked(one)
    if one.result:
        return RESULTS.get(one.result, RESULTS["failed"])
    if now - one.at < ATTEMPT_LASTS:
        return "正在拨打"
    return "通话中" if now - one.at < _LONGEST else RESULTS["unknown"]


def _talked(one: TicketCall) -> str:
    if one.answered_at is None or one.ended_at is None:
        return ""
    minutes, seconds = divmod(max(int((one.ended_at - one.answered_at).total_seconds()), 0), 60)
    return f"，通话{minutes}分{seconds:02}秒"
