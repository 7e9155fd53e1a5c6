"""回访: whose caller is owed a call, one at a time, and what came of it."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from agent_desk import follow_up_views as views
from agent_desk import shield
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.ticket_pages import readable_ticket
from hotline.errors import BadInput
from hotline.words import TicketId

_DESK = needs(*shield.DESK)
_FIELDS = ("said", "rating", "reason", "exception", "verified", "should_be")


async def list_page(
    request: Request,
    visitor: Annotated[Visitor, _DESK],
    why: Annotated[str, Query(max_length=64)] = "",
    channel: Annotated[str, Query(max_length=16)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Twenty at a time, the least time left first."""
    desk = desk_of(request)
    found = await desk.ports.follow_ups.page(
        visitor.person, why=why, channel=channel, number=page, at=desk.ports.now()
    )
    return desk.pages.render(
        request,
        "follow_ups.html.j2",
        found=found,
        why=why,
        channel=channel,
        page=page,
        last=max(math.ceil(found.total / found.size), 1),
        results=views.RESULTS,
    )


async def one_page(request: Request, number: str, visitor: Annotated[Visitor, _DESK]) -> Response:
    """One of them: what to know, the call, what to write down."""
    desk = desk_of(request)
    found = await desk.ports.follow_ups.one(TicketId(number), visitor.person, desk.ports.now())
    return desk.pages.render(
        request,
        "follow_up.html.j2",
        found=found,
        results=views.RESULTS,
        has_seat=visitor.person.agent is not None,
    )


async def claim(request: Request, number: str, visitor: Annotated[Visitor, _DESK]) -> Response:
    """Mine for a while; its page comes next."""
    desk = desk_of(request)
    await desk.ports.follow_ups.claim(TicketId(number), visitor.person, desk.ports.now())
    return RedirectResponse(f"/follow-ups/{number}", 303)


async def dial(request: Request, number: str, visitor: Annotated[Visitor, _DESK]) -> JSONResponse:
    """Call now: 202, the seat's own telephone rings next."""
    desk = desk_of(request)
    await desk.ports.follow_ups.dial(TicketId(number), visitor.person, desk.ports.now())
    return JSONResponse({"said": "正在呼叫您的电话，接起后即拨打诉求人"}, 202)


async def back(request: Request, number: str, visitor: Annotated[Visitor, _DESK]) -> Response:
    """Not reached, or given back: the next one."""
    form = await request.form()
    result = form.get("result", "")
    await desk_of(request).ports.follow_ups.give_back(
        TicketId(number), visitor.person, result if isinstance(result, str) else ""
    )
    return RedirectResponse("/follow-ups", 303)


async def done(request: Request, number: str, visitor: Annotated[Visitor, _DESK]) -> Response:
    """The outcome is on the ticket."""
    desk, form = desk_of(request), await request.form()
    version = str(form.get("version", ""))
    if not version.isascii() or not version.isdigit():
        raise BadInput("version", "请刷新页面后再登记")
    given = {name: str(form.get(name, "")).strip() for name in _FIELDS}
    await desk.ports.follow_ups.done(
        TicketId(number), visitor.person, given, version=int(version), at=desk.ports.now()
    )
    return RedirectResponse("/follow-ups", 303)


async def choose(request: Request, number: str, visitor: Annotated[Visitor, _DESK]) -> Response:
    """The caller was asked how to be followed up: back to the ticket."""
    desk, form = desk_of(request), await request.form()
    await readable_ticket(desk, TicketId(number), visitor.person)
    channel = form.get("channel", "")
    await desk.ports.follow_ups.choose(
        TicketId(number),
        channel if isinstance(channel, str) else "",
        visitor.person,
        desk.ports.now(),
    )
    return RedirectResponse(f"/tickets/{number}", 303)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/follow-ups", list_page, methods=["GET"])
    app.add_api_route("/follow-ups/{number}", one_page, methods=["GET"])
    app.add_api_route("/follow-ups/{number}/claim", claim, methods=["POST"])
    app.add_api_route("/follow-ups/{number}/back", back, methods=["POST"])
    app.add_api_route("/follow-ups/{number}/done", done, methods=["POST"])
    app.add_api_route("/tickets/{number}/follow-up-by", choose, methods=["POST"])
    app.add_api_route("/api/follow-ups/{number}/dial", dial, methods=["POST"])
