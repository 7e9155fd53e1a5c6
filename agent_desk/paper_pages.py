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
from agent_desk.paper_views import FORMS
from agent_desk.shield import needs
from hotline.errors import NoSuch, NotAllowed
from hotline.words import TicketId

_READERS = needs(*shield.TICKETS)


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
    name = quote(printed.name, safe="")
    headers = {"content-disposition": f"inline; filename*=UTF-8''{name}"}
    return Response(printed.content, media_type="application/pdf", headers=headers)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/tickets/{number}/print/{form}.pdf", paper, methods=["GET"])
