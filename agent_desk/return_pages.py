"""回拨: whom to call back, and the two things a person can do about it."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from agent_desk import return_views as views
from agent_desk import shield, wire
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.masks import masked_number
from agent_desk.shield import needs
from hotline.words import ReturnCallId

_DESK = needs(*shield.DESK)
_ON_THE_DESK = 4
"""How many of the open ones stand in 我的待办."""


class DismissBody(BaseModel):
    """Why nobody is called back: a code of the list."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=32)


async def list_page(
    request: Request,
    visitor: Annotated[Visitor, _DESK],
    which: views.ReturnList = "open",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Fifty at a time; emergencies that reached nobody stand first."""
    desk = desk_of(request)
    found = await desk.ports.return_calls.page(which, page)
    return desk.pages.render(
        request,
        "return_calls.html.j2",
        found=found,
        which=which,
        page=page,
        last=max(math.ceil(found.total / found.size), 1),
        first_row=(page - 1) * found.size + 1,
        lists=views.LIST_NAMES,
        closing=views.REASONS,
        results=views.RESULTS,
        places=views.PLACES,
        dismissals=views.DISMISSALS,
        has_seat=visitor.person.agent is not None,
    )


async def first_ones(request: Request, _: Annotated[Visitor, _DESK]) -> JSONResponse:
    """The first of the open ones, for 我的待办. Numbers masked."""
    found = await desk_of(request).ports.return_calls.page("open", 1, _ON_THE_DESK)
    rows = [
        {
            "id": row.id,
            "caller": masked_number(row.caller),
            "urgent": row.urgent,
            "losses": row.losses,
            "lost_at": wire.plain(row.lost_at),
            "about": _about(row),
            "dialling": row.state == "dialling",
        }
        for row in found.rows
    ]
    return JSONResponse({"rows": rows, "open": found.counts.open})


def _about(row: views.ReturnRow) -> str:
    """``排队中没有接到，回拨 2 次：占线``; for a recall what is to be put right."""
    times = f"，回拨 {row.tries} 次：{views.RESULTS.get(row.result, '')}" if row.result else ""
    if row.about:
        return f"答复有误，需更正：{row.about}{times}"
    return f"{views.PLACES.get(row.place, '')}没有接到{times}"


async def dial(request: Request, task: str, visitor: Annotated[Visitor, _DESK]) -> JSONResponse:
    """Call back now: 202, the seat's own telephone rings next."""
    await desk_of(request).ports.return_calls.dial(ReturnCallId(task), visitor.person)
    return JSONResponse({"said": "正在呼叫您的电话，接起后即拨打来电人"}, 202)


async def dismiss(
    request: Request, task: str, body: DismissBody, visitor: Annotated[Visitor, _DESK]
) -> JSONResponse:
    """Nobody is called back, for a reason."""
    await desk_of(request).ports.return_calls.dismiss(
        ReturnCallId(task), body.reason, visitor.person
    )
    return JSONResponse({"said": "已改为无需回拨"})


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/return-calls", list_page, methods=["GET"])
    app.add_api_route("/api/return-calls", first_ones, methods=["GET"])
    app.add_api_route("/api/return-calls/{task}/dial", dial, methods=["POST"])
    app.add_api_route("/api/return-calls/{task}/dismiss", dismiss, methods=["POST"])
