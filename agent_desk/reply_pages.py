"""诉求点 on the page of a ticket: listed for all who read it, corrected by the hotline alone, so
that a unit does not shorten what it has to answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk.access_pages import seen_by
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.reply_shown import HERE
from agent_desk.shield import needs, roles_in_words
from agent_desk.ticket_pages import page_of
from hotline.errors import BadInput, NotAllowed
from hotline.words import Role, TicketId

_HOTLINE = needs(Role.AGENT, Role.SUPERVISOR)


async def correct_asks(
    request: Request,
    number: str,
    visitor: Annotated[Visitor, _HOTLINE],
    asks: Annotated[str, Form(max_length=4000)] = "",
    version: Annotated[int, Form(ge=0, le=10**9)] = 0,
) -> Response:
    """Kept: back to the ticket. Refused: the page again, with the sentence at the list."""
    desk = desk_of(request)
    found = await seen_by(desk, TicketId(number), visitor.person)
    if not (found.readable and found.may_act):
        raise NotAllowed(roles_in_words(visitor.person), "改这件工单的诉求点")
    try:
        await desk.ports.asks.correct(
            TicketId(number), asks.splitlines(), version, by=visitor.person
        )
    except BadInput as refused:
        return await page_of(
            request, TicketId(number), visitor, told=str(refused), act=HERE, status=422
        )
    return RedirectResponse(f"/tickets/{number}#asks", 303)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/tickets/{number}/asks", correct_asks, methods=["POST"])
