"""Joining one ticket to another: the number somebody named, looked up and checked."""

from __future__ import annotations

import datetime as dt

from hotline.errors import BadInput, NoSuch
from hotline.handling import handling_of
from hotline.handling_words import LIMIT_OVER, Stage
from hotline.matters import Link, Standing, Tie, check_joining
from hotline.words import TicketId
from ledger.store import Ledger
from ledger.ticket_rows import full_number


async def standing_of(ledger: Ledger, typed: str) -> Standing:
    """The ticket of a number as somebody typed it. Raises BadInput where there is none: numbers
    of another city are not known here."""
    number = TicketId(full_number(typed))
    try:
        stored = await ledger.tickets.load(number)
    except NoSuch:
        why = f"本市没有编号是{typed.strip() or '（空）'}的工单"
        raise BadInput("code", f"{why}，请核对并入的工单编号") from None
    acts = await ledger.tickets.acts_of(number)
    now = handling_of(stored.ticket.type, stored.ticket.opened_at, acts)
    over = now.closed_at or (acts[-1].at if acts else stored.ticket.opened_at)
    joined = await ledger.tickets.links.main_of(number)
    return Standing(
        number=number,
        stage=Stage(stored.ticket.status),
        over_at=over if stored.ticket.status in LIMIT_OVER else None,
        joined_to=joined if joined != number else None,
    )


async def joining(ledger: Ledger, own: TicketId, typed: str, at: dt.datetime) -> Link:
    """The tie of ``own`` to the ticket somebody named. Raises BadInput with one sentence."""
    main = await standing_of(ledger, typed)
    check_joining(own, main, at)
    return Link(own, main.number, Tie.JOINED, at)
