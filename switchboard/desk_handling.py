"""The handling of tickets from their page: the rules decide, the ledger commits."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from agent_desk import handling_views as hv
from agent_desk.access_views import viewer_of
from agent_desk.ticket_views import TicketAct
from agent_desk.views import Person
from hotline.calendar import Calendar
from hotline.deadlines import SetByLaw
from hotline.errors import BadInput, NotAllowed
from hotline.handle import Done, act_on, choices
from hotline.handling import MOVES, Handling
from hotline.handling_clock import course
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part, TicketActed
from hotline.matters import Link
from hotline.need_to_know import Secrecy, may_act
from hotline.policy import Policy
from hotline.ratings import counts_instead
from hotline.side_clocks import side_clocks
from hotline.words import Role, TicketId, UnitId, UserId
from ledger.errors import StaleVersion
from ledger.store import Ledger
from ledger.ticket_rows import StoredTicket, TicketDue
from ledger.units import Unit
from switchboard.desk_attachments import with_signed
from switchboard.desk_clocks import clock_views, notice_names, turn_views
from switchboard.desk_directory import ASSIGNING, TicketDirectory
from switchboard.desk_ticket_calls import call_lines
from switchboard.handling_forms import Filled, fields_of, filled
from switchboard.policy_versions import PolicyVersions, Rule
from switchboard.rating_acts import OUTSIDE, following
from switchboard.repeats_joining import joining
from switchboard.repeats_ties import ties_of
from switchboard.reply_asks import asks_now, reply_fields, with_reply
from switchboard.supervision_told import ticket_lines
from switchboard.ticket_saving import save_of, slot_of

PARTS: Final[Mapping[Role, tuple[Part, ...]]] = {
    Role.OFFICER: (Part.UNIT,),
    Role.MANAGER: (Part.MANAGER,),
    Role.AGENT: (Part.AGENT, Part.CALLER),
    Role.SUPERVISOR: (
        Part.CENTRE,
        Part.REVIEWER,
        Part.MANAGER,
        Part.LEADER,
        Part.CITY,
        Part.AGENT,
        Part.CALLER,
    ),
}
"""In whose name a role acts. What a leader ordered and a caller said is entered by the hotline."""


class DeskHandling:
    """Implements :class:`agent_desk.handling_views.Handlings`."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        body: str,
        policy: Rule,
        calendar: Calendar,
        messages: bool = False,
    ) -> None:
        """``messages``: this site has a gateway, so closings are followed by one."""
        self._ledger = ledger
        self._messages = messages
        self._body = body
        self._versions = PolicyVersions(ledger.policy_texts, policy)
        self._calendar = calendar
        self._directory = TicketDirectory(ledger.directory)

    async def now(self, number: TicketId, who: Person, at: dt.datetime) -> hv.HandlingNow:
        stored = await self._ledger.tickets.load(number)
        handling = await self._ledger.tickets.handling(stored.ticket)
        policy, note = await self._versions.of(stored.ticket)
        every = await self._ledger.units.all()
        units = [unit for unit in every if not unit.closed]
        law = await self._directory.limit(stored.category, handling, policy, at)
        forms = self._forms(stored, handling, who, at, policy, units, law)
        story = course(handling, policy, self._calendar, law)
        return hv.HandlingNow(
            version=stored.ticket.version,
            note=note,
            forms=await self._directory.recommended(forms, stored.category, policy, at),
            turns=turn_views(story, await self._ledger.tickets.dues.of(number)),
            clocks=clock_views(side_clocks(handling, policy, self._calendar, story.deadline)),
            notices=notice_names(story.deadline, self._calendar),
            acts=await self._told(stored, handling, policy, every, at),
            ties=await ties_of(self._ledger, stored, who, policy),
        )

    async def act(
        self,
        number: TicketId,
        act: str,
        form: Mapping[str, Sequence[str]],
        *,
        who: Person,
        version: int,
        at: dt.datetime,
    ) -> None:
        doing = _named(act)
        stored = await self._ledger.tickets.load(number)
        if stored.ticket.version != version:
            raise _changed()
        handling = await self._ledger.tickets.handling(stored.ticket)
        policy, _ = await self._versions.of(stored.ticket)
        every = await self._ledger.units.all()
        units = [unit for unit in every if not unit.closed]
        if not _may_act(stored, handling, who):
            raise NotAllowed("您", "办理内容不对您开放的保密工单")
        part = part_of(who, stored.ticket.unit, handling, doing)
        what = await self._filled(doing, form, stored, handling, policy, units)
        link = await joining(self._ledger, number, what.code, at) if doing is Act.MERGE else None
        asked = Asked(
            act=doing,
            part=part,
            by=who.id,
            body=self._body_of(part, who.unit if part is Part.HELPER else handling.unit, every),
            unit=who.unit if part is Part.HELPER else what.unit,
            unit_kind=what.unit_kind,
            helpers=what.helpers,
            code=link.other if link else what.code,
            days=what.days,
            given=what.given,
        )
        to = what.unit if asked.act in ASSIGNING else None
        law = await self._directory.limit(stored.category, handling, policy, at, to)
        done = act_on(handling, number, asked, at, policy, self._calendar, law)
        await self._save(stored, done, what.texts, version, (link,) if link else ())

    # ---- within ---------------------------------------------------------------------------------
    async def _filled(
        self,
        act: Act,
        form: Mapping[str, Sequence[str]],
        stored: StoredTicket,
        handling: Handling,
        policy: Policy,
        units: Sequence[Unit],
    ) -> Filled:
        """What was written into the form of an act, with the files that stand for its papers and
        the reply held against the asks. Raises BadInput."""
        labels = {one.name: one.label for one in fields_of(act, policy, units)}
        sent = handling.last(Act.DISPATCH, Act.SETTLE)
        files = await self._ledger.tickets.files.of(stored.ticket.id)
        form = with_signed(act, form, labels, files, sent.at if sent else None)
        what = filled(act, form, policy, units)
        return with_reply(act, what, form, asks_now(stored.texts), policy)

    def _forms(
        self,
        stored: StoredTicket,
        handling: Handling,
        who: Person,
        at: dt.datetime,
        policy: Policy,
        units: Sequence[Unit],
        law: SetByLaw | None,
    ) -> tuple[hv.ActForm, ...]:
        found: dict[Act, hv.ActForm] = {}
        if not _may_act(stored, handling, who):
            return ()
        for part in parts_of(who, stored.ticket.unit, handling.helpers):
            for one in choices(handling, part, at, policy, self._calendar, law):
                known = found.get(one.act)
                if known is None or (known.why and one.possible):
                    plain = fields_of(one.act, policy, units) if one.possible else ()
                    fields = reply_fields(one.act, plain, asks_now(stored.texts), policy)
                    found[one.act] = hv.ActForm(act=one.act.value, why=one.why, fields=fields)
        return tuple(found[act] for act in Act if act in found)

    async def _told(
        self,
        stored: StoredTicket,
        handling: Handling,
        policy: Policy,
        units: Sequence[Unit],
        now: dt.datetime,
    ) -> tuple[TicketAct, ...]:
        names = {unit.code: unit.name for unit in units}
        people = {user.id: user.display_name for user in await self._ledger.accounts.users()}
        people |= OUTSIDE
        dues = await self._ledger.tickets.dues.of(stored.ticket.id)
        raised = {due.act: due for due in dues if due.act is not None}
        ratings = (
            (n, counts_instead(handling, n, policy)) for n in range(1, 1 + len(handling.acts))
        )
        instead = {number: article for number, article in ratings if article}
        told = [
            _by_clock(fact.act.value, raised[number])
            if number in raised
            else TicketAct(
                at=fact.at,
                what=fact.act.value,
                who="" if fact.part is Part.CLOCK else people.get(UserId(fact.by), fact.by),
                body=fact.body,
                text=_text(fact, stored.texts.get(slot_of(number), ""), names)
                + ("；以此为准" if number in instead else ""),
                article=str(instead.get(number, "")),
                refused=fact.act in _REFUSALS,
            )
            for number, fact in enumerate(handling.acts, start=1)
        ]
        told += [_by_clock(due.what, due) for due in dues if due.act is None]
        told += call_lines(await self._ledger.tickets.calls.of(stored.ticket.id), people, now)
        told += ticket_lines(await self._ledger.supervision.of_ticket(stored.ticket.id), people)
        return tuple(sorted(told, key=lambda act: act.at))

    def _body_of(self, part: Part, unit: UnitId | None, units: Sequence[Unit]) -> str:
        """Which body acted: the unit by its name, else the hotline in the part it took."""
        if part in (Part.UNIT, Part.HELPER):
            return next((one.name for one in units if one.code == unit), str(unit))
        return f"{self._body}（{part}）"

    async def _save(
        self,
        stored: StoredTicket,
        done: Done,
        texts: Mapping[str, str],
        version: int,
        links: tuple[Link, ...] = (),
    ) -> None:
        then, out = await following(self._ledger, stored, done, messages=self._messages)
        save = replace(save_of(stored, done, texts, then=then, messages=out), links=links)
        try:
            await self._ledger.tickets.save(save, expected_version=version)
        except StaleVersion:
            raise _changed() from None


