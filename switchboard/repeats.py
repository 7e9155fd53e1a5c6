"""What is known of what a caller tells: candidates from the ledger, ranked, with what to say."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Final

from agent_desk.intake_views import FormTold, KnownTicket
from agent_desk.shield import may_read_confidential
from agent_desk.views import Person
from hotline import repeats
from hotline.handling import handling_of
from hotline.handling_words import LIMIT_OVER, Act, Stage, TicketActed
from hotline.policy import ZONE
from hotline.repeats import Match, Matter, Past
from hotline.words import CallId, Phone, TicketId, UnitId
from ledger.store import Ledger
from ledger.ticket_matters import AboutTicket
from switchboard.models import draft_model
from switchboard.ticket_saving import slot_of

_OWN: Final = 20
_RESULTS: Final = ("办理结果", "答复情况", "调查结论", "答复内容")
_LONGEST_RESULT: Final = 120
_GOES_ON: Final[Mapping[str, str]] = {
    Stage.REGISTERED: "已经登记，正在派单",
    Stage.TO_DISPATCH: "已经登记，正在派单",
    Stage.AWAITING_ORDER: "已经报请批示",
    Stage.DISPATCHED: "已经派给{unit}",
    Stage.RETURN_ASKED: "正在核定由哪个单位办理",
    Stage.DISPUTED: "正在协调由哪个单位办理",
    Stage.CLOSE_ASKED: "{unit}已经办完，正在审核",
}


class KnownTickets:
    """Finds the tickets that may be about the same. For one city."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def look(self, told: FormTold, who: Person, at: dt.datetime) -> tuple[KnownTicket, ...]:
        """At most three, the likelier first; what this person may not read is left out."""
        matter = Matter(
            summary=told.summary, category=told.category.strip(), address=told.address.strip()
        )
        own = await self._own(told)
        others = await self._others(matter, at, {one.id for one in own.values()})
        about = own | {one.id: one for one in others if _may_read(one, who)}
        known = [_past(one, own=one.id in own) for one in about.values()]
        sounds = draft_model().sounds
        matches = await asyncio.to_thread(repeats.rank, matter, known, sounds, at)
        return tuple([await self._shown(one, about[one.past.number], who) for one in matches])

    async def _own(self, told: FormTold) -> dict[TicketId, AboutTicket]:
        """This caller's tickets; of one that was joined to another the other."""
        phones = {Phone.parse(told.phone), *await self._called_from(told)}
        numbers: dict[TicketId, None] = {}
        for phone in phones:
            for item in await self._ledger.tickets.of_caller(phone, limit=_OWN):
                if item.status == Stage.MERGED:
                    numbers[await self._ledger.tickets.links.main_of(item.id)] = None
                elif item.status not in (Stage.REFUSED, Stage.WITHDRAWN, Stage.MOVED):
                    numbers[item.id] = None
        found = await self._ledger.tickets.matters.of(list(numbers))
        return {one.id: one for one in found}

    async def _called_from(self, told: FormTold) -> tuple[Phone, ...]:
        called = self._ledger.callers.of(CallId(told.call))
        return (called,) if called is not None else ()

    async def _others(
        self, matter: Matter, at: dt.datetime, own: set[TicketId]
    ) -> Sequence[AboutTicket]:
        """Others' lately, once there is a place: without one they are never the same matter."""
        if not matter.address and len(matter.summary) < _ENOUGH:
            return ()
        since = at - dt.timedelta(days=repeats.OTHERS_FOR_D)
        found = await self._ledger.tickets.matters.lately(matter.category, since)
        return [one for one in found if one.id not in own]

    async def _shown(self, match: Match, about: AboutTicket, who: Person) -> KnownTicket:
        unit = await self._unit_name(about.unit)
        acts = await self._ledger.tickets.acts_of(about.id)
        last = acts[-1] if acts else None
        own = match.past.own
        hidden = about.confidential and not may_read_confidential(who, about.opened_by)
        over = handling_of(about.type, about.opened_at, acts).closed_at
        result = await self._result(about, acts) if own and not about.open and not hidden else ""
        return KnownTicket(
            number=about.id,
            type=about.type,
            status=about.status,
            open=about.open,
            own=own,
            summary="保密工单，内容不显示" if hidden else about.summary,
            unit_name=unit,
            opened_at=about.opened_at,
            due_at=about.due_at if about.open else None,
            last_act=last.act.value if last else Act.REGISTER.value,
            last_at=last.at if last else about.opened_at,
            why=match.why,
            say=words_to_say(about, unit, over, result, own=own),
            joins=about.status not in (Stage.ARCHIVED, Stage.ANSWERED),
        )

    async def _unit_name(self, unit: UnitId | None) -> str:
        units = await self._ledger.units.all() if unit else []
        return next((one.name for one in units if one.code == unit), "")

    async def _result(self, about: AboutTicket, acts: Sequence[TicketActed]) -> str:
        """What the unit wrote as the result, as far as it stands in a section of that name."""
        stored = await self._ledger.tickets.load(about.id)
        for number in range(len(acts), 0, -1):
            if acts[number - 1].act in (Act.ASK_CLOSE, Act.ANSWER):
                sealed = stored.texts.get(slot_of(number), "")
                words: dict[str, str] = json.loads(sealed) if sealed else {}
                return next((words[one] for one in _RESULTS if words.get(one)), "")
        return ""


_ENOUGH: Final = 10
"""Characters of a summary in which a place may stand."""


def _may_read(one: AboutTicket, who: Person) -> bool:
    return not one.confidential or may_read_confidential(who, one.opened_by)


def _past(one: AboutTicket, *, own: bool) -> Past:
    return Past(
        number=one.id,
        own=own,
        matter=Matter(summary=one.summary, category=one.category, address=one.address),
        opened_at=one.opened_at,
        over_at=None if one.open else one.opened_at,
    )


def words_to_say(
    about: AboutTicket, unit: str, over: dt.datetime | None, result: str, *, own: bool
) -> str:
    """What the caller is told: of their own matter the progress or the result, of another's only
    that it is known (不得将诉求人身份信息及诉求内容泄露给无关的第三方)."""
    if not own:
        done = "正在办理" if about.open else "已经办理"
        return f"这件事已有人反映，{done}。（不要说是谁反映的）"
    if about.status in LIMIT_OVER:
        day = f"{_day(over)}" if over else ""
        told = f"您反映的这件事{day}已经{'答复' if about.status == Stage.ANSWERED else '办结'}"
        return f"{told}，结果是：{result[:_LONGEST_RESULT]}" if result else f"{told}。"
    going = _GOES_ON.get(about.status, "{unit}正在办理").format(unit=unit or "承办单位")
    until = f"，办理期限到{_day(about.due_at)}" if about.due_at else ""
    return f"您反映的这件事{going}{until}，编号{about.id}。"


def _day(moment: dt.datetime | None) -> str:
    if moment is None:
        return ""
    local = moment.astimezone(ZONE)
    return f"{local.month}月{local.day}日"
