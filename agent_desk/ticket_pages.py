"""工单: the list and one ticket. Only what is true now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from agent_desk import shield
from agent_desk.access_pages import people_of, seen_by
from agent_desk.access_views import Seen
from agent_desk.aids import Evidence, SlotName
from agent_desk.attachment_shown import files_of
from agent_desk.chinese import duration
from agent_desk.derivation_shown import derivation_of
from agent_desk.desk import Desk, desk_of
from agent_desk.handling_views import ActForm, HandlingNow
from agent_desk.login import Visitor
from agent_desk.paper_views import FORMS
from agent_desk.reply_shown import asks_of_page
from agent_desk.shield import may_listen, needs
from agent_desk.ticket_call_pages import dial_of
from agent_desk.ticket_views import TicketFull
from agent_desk.views import Person, RecordedCall
from hotline.errors import NoSuch
from hotline.handling_words import Act
from hotline.words import TicketId

_READERS = needs(*shield.TICKETS)


async def ticket_page(
    request: Request, number: str, visitor: Annotated[Visitor, _READERS]
) -> Response:
    """One ticket: what was said, until when and why that day, what was done, what can be done."""
    return await page_of(request, TicketId(number), visitor)


async def readable_ticket(desk: Desk, number: TicketId, who: Person) -> TicketFull:
    """A ticket without what this person may not see. Raises NoSuch, NotAllowed."""
    return (await seen_by(desk, number, who)).ticket


async def page_of(
    request: Request,
    number: TicketId,
    visitor: Visitor,
    *,
    told: str = "",
    act: str = "",
    typed: Mapping[str, list[str]] = MappingProxyType({}),
    status: int = 200,
) -> Response:
    """The page of a ticket; after an act that was refused with the sentence (``told``) and what
    was typed into its form."""
    desk = desk_of(request)
    found = await seen_by(desk, number, visitor.person)
    ticket = found.ticket
    now = desk.ports.now()
    await desk.ports.access.opened(number, visitor.person)
    handling = await desk.ports.handlings.now(number, visitor.person, now)
    return desk.pages.render(
        request,
        "ticket.html.j2",
        status=status,
        told=told,
        act=act,
        typed=typed,
        handling=_as_read(handling, found),
        ticket=ticket,
        readable=found.readable,
        people=await people_of(desk, found, visitor.person),
        dial=await dial_of(desk, found, visitor.person),
        shown=derivation_of(ticket.due, handling, now.astimezone(desk.settings.zone)),
        proofs=[_proof(one) for one in ticket.evidence],
        files=await files_of(desk, found, visitor.person),
        paper_forms=FORMS,
        asks=await asks_of_page(desk, found, visitor.person),
        recording=await _recording(desk, ticket, visitor.person),
        follow_up_by=await desk.ports.follow_ups.channel(number),
    )


def _as_read(handling: HandlingNow, found: Seen) -> HandlingNow:
    """The handling with what people wrote in it as this person may read it; nobody is offered an
    act on what they cannot read."""
    acts = tuple(replace(act, text=found.say(act.text)) for act in handling.acts)
    forms = tuple(_begun(form, found.ticket.reply) for form in handling.forms)
    return replace(handling, acts=acts, forms=forms if found.may_act else ())


def _begun(form: ActForm, reply: str) -> ActForm:
    """The form of 直接答复 begins with what the caller was told at intake."""
    if form.act != Act.ANSWER or not reply:
        return form
    fields = (replace(one, value=reply) if one.name == "note" else one for one in form.fields)
    return replace(form, fields=tuple(fields))


_MARKS: Final[Mapping[SlotName, tuple[str, str]]] = {
    "type": ("诉", "类型"),
    "category": ("诉", "事由分类"),
    "address": ("址", "地址"),
    "happened": ("时", "时间"),
    "contact": ("人", "联系人"),
    "phone": ("电", "电话"),
    "summary": ("诉", "诉求摘要"),
    "unit": ("诉", "承办单位"),
}
"""一字标 and label of each slot, as on the desk."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The words one slot stands on, as the page shows them; None where they name a person."""

    mark: str
    label: str
    words: str | None
    who: str
    at: str


def _proof(one: Evidence) -> Proof:
    mark, label = _MARKS[one.slot]
    return Proof(
        mark=mark,
        label=label,
        words=one.words or None,
        who="来电人" if one.leg == "caller" else "话务员",
        at=duration(one.from_s),
    )


async def _recording(desk: Desk, ticket: TicketFull, person: Person) -> RecordedCall | None:
    """The recording of the call behind a ticket, for who may hear it; a call that the ledger does
    not know has none."""
    if ticket.call is None:
        return None
    try:
        found = await desk.ports.recordings.of(ticket.call)
    except NoSuch:
        return None
    return found if may_listen(person, found.agent) else None


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/tickets/{number}", ticket_page, methods=["GET"])
