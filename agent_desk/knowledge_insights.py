"""知识库，分析: what editors learn from, each line leading to an act."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.notice_pages import MAKERS
from agent_desk.shield import needs
from hotline.policy import ZONE

_MAKERS = needs(*MAKERS)
DAYS: Final = (7, 30, 90, 365)
_UNUSED: Final = 200


async def insights_page(
    request: Request, visitor: Annotated[Visitor, _MAKERS], days: int = 30
) -> Response:
    """What was asked and not found, what is never used, what is marked wrong, how early answers
    stood. Other numbers of days count as thirty."""
    desk = desk_of(request)
    days = days if days in DAYS else 30
    since = desk.ports.now().astimezone(ZONE).date() - dt.timedelta(days=days - 1)
    found = await desk.ports.knowledge_work.insights(since)
    return desk.pages.render(
        request,
        "knowledge_insights.html.j2",
        found=found,
        lead=await desk.ports.learning.lead_times(since),
        marks=await desk.ports.learning.marked_wrong(since, visitor.person, desk.ports.now()),
        unused=found.unused[:_UNUSED],
        days=days,
        choices=DAYS,
    )


async def undo_mark(request: Request, mark: str, visitor: Annotated[Visitor, _MAKERS]) -> Response:
    """A mark of an agent counts no more."""
    ports = desk_of(request).ports
    await ports.learning.undo(mark, by=visitor.person, at=ports.now())
    return RedirectResponse("/knowledge/editing/insights", 303)


def add_to(app: FastAPI) -> None:
    """Both addresses."""
    app.add_api_route("/knowledge/editing/insights/marks/{mark}/undo", undo_mark, methods=["POST"])
    app.add_api_route("/knowledge/editing/insights", insights_page, methods=["GET"])
