"""采用 and 不对 on an answer card, and what editors read of it, in JSON."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from agent_desk import shield, wire
from agent_desk.api import own_seat
from agent_desk.desk import desk_of
from agent_desk.learning_views import MarkKind
from agent_desk.login import Visitor
from agent_desk.shield import needs
from hotline.words import CallId, Role

_DESK = needs(*shield.DESK)
_MAKERS = needs(Role.EDITOR, Role.SUPERVISOR)


class MarkBody(BaseModel):
    """What an agent says of a card that stands or stood beside the call; ``kind`` null takes it
    back."""

    model_config = ConfigDict(extra="forbid")

    call: str = Field(min_length=1, max_length=64)
    article: str = Field(min_length=1, max_length=64)
    version: int = Field(ge=1, le=1_000_000)
    kind: MarkKind | None


async def mark(
    request: Request, body: MarkBody, visitor: Annotated[Visitor, _DESK]
) -> JSONResponse:
    """Durable when it is answered."""
    own_seat(visitor)
    ports = desk_of(request).ports
    await ports.learning.mark(
        CallId(body.call),
        body.article,
        body.version,
        body.kind,
        by=visitor.person,
        at=ports.now(),
    )
    return JSONResponse({"kind": body.kind})


async def marks(
    request: Request, visitor: Annotated[Visitor, _MAKERS], since: Annotated[dt.date, Query()]
) -> JSONResponse:
    """What agents marked wrong since a day, and what each mark does to the ranking."""
    ports = desk_of(request).ports
    rows = await ports.learning.marked_wrong(since, visitor.person, ports.now())
    return JSONResponse({"rows": wire.plain(rows)})


async def undo(request: Request, mark: str, visitor: Annotated[Visitor, _MAKERS]) -> JSONResponse:
    """It counts no more."""
    ports = desk_of(request).ports
    await ports.learning.undo(mark, by=visitor.person, at=ports.now())
    return JSONResponse({"undone": True})


async def lead_times(
    request: Request, _: Annotated[Visitor, _MAKERS], since: Annotated[dt.date, Query()]
) -> JSONResponse:
    """提前量 since a day."""
    found = await desk_of(request).ports.learning.lead_times(since)
    return JSONResponse(wire.plain(found))


def add_to(app: FastAPI) -> None:
    """Every address."""
    app.add_api_route("/api/answers/mark", mark, methods=["POST"])
    app.add_api_route("/api/knowledge/marks", marks)
    app.add_api_route("/api/knowledge/marks/{mark}/undo", undo, methods=["POST"])
    app.add_api_route("/api/knowledge/lead-times", lead_times)