_REFUSALS: Final = frozenset(
    {Act.DENY_RETURN, Act.DENY_EXTENSION, Act.DENY_CLOSE, Act.REFUSE, Act.LAPSE}
)


def _may_act(stored: StoredTicket, handling: Handling, who: Person) -> bool:
    """Nobody acts on what they cannot read, by whatever way they ask."""
    secrecy = Secrecy(
        writer=stored.opened_by,
        confidential=stored.confidential,
        lead=stored.ticket.unit,
        helpers=frozenset(handling.helpers),
    )
    return may_act(viewer_of(who), secrecy)


def parts_of(who: Person, unit: UnitId | None, helpers: Sequence[UnitId] = ()) -> tuple[Part, ...]:
    """In whose names this person can act on a ticket that ``unit`` handles and ``helpers`` assist
    with."""
    found: list[Part] = []
    for role, parts in PARTS.items():
        theirs = role is not Role.OFFICER or (who.unit is not None and who.unit == unit)
        if role in who.roles and theirs:
            found += [part for part in parts if part not in found]
    if Role.OFFICER in who.roles and who.unit != unit and who.unit in helpers:
        found.append(Part.HELPER)
    return tuple(found)


def part_of(who: Person, unit: UnitId | None, handling: Handling, act: Act) -> Part:
    """The first of this person's parts whose act it is here. Raises NotAllowed."""
    parts = parts_of(who, unit, handling.helpers)
    move = MOVES[handling.stage].get(act)
    fit = [part for part in parts if move is None or part in move.by]
    if not fit:
        raise NotAllowed("、".join(parts) or "您", act)
    return fit[0]


