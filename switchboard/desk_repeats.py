"""Intake on the desk: what is known of a form, what the city offers, and what a form becomes that
opens no ordinary ticket (不予受理, 并单, 有新情况)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from agent_desk.intake_views import (
    DirectoryItem,
    FormTold,
    Intake,
    IntakeChoices,
    Known,
    Refusal,
)
from agent_desk.views import Person
from hotline.calendar import Calendar
from hotline.directory import governs, in_force
from hotline.directory_words import suggested
from hotline.errors import BadInput, Objected
from hotline.follow_ups import CHANNEL_TEXT, chooses
from hotline.grass_roots import never_leads
from hotline.handle import act_on
from hotline.handling import Handling
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part, Stage
from hotline.matters import JOINING, Link, Standing, Tie, check_joining
from hotline.phrases import Phrase, says
from hotline.policy import Policy
from hotline.rulings import Reason
from hotline.words import Role, TicketId, TicketType, UnitId
from ledger.store import Ledger
from ledger.ticket_rows import TicketSave
from switchboard.intake_answers import check_reply
from switchboard.repeats import KnownTickets
from switchboard.repeats_joining import standing_of
from switchboard.ticket_saving import slot_of

Rule = Callable[[dt.datetime], Policy]
INTAKE_TEXT: Final = "intake"
"""The text of a ticket that holds what was proposed at intake."""
_REPEATED: Final = "repeated"


class DeskIntake:
    """Implements :class:`agent_desk.intake_views.Intakes`."""

    def __init__(self, ledger: Ledger, policy: Rule) -> None:
        self._ledger = ledger
        self._known = KnownTickets(ledger)
        self._policy = policy

    async def look(self, told: FormTold, who: Person, at: dt.datetime) -> Known:
        return Known(
            call=told.call,
            tickets=await self._known.look(told, who, at),
            items=await self._items(told, at),
        )

    async def _items(self, told: FormTold, at: dt.datetime) -> tuple[DirectoryItem, ...]:
        policy = self._policy(at)
        version = in_force(await self._ledger.directory.all(), at, policy.zone)
        if version is None:
            return ()
        names = {one.code: one.name for one in await self._ledger.units.all() if not one.closed}
        day = at.astimezone(policy.zone).date()
        types = {one.value for one in TicketType}
        own_limit = told.type in types and not governs(policy, TicketType(told.type))
        return tuple(
            DirectoryItem(
                item=one.item,
                unit=one.unit,
                unit_name=names[one.unit],
                limit=str(one.limit) if one.limit else "",
                basis=one.basis,
                sub_office=one.sub_office,
                title=version.title,
                note=_own_limit(policy, TicketType(told.type)) if own_limit else "",
            )
            for one in suggested(version, told.category.strip(), told.summary, day)
            if one.unit in names
        )

    def choices(self, at: dt.datetime) -> IntakeChoices:
        policy = self._policy(at)
        intake, dispatch = policy.intake, policy.dispatch
        recorded = intake.refusal_reason_recorded
        moving = dispatch.cross_region
        return IntakeChoices(
            refusals=tuple(_refusal(one) for one in intake.refusals.value or ()),
            searched=intake.refusals.searched,
            document=policy.document,
            recorded=recorded.article if recorded.value else None,
            utilities=policy.emergency.utilities.value or (),
            orders=tuple(_refusal(one) for one in dispatch.pre_approval.value or ()),
            elsewhere=moving.article if says(moving, Phrase.ELSEWHERE) else None,
            joining=JOINING,
            channels=chooses(policy),
            chosen_by=policy.rating.caller_chooses.article,
        )


def _refusal(one: Reason) -> Refusal:
    return Refusal(code=one.code, article=one.article, words=one.words, answer=one.answer)


def _own_limit(policy: Policy, kind: TicketType) -> str:
    rule = policy.limit_of(kind)
    if rule.value is None:
        return "本市办法未规定这一类的期限，派单时按目录核定"
    cite = f"〔{rule.article.number}〕" if rule.article else ""
    return f"期限依本市办法：{rule.value}{cite}"


# ----------------------------------------------------------------------------- what a form becomes


@dataclass(frozen=True, slots=True)
class Settled:
    """An intake that was checked before its ticket is opened. ``main`` is the earlier ticket."""

    intake: Intake
    main: Standing | None = None

    @property
    def texts(self) -> dict[str, str]:
        """What is kept with the ticket, encrypted like the rest."""
        told = {
            name: value
            for name, value in (("order", self.intake.order), ("region", self.intake.region))
            if value
        }
        kept = {INTAKE_TEXT: json.dumps(told, ensure_ascii=False)} if told else {}
        channel = self.intake.channel
        return kept | {CHANNEL_TEXT: channel} if channel else kept


async def settled(ledger: Ledger, intake: Intake, policy: Policy, at: dt.datetime) -> Settled:
    """Check what an agent settled, before anything is opened. Raises BadInput, Objected."""
    codes = {one.code for one in policy.dispatch.pre_approval.value or ()}
    if intake.order and intake.order not in codes:
        raise BadInput("order", "先报批的情形请从列出的里面选")
    if intake.channel and intake.channel not in chooses(policy):
        raise BadInput("channel", "请从列出的回访方式里选")
    check_reply(intake)
    if intake.how == "refuse":
        _check_refusal(intake, policy)
    if intake.how in ("again", "join", "news"):
        if intake.to is None:
            raise BadInput("to", "请选是哪一件工单")
        main = await standing_of(ledger, intake.to)
        if main.joined_to is not None:
            main = await standing_of(ledger, main.joined_to)
        if intake.how == "again" and not _refuses_repeats(policy) and _joins(main, at):
            intake = replace(intake, how="join")
        if intake.how == "join":
            check_joining(TicketId(""), main, at)
        return Settled(intake, main)
    return Settled(intake)


async def check_lead(ledger: Ledger, unit: UnitId | None, policy: Policy) -> None:
    """Raise Objected where the unit of the form may never lead (中山 第六条)."""
    rule = policy.dispatch.never_lead
    if unit is None or not rule.value:
        return
    named = next((one for one in await ledger.units.all() if one.code == unit), None)
    kind = never_leads(named.kind, named.name, rule.value) if named else ""
    if kind:
        article = rule.article.number if rule.article else ""
        raise Objected(f"{kind}不得作为主责办理单位，只能协办，请改选镇街或部门", article)


def _refuses_repeats(policy: Policy) -> bool:
    return any(one.code == _REPEATED for one in policy.intake.refusals.value or ())


def _joins(main: Standing, at: dt.datetime) -> bool:
    try:
        check_joining(TicketId(""), main, at)
    except BadInput:
        return False
    return True


def _check_refusal(intake: Intake, policy: Policy) -> None:
    if intake.code == _REPEATED:
        raise BadInput("code", "重复的请在“已有工单”里选是哪一件，问过有无新情况再记")
    rule = policy.intake.refusal_reason_recorded
    if not intake.words.strip():
        why = "不予受理的，请写明理由和告诉来电人的话"
        article = rule.article.number if rule.value and rule.article else ""
        raise Objected(why, article) if article else BadInput("words", why)


def with_intake(
    save: TicketSave,
    done: Settled,
    by: Person,
    policy: Policy,
    calendar: Calendar,
) -> TicketSave:
    """A ticket about to be opened with what was settled: one transaction, so that a call that was
    not accepted leaves its record with the reason or nothing at all."""
    intake, number, at = done.intake, save.ticket.id, save.ticket.opened_at
    save = replace(save, texts={**save.texts, **done.texts})
    if done.main is not None:
        tie = {"again": Tie.AGAIN, "join": Tie.JOINED, "news": Tie.NEW_FACTS}[intake.how]
        save = replace(save, links=(Link(number, done.main.number, tie, at),))
    act, code = _act_of(done, policy)
    if act is None:
        return save
    fresh = Handling(type=save.ticket.type, stage=Stage.REGISTERED, opened_at=at)
    part = Part.AGENT if Role.AGENT in by.roles else Part.CENTRE
    asked = Asked(act=act, part=part, by=by.id, body=_body(save), code=code)
    acted = act_on(fresh, number, asked, at, policy, calendar)
    label = "并入的说明" if act is Act.MERGE else "理由和告知的话"
    words = {label: intake.words.strip()} if intake.words.strip() else {}
    kept = {slot_of(1): json.dumps(words, ensure_ascii=False)} if words else {}
    return replace(
        save,
        ticket=replace(save.ticket, status=acted.fact.stage, acts=(*save.ticket.acts, act.value)),
        facts=(*save.facts, acted.fact),
        texts={**save.texts, **kept},
        look_at=acted.look_at,
    )


def _act_of(done: Settled, policy: Policy) -> tuple[Act | None, str]:
    """The act on the fresh ticket and its code. Where the regulation has no rule on repeats and
    nothing can be joined, the caller was answered: the ticket is the record of it."""
    match done.intake.how:
        case "refuse":
            return Act.REFUSE, done.intake.code
        case "again":
            return (Act.REFUSE, _REPEATED) if _refuses_repeats(policy) else (Act.ANSWER, "")
        case "join":
            return Act.MERGE, done.main.number if done.main else ""
        case _:
            return None, ""


def _body(save: TicketSave) -> str:
    return next((fact.body for fact in save.facts if hasattr(fact, "body")), "")


def said_of(done: Settled, policy: Policy) -> str:
    """What the desk says instead of a due date, empty for an ordinary ticket."""
    main = done.main.number if done.main else ""
    match done.intake.how:
        case "refuse":
            reasons = policy.intake.refusals.value or ()
            cite = next((one.article for one in reasons if one.code == done.intake.code), "")
            return f"已记为不予受理{f'〔{cite}〕' if cite else ''}，理由已写入工单"
        case "again":
            return f"已记录来电，告知了{main}的情况，没有另开一件"
        case "join":
            return f"已并入{main}，办结后这位来电人同样回访"
        case "news":
            return f"新情况另立一件，已与{main}相连"
        case "answer":
            return "已直接答复，答复写入工单，不再派单"
        case _:
            return ""
