"""The papers of a ticket, as PDF, for whom its page is open."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response

from agent_desk import shield
from agent_desk.access_pages import seen_by
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.paper_views import FORMS, Printed
from agent_desk.shield import needs
from hotline.errors import NoSuch, NotAllowed
from hotline.words import TicketId

_READERS = needs(*shield.TICKETS)
_SUPERVISION = needs(*shield.SUPERVISION)


async def paper(
    request: Request, number: str, form: str, visitor: Annotated[Visitor, _READERS]
) -> Response:
    """One paper. Whoever prints is written into the access ledger of the ticket."""
    desk = desk_of(request)
    found = await seen_by(desk, TicketId(number), visitor.person)
    if form not in FORMS:
        raise NoSuch("这种表", form[:40])
    if not found.readable:
        raise NotAllowed(shield.roles_in_words(visitor.person), "打印这件保密工单")
    printed = await desk.ports.papers.pdf(form, found, desk.ports.now())
    await desk.ports.access.opened(TicketId(number), visitor.person, "print")
    return _as_pdf(printed)


async def slip(
    request: Request, matter: int, place: int, visitor: Annotated[Visitor, _SUPERVISION]
) -> Response:
    """One paper of a matter of supervision, counted from 1, for whom the matter is open."""
    desk = desk_of(request)
    now = desk.ports.now()
    found = await desk.ports.supervision.one(matter, visitor.person, now)
    if not 1 <= place <= len(found.papers):
        raise NoSuch("督办文书", str(place))
    return _as_pdf(await desk.ports.papers.slip(found.papers[place - 1], now))


def _as_pdf(printed: Printed) -> Response:
    name = quote(printed.name, safe="")
    headers = {"content-disposition": f"inline; filename*=UTF-8''{name}"}
    return Response(printed.content, media_type="application/pdf", headers=headers)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/tickets/{number}/print/{form}.pdf", paper, methods=["GET"])
    app.add_api_route("/supervision/{matter}/print/{place}.pdf", slip, methods=["GET"])
