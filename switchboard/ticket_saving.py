"""From acts that were decided to what the ledger commits in one transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from hotline.calendar import Calendar
from hotline.facts import DeadlineSet, TicketFact
from hotline.follow_ups import CHANNEL_TEXT, owed
from hotline.handle import CLOCK, Done
from hotline.handling import Handling
from hotline.handling_clock import counted
from hotline.handling_words import Act
from hotline.policy import Policy
from hotline.words import Deadline, UserId
from ledger.follow_ups import FollowUpDue
from ledger.ticket_rows import StoredTicket, TicketDue, TicketSave


def slot_of(number: int) -> str:
    """Where the words of the so-manieth act lie, encrypted like the rest of a ticket."""
    return f"act-{number}"


def save_of(
    stored: StoredTicket,
    done: Done,
    texts: Mapping[str, str] = MappingProxyType({}),
    *,
    then: Sequence[Done] = (),
    messages: Sequence[tuple[str, Any]] = (),
) -> TicketSave:
    """One act by a person, with what they wrote by label, what follows from it at once (``then``)
    and the messages that go out with it."""
    kept = {label: text for label, text in texts.items() if text}
    slot = slot_of(len(done.handling.acts))
    last = then[-1] if then else done
    save = _after(stored, (done, *then), UserId(done.fact.by), last.look_at)
    written = {slot: json.dumps(kept, ensure_ascii=False)} if kept else {}
    what = f"ticket.{done.fact.act.name.lower()}"
    return replace(save, what=what, texts=written, messages=tuple(messages))


def clock_save_of(
    stored: StoredTicket,
    done: Sequence[Done],
    dues: Sequence[TicketDue],
    look_at: dt.datetime | None,
) -> TicketSave:
    """What the clock raised at one look, with its acts, which may be none."""
    return replace(_after(stored, done, UserId(CLOCK), look_at), dues=tuple(dues))


def _after(
    stored: StoredTicket, done: Sequence[Done], by: UserId, look_at: dt.datetime | None
) -> TicketSave:
    ticket, facts = stored.ticket, list[TicketFact]()
    for one in done:
        fact, deadline = one.fact, one.course.deadline
        facts.append(fact)
        if deadline is not None and deadline != ticket.deadline:
            facts.append(deadline_set(fact.at, fact.ticket, deadline))
        ticket = replace(
            ticket,
            status=fact.stage,
            # Until it is dispatched the unit is what the form proposed; given back, it is nobody's.
            unit=one.handling.unit if one.handling.times(Act.DISPATCH) else ticket.unit,
            deadline=deadline,
            acts=(*ticket.acts, fact.act.value),
        )
    return TicketSave(
        ticket=ticket,
        facts=tuple(facts),
        by=by,
        what="ticket.clock",
        searched=stored.searched,
        look_at=look_at,
        follow_up=owed_now(stored, done[-1].handling, done[-1].policy, done[-1].calendar)
        if done
        else None,
    )


def owed_now(
    stored: StoredTicket, handling: Handling, policy: Policy, calendar: Calendar, chosen: str = ""
) -> tuple[FollowUpDue, ...]:
    """The follow-up a ticket owes as it stands, by the channel it has or is ``chosen`` now."""
    one = owed(handling, policy, calendar, chosen or stored.texts.get(CHANNEL_TEXT, ""))
    if one is None:
        return ()
    return (
        FollowUpDue(
            why=one.why.value,
            since=one.since,
            due_at=one.due_at,
            document=one.article.document if one.article else "",
            article=one.article.number if one.article else "",
            channel=one.channel,
            rating=one.rating,
        ),
    )


def deadline_set(at: dt.datetime, ticket: str, deadline: Deadline) -> DeadlineSet:
    """The fact that a ticket has this date from a moment on."""
    return DeadlineSet(
        at=at,
        ticket=ticket,
        duty=deadline.duty,
        start_at=deadline.start_at,
        due_at=deadline.due_at,
        provisional=deadline.provisional,
        document=deadline.article.document,
        article=deadline.article.number,
        counted_days=counted(deadline),
    )
