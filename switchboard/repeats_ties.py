"""What a ticket belongs to and what was proposed at intake, as its page says it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from agent_desk.handling_views import TieShown
from agent_desk.shield import may_read_confidential, unit_alone
from agent_desk.views import Person
from hotline.matters import Link, Tie
from hotline.policy import Policy
from ledger.store import Ledger
from ledger.ticket_matters import AboutTicket
from ledger.ticket_rows import StoredTicket
from switchboard.desk_repeats import INTAKE_TEXT


async def ties_of(
    ledger: Ledger, stored: StoredTicket, who: Person, policy: Policy
) -> tuple[TieShown, ...]:
    """Where it went, what was joined to it, what was told again. The numbers of others are links
    only for whom those tickets are open; the unit of the main one reads what was joined to it."""
    links = ledger.tickets.links
    number = stored.ticket.id
    away, here = await links.of(number), await links.to([number])
    wanted = {one.other for one in away} | {one.ticket for one in here}
    about = {one.id: one for one in await ledger.tickets.matters.of(list(wanted))}
    shown = [_away(one, who) for one in away]
    shown += [_here(one, about.get(one.ticket), who) for one in here if one.tie is not Tie.AGAIN]
    again = [one for one in here if one.tie is Tie.AGAIN]
    if again:
        shown.append(TieShown(text=f"又来问过{len(again)}次，没有新情况，已告知", at=again[-1].at))
    callers = await links.callers(number) if any(one.tie is Tie.JOINED for one in here) else ()
    if len(callers) > 1:
        last = max(one.last_told_at for one in callers)
        told = f"共{len(callers)}位来电人，办结后逐位答复、回访"
        shown.append(TieShown(text=told, at=last))
    return (*shown, *_proposed(stored, policy))


def _away(link: Link, who: Person) -> TieShown:
    words = {
        Tie.JOINED: "已并入",
        Tie.AGAIN: "没有新情况，告知的是",
        Tie.NEW_FACTS: "有新情况，前一件是",
    }
    return TieShown(text=words[link.tie], number=link.other, open=not unit_alone(who), at=link.at)


def _here(link: Link, about: AboutTicket | None, who: Person) -> TieShown:
    words = "并入本件" if link.tie is Tie.JOINED else "后来又有新情况"
    secret = about is None or (
        about.confidential and not may_read_confidential(who, about.opened_by)
    )
    # With news it is a matter of its own, and may be another unit's.
    foreign = about is not None and unit_alone(who) and about.unit != who.unit
    return TieShown(
        text=words,
        number=link.ticket,
        open=not unit_alone(who),
        summary=_summary(about, secret=secret, foreign=foreign and link.tie is not Tie.JOINED),
        at=link.at,
    )


def _summary(about: AboutTicket | None, *, secret: bool, foreign: bool) -> str:
    if about is None or foreign:
        return ""
    return "保密，内容不显示" if secret else about.summary


def _proposed(stored: StoredTicket, policy: Policy) -> Sequence[TieShown]:
    kept: dict[str, str] = json.loads(stored.texts.get(INTAKE_TEXT) or "{}")
    at = stored.ticket.opened_at
    found = []
    for case in policy.dispatch.pre_approval.value or ():
        if case.code == kept.get("order"):
            text = f"登记时建议先报批：{case.words}〔{case.article}〕"
            found.append(TieShown(text=text, at=at))
    if kept.get("region"):
        rule = policy.dispatch.cross_region
        cite = f"〔{rule.article.number}〕" if rule.article else ""
        found.append(TieShown(text=f"登记时建议异地转办：{kept['region']}{cite}", at=at))
    return found
