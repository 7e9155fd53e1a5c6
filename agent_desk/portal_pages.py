"""本单位: what the unit of an officer must do next, and what it is told."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import FastAPI, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.portal_views import ASKED, GROUPS, NOW, PAGE_SIZE, PortalGroup
from agent_desk.shield import needs
from hotline.words import Role, TicketId

_OFFICERS = needs(Role.OFFICER)
_MOST_ACTS = 9999


async def portal_page(
    request: Request,
    visitor: Annotated[Visitor, _OFFICERS],
    group: PortalGroup = "todo",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Fifty at a time, what must be done first at the top."""
    desk = desk_of(request)
    if visitor.person.unit is None:
        return desk.pages.render(request, "portal_nobody.html.j2")
    now = desk.ports.now()
    found = await desk.ports.portal.now(visitor.person, group, page, now)
    return desk.pages.render(
        request,
        "portal.html.j2",
        found=found,
        group=group,
        page=page,
        last=max(math.ceil(found.total / PAGE_SIZE), 1),
        first_row=(page - 1) * PAGE_SIZE + 1,
        todo=NOW,
        waits=await desk.ports.knowledge_editing.todo(visitor.person, now),
        asked=ASKED,
        groups=GROUPS,
    )


async def note_notices(
    request: Request,
    visitor: Annotated[Visitor, _OFFICERS],
    notice: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Noted; they leave the top of the page."""
    seen = [one for text in notice[:100] if (one := _notice(text)) is not None]
    await desk_of(request).ports.portal.note(visitor.person, seen)
    return RedirectResponse("/portal", 303)


def _notice(text: str) -> tuple[TicketId, int] | None:
    ticket, _, act = text.partition("/")
    known = act.isascii() and act.isdigit() and len(act) < 5 and int(act) <= _MOST_ACTS
    return (TicketId(ticket), int(act)) if known else None


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/portal", portal_page, methods=["GET"])
    app.add_api_route("/portal/notices", note_notices, methods=["POST"])
