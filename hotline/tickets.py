"""A ticket (工单) is opened: the form is checked, the first deadline set. What is done to it later
is in :mod:`hotline.handling`.

A ticket has its own stream of facts; the ledger loads one ticket, applies an act, and saves
facts, state and messages in one transaction under a version check.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from hotline.calendar import Calendar
from hotline.deadlines import NoLimit, SetByLaw, first_deadline, no_limit
from hotline.errors import BadInput
from hotline.facts import DeadlineSet, DeadlineSilent, TicketFact, TicketOpened
from hotline.handling import MOVES
from hotline.handling_words import Act, Stage
from hotline.policy import Policy
from hotline.words import CallId, Deadline, Draft, TicketId, UserId

LIMITS: Final = {"summary": 2000, "address": 200, "contact": 40, "happened": 100, "category": 60}
"""The longest a slot may be, in characters."""

_LABELS: Final = {
    "summary": "诉求摘要",
    "address": "地址",
    "contact": "联系人",
    "happened": "时间",
    "category": "事由分类",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket:
    """The act of saving a form: who did it, for which body, about which call."""

    ticket: TicketId
    city: str
    draft: Draft
    by: UserId
    body: str
    call: CallId | None = None
    by_law: SetByLaw | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A decided ticket: its facts, and the deadline or the reason why there is none."""

    facts: tuple[TicketFact, ...]
    status: Stage
    deadline: Deadline | None
    silent: NoLimit | None


def check_draft(draft: Draft) -> None:
    """Raise BadInput for a form that cannot become a ticket: one sentence, one field."""
    if not draft.summary.strip():
        raise BadInput("summary", "诉求摘要还是空的，请写明来电人要什么")
    for slot, longest in LIMITS.items():
        length = len(getattr(draft, slot))
        if length > longest:
            label = _LABELS[slot]
            raise BadInput(slot, f"{label}有 {length} 字，最多 {longest} 字，请删减")
    digits = "".join(filter(str.isdigit, draft.phone))
    if draft.phone.strip() and not 3 <= len(digits) <= 20:
        raise BadInput("phone", "电话应是 3 到 20 位数字，请核对")


def decide_ticket(act: OpenTicket, at: dt.datetime, policy: Policy, calendar: Calendar) -> Opened:
    """What a saved form becomes. Pure; ``at`` is aware. Raises BadInput for a bad form."""
    check_draft(act.draft)
    deadline = first_deadline(policy, calendar, act.draft.type, at, act.by_law)
    silent = None if deadline is not None else no_limit(policy, act.draft.type)
    opened = TicketOpened(
        at=at,
        ticket=act.ticket,
        city=act.city,
        type=act.draft.type,
        category=act.draft.category,
        unit=act.draft.unit,
        call=act.call,
        by=act.by,
        body=act.body,
        policy_version=policy.version,
    )
    term = _term(act.ticket, at, act.draft.type, deadline, silent)
    return Opened(
        facts=(opened, term), status=MOVES[None][Act.REGISTER].to, deadline=deadline, silent=silent
    )


def _term(
    ticket: TicketId,
    at: dt.datetime,
    duty: str,
    deadline: Deadline | None,
    silent: NoLimit | None,
) -> DeadlineSet | DeadlineSilent:
    if deadline is None:
        searched = silent.searched if silent else ()
        return DeadlineSilent(at=at, ticket=ticket, duty=f"{duty}办理", searched=searched)
    return DeadlineSet(
        at=at,
        ticket=ticket,
        duty=deadline.duty,
        start_at=deadline.start_at,
        due_at=deadline.due_at,
        provisional=deadline.provisional,
        document=deadline.article.document,
        article=deadline.article.number,
        counted_days=sum(day.counted for day in deadline.derivation),
    )
