"""From a form to the first save of a ticket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from hotline.calendar import Calendar
from hotline.handling import Handling
from hotline.handling_time import next_look
from hotline.handling_words import Act, Stage
from hotline.policy import Policy
from hotline.tickets import OpenTicket, decide_ticket
from hotline.words import CallId, Draft, Ticket, TicketId, UserId
from ledger.ticket_rows import TicketSave


def opened_save(
    number: TicketId,
    draft: Draft,
    call: CallId | None,
    by: UserId,
    at: dt.datetime,
    *,
    city: str,
    body: str,
    policy: Policy,
    calendar: Calendar,
    proof: Mapping[str, str] = MappingProxyType({}),
    policy_text: str = "",
) -> TicketSave:
    """What is committed when a form is saved. Raises BadInput for a bad form."""
    act = OpenTicket(ticket=number, city=city, draft=draft, by=by, body=body, call=call)
    opened = decide_ticket(act, at, policy, calendar)
    fresh = Handling(type=draft.type, stage=Stage.REGISTERED, opened_at=at)
    ticket = Ticket(
        id=number,
        city=city,
        type=draft.type,
        status=opened.status,
        opened_at=at,
        policy_version=policy.version,
        call=call,
        unit=draft.unit,
        deadline=opened.deadline,
        acts=(Act.REGISTER,),
    )
    return TicketSave(
        ticket=ticket,
        facts=opened.facts,
        by=by,
        what="ticket.open",
        texts={
            "summary": draft.summary.strip(),
            "address": draft.address.strip(),
            "happened": draft.happened.strip(),
            "contact": draft.contact.strip(),
            "phone": draft.phone.strip(),
            **proof,
        },
        category=draft.category.strip(),
        confidential=draft.confidential,
        searched=opened.silent.searched if opened.silent else (),
        policy_text=policy_text,
        look_at=next_look(fresh, policy, calendar),
    )
