"""答复 at intake: what the caller was told is kept with the ticket, and ends it where the agent
answered at once (直接答复). In one transaction with the ticket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from agent_desk.intake_views import Intake
from agent_desk.views import Person
from hotline.calendar import Calendar
from hotline.errors import BadInput
from hotline.handle import act_on
from hotline.handling import Handling
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part, Stage
from hotline.policy import Policy
from hotline.words import CallId, Role
from ledger.store import Ledger
from ledger.ticket_rows import StoredTicket, TicketSave
from switchboard.handling_forms import note_of
from switchboard.rating_acts import belonging
from switchboard.ticket_saving import save_of

REPLY_TEXT: Final = "reply"
"""The text of a ticket that holds what its caller was told, where that did not end it."""
SOURCES: Final = "口径来源"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What is known about an answer before it is saved: the titles and versions of the articles it
    was taken from, the key by which the caller rated the call already (empty: none), and whether
    this site sends messages."""

    body: str
    sources: str = ""
    pressed: str = ""
    messages: bool = False


def check_reply(intake: Intake) -> None:
    """Raise BadInput where an answer that ends the ticket says nothing."""
    if intake.how == "answer" and not intake.reply:
        raise BadInput("reply", "直接答复的，请先写明怎样答复了来电人")


async def pressed_in(ledger: Ledger, call: CallId | None) -> str:
    """The key that the caller of a call pressed to rate it; empty: none so far."""
    rating = await ledger.call_ratings.of(call) if call else None
    return rating.key if rating else ""


def with_answer(
    save: TicketSave,
    intake: Intake,
    known: Answering,
    by: Person,
    policy: Policy,
    calendar: Calendar,
) -> TicketSave:
    """A ticket about to be opened with what the caller was told."""
    if not intake.reply:
        return save
    if intake.how != "answer":
        return replace(save, texts={**save.texts, REPLY_TEXT: intake.reply})
    ticket = save.ticket
    stored = StoredTicket(
        ticket,
        save.texts,
        save.category or "",
        bool(save.confidential),
        save.by,
        save.searched,
    )
    fresh = Handling(type=ticket.type, stage=Stage.REGISTERED, opened_at=ticket.opened_at)
    part = Part.AGENT if Role.AGENT in by.roles else Part.CENTRE
    asked = Asked(act=Act.ANSWER, part=part, by=by.id, body=known.body)
    done = act_on(fresh, ticket.id, asked, ticket.opened_at, policy, calendar)
    then, messages = belonging(stored, done, known.pressed, messages=known.messages)
    words = {note_of(Act.ANSWER).label: intake.reply, SOURCES: known.sources}
    acted = save_of(stored, done, words, then=then, messages=messages)
    return replace(
        save,
        ticket=acted.ticket,
        facts=(*save.facts, *acted.facts),
        texts={**save.texts, **acted.texts},
        look_at=acted.look_at,
        follow_up=acted.follow_up,
        messages=(*save.messages, *acted.messages),
    )