def _named(act: str) -> Act:
    try:
        return Act(act)
    except ValueError:
        raise BadInput("act", "没有这一步，请刷新页面") from None


def _changed() -> BadInput:
    return BadInput("version", "这件工单刚刚有人办过，已为您刷新，请看过再办")


def _by_clock(what: str, due: TicketDue) -> TicketAct:
    """A line of the timeline that nobody wrote: time did."""
    article = f"{due.document} {due.article}".strip()
    text = due.what if due.what != what else ""
    return TicketAct(
        at=due.at, what=what, who="", body=Part.CLOCK.value, text=text, article=article
    )


_NAMED: Final = {Act.MERGE: "并入", Act.MOVE: "转往"}


_ONE_LINE: Final = 60
"""Characters of an act's words that are read as one line."""


def _text(fact: TicketActed, sealed: str, names: Mapping[UnitId, str]) -> str:
    """What the timeline says under an act: to whom, with what words."""
    said = []
    if fact.unit is not None and fact.act in (Act.DISPATCH, Act.SETTLE):
        said.append(names.get(fact.unit, fact.unit))
        if fact.helpers:
            said.append("协办：" + "、".join(names.get(one, one) for one in fact.helpers))
    if fact.act in (Act.RATE, Act.CORRECT, Act.LAPSE, Act.INVITE) and fact.code:
        said.append(fact.code)
    if fact.act in _NAMED and fact.code:
        said.append(f"{_NAMED[fact.act]}{fact.code}")
    if fact.days:
        said.append(f"延长{fact.days}个工作日")
    words: dict[str, str] = json.loads(sealed) if sealed else {}
    said += [f"{label}：{text}" for label, text in words.items()]
    parts = [one.rstrip("。；") for one in said]
    # A reply of many parts is read part by part; a few words stay one line.
    return ("\n" if sum(map(len, parts)) > _ONE_LINE else "；").join(parts)
