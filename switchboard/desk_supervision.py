"""Supervision from its pages: the rules decide, the ledger commits."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Final

from agent_desk.shield import unit_alone
from agent_desk.supervision_views import (
    AuditPage,
    RaiseForm,
    SupervisionFull,
    SupervisionPage,
)
from agent_desk.views import Person
from hotline.errors import BadInput, NoSuch, NotAllowed
from hotline.handling import Handling
from hotline.handling_words import Part
from hotline.policy import Policy
from hotline.supervision import (
    STEPS,
    Matter,
    State,
    Step,
    SupervisionStep,
    Wanted,
    cases_here,
    matter_of,
    rungs,
    take,
)
from hotline.supervision_forms import LONGEST, answer_day, filled_in, shape_of
from hotline.words import Article, TicketId, UnitId, UserId
from ledger.errors import StaleVersion
from ledger.store import Ledger
from ledger.supervision import KeptMatter, Raised
from switchboard.desk_handling import parts_of
from switchboard.policy_versions import PolicyVersions, Rule
from switchboard.supervision_queue import AuditQueue
from switchboard.supervision_told import (
    ANSWER_BY,
    WORDS,
    evidence_of,
    forms_of,
    papers_of,
    row_of,
    steps_of,
)

_SIZE: Final = 50


class DeskSupervision:
    """Implements :class:`agent_desk.supervision_views.Supervisions`."""

    def __init__(self, ledger: Ledger, *, body: str, policy: Rule) -> None:
        self._ledger = ledger
        self._body = body
        self._rule = policy
        self._versions = PolicyVersions(ledger.policy_texts, policy)
        self._queue = AuditQueue(ledger, policy)

    async def page(
        self, who: Person, at: dt.datetime, *, state: str, level: int | None, number: int
    ) -> SupervisionPage:
        policy = self._rule(at)
        units = [who.unit or UnitId("-")] if unit_alone(who) else None
        states = [State(state)] if state in {one.value for one in State} else []
        found = await self._ledger.supervision.page(
            states=states, units=units, level=level, number=number, size=_SIZE
        )
        names = await self._names()
        today = at.astimezone(policy.zone).date()
        tickets = [one.raised.ticket for one in found.items if one.raised.ticket]
        about = await self._ledger.supervision.summaries(tickets)
        rows = [
            row_of(one, names, today, policy, about.get(one.raised.ticket or TicketId(""), ""))
            for one in found.items
        ]
        return SupervisionPage(
            rows=tuple(rows),
            counts=await self._ledger.supervision.counts(units, level),
            total=found.total,
            number=number,
            size=_SIZE,
            rungs=rungs(policy),
        )

    async def one(self, matter: int, who: Person, at: dt.datetime) -> SupervisionFull:
        kept = await self._readable(matter, who)
        policy, handling, summary = await self._about(kept, at)
        names = await self._names()
        people = {user.id: user.display_name for user in await self._ledger.accounts.users()}
        evidence = evidence_of(kept, handling, policy)
        today = at.astimezone(policy.zone).date()
        article = kept.raised.article
        parts = parts_of(who, kept.raised.unit)
        return SupervisionFull(
            id=kept.id,
            version=kept.version,
            row=row_of(kept, names, today, policy, summary),
            document=article.document if article else "",
            quote=article.quote if article else "",
            raised_by=people.get(UserId(kept.raised.by), kept.raised.by),
            ladder=rungs(policy),
            level=kept.matter.level,
            ladder_article=policy.supervision.ladder.article,
            evidence=evidence,
            others=kept.raised.others,
            steps=steps_of(kept, {str(id_): name for id_, name in people.items()}),
            forms=forms_of(kept, parts, at, policy, signer=who.name),
            papers=papers_of(kept, names, evidence, policy),
            unit=kept.raised.unit,
            ticket_summary=summary,
        )

    async def step(
        self,
        matter: int,
        step: str,
        given: Mapping[str, str],
        *,
        who: Person,
        version: int,
        at: dt.datetime,
    ) -> None:
        if step not in {one.value for one in Step} - {Step.RAISE.value}:
            raise BadInput("step", "没有这一步，请刷新页面")
        kept = await self._readable(matter, who)
        if kept.version != version:
            raise _changed()
        policy, _, _ = await self._about(kept, at)
        asked = Step(step)
        part = _part(kept.matter, asked, parts_of(who, kept.raised.unit))
        form = given.get("form", "") if asked is Step.ISSUE else ""
        texts = _texts(asked, form, given, policy)
        today = at.astimezone(policy.zone).date()
        day = answer_day(given.get(ANSWER_BY, ""), today)
        if form and not shape_of(form, policy).answered:
            day = None
        body = await self._body_of(part, kept.raised.unit)

        def decide(number: str) -> SupervisionStep:
            wanted = Wanted(
                step=asked,
                part=part,
                by=who.id,
                body=body,
                form=form,
                form_number=number,
                answer_by=day,
                case=given.get("case", ""),
                told=bool(texts),
            )
            return take(kept.matter, wanted, at, policy)

        decide("")  # what is refused must not wait for a number
        year = at.astimezone(policy.zone).year
        try:
            await self._ledger.supervision.take(kept, decide, texts, form=form, year=year)
        except StaleVersion:
            raise _changed() from None

    async def raising(self, at: dt.datetime) -> RaiseForm:
        policy = self._rule(at)
        units = [one for one in await self._ledger.units.all() if not one.closed]
        return RaiseForm(
            cases=tuple((one.code, str(one)) for one in cases_here(policy)),
            units=tuple((one.code, one.name) for one in units),
        )

    async def raise_matter(self, given: Mapping[str, str], *, who: Person, at: dt.datetime) -> int:
        policy = self._rule(at)
        case = next((one for one in cases_here(policy) if one.code == given.get("case")), None)
        if case is None:
            raise BadInput("case", "请选择督办情形")
        note = given.get("note", "").strip()
        if not note:
            raise BadInput("note", "请写明理由")
        if len(note) > LONGEST:
            raise BadInput("note", f"理由有{len(note)}字，最多{LONGEST}字，请删减")
        ticket, unit = await self._what_of(given)
        part = _part(matter_of(unit, ()), Step.ISSUE, parts_of(who, unit))
        document = policy.supervision.triggers.article
        raised = Raised(
            source=f"by-hand:{uuid.uuid4().hex}",
            kind=case.code,
            what=case.words,
            article=Article(document.document if document else "", case.article, case.words),
            at=at,
            by=who.id,
            part=part,
            body=await self._body_of(part, unit),
            unit=unit,
            ticket=ticket,
            texts={"理由": note},
        )
        made = await self._ledger.supervision.raise_matter(raised)
        if made is None:
            raise BadInput("case", "没有保存下来，请再试一次")
        return made

    async def queue(self, who: Person, *, waits: str, number: int) -> AuditPage:
        return await self._queue.page(who, waits=waits, number=number)

    # ---- within ---------------------------------------------------------------------------------
    async def _what_of(self, given: Mapping[str, str]) -> tuple[TicketId | None, UnitId | None]:
        """The ticket and the unit that were named: one of them at least."""
        units = {one.code for one in await self._ledger.units.all() if not one.closed}
        unit = UnitId(given.get("unit", "").strip())
        if unit and unit not in units:
            raise BadInput("unit", "没有这个承办单位，请从列出的里面选")
        number = given.get("ticket", "").strip()
        if not number:
            if not unit:
                raise BadInput("unit", "请写工单编号，或者选承办单位")
            return None, unit
        try:
            stored = await self._ledger.tickets.load(TicketId(number))
        except NoSuch:
            raise BadInput("ticket", f"没有编号是{number[:32]}的工单，请核对") from None
        return stored.ticket.id, unit or stored.ticket.unit

    async def _readable(self, matter: int, who: Person) -> KeptMatter:
        kept = await self._ledger.supervision.load(matter)
        if unit_alone(who) and (who.unit is None or kept.raised.unit != who.unit):
            raise NotAllowed("承办人员", "看其他单位的督办事项")
        return kept

    async def _about(
        self, kept: KeptMatter, at: dt.datetime
    ) -> tuple[Policy, Handling | None, str]:
        """The rules it goes by, and the ticket it is about: those of its ticket's own version."""
        number = kept.raised.ticket
        if number is None:
            return self._rule(at), None, ""
        stored = await self._ledger.tickets.load(number)
        policy, _ = await self._versions.of(stored.ticket)
        summary = "" if stored.confidential else stored.texts.get("summary", "")
        handling = await self._ledger.tickets.handling(stored.ticket)
        return policy, handling, summary

    async def _names(self) -> dict[UnitId, str]:
        return {one.code: one.name for one in await self._ledger.units.all()}

    async def _body_of(self, part: Part, unit: UnitId | None) -> str:
        if part is Part.UNIT and unit is not None:
            return (await self._names()).get(unit, str(unit))
        return f"{self._body}（{part}）"


def _part(matter: Matter, step: Step, parts: tuple[Part, ...]) -> Part:
    """In whose name: the managing body's once the matter has gone up, else the hotline's. Raises
    NotAllowed."""
    move = STEPS[matter.state].get(step)
    fit = [one for one in parts if move is None or one in move.by]
    if not fit:
        raise NotAllowed("、".join(parts) or "您", step.value)
    return Part.MANAGER if matter.level and Part.MANAGER in fit else fit[0]


def _texts(step: Step, form: str, given: Mapping[str, str], policy: Policy) -> dict[str, str]:
    """What was written, by label; raises BadInput naming the first thing that is missing."""
    if step is Step.ISSUE:
        return filled_in(form, given, policy)
    label = WORDS.get(step)
    if label is None:
        return {}
    note = given.get("note", "").strip()
    if not note:
        raise BadInput("note", f"请填写{label}")
    if len(note) > LONGEST:
        raise BadInput("note", f"{label}有{len(note)}字，最多{LONGEST}字，请删减")
    return {label: note}


def _changed() -> BadInput:
    return BadInput("version", "这一事项刚刚有人办过，已为您刷新，请看过再办")
