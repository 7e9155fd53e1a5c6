"""The one address for units that keep their own knowledge base (河北 第十条（四）): no person, no
log-in, a token of the unit. See docs/knowledge.md."""

from __future__ import annotations

import re

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from agent_desk.desk import desk_of
from agent_desk.shield import ENTRIES
from hotline.errors import NotAllowed


class EntryBody(BaseModel):
    """``external`` is the entry's id at the unit; ``entry`` its fields, as docs/knowledge.md
    names them."""

    model_config = ConfigDict(extra="forbid")

    external: str = Field(min_length=1, max_length=128)
    entry: dict[str, object]


async def bring(request: Request, body: EntryBody) -> JSONResponse:
    """Take one entry: 201 where it is new or changed and waits for review, 200 where it was sent
    before."""
    ports = desk_of(request).ports
    token = re.fullmatch(r"Bearer ([!-~]{16,200})", request.headers.get("authorization", ""))
    if token is None:
        raise NotAllowed("没有令牌的来源", "报送知识")
    taken = await ports.knowledge_door.take(token[1], body.external, body.entry, ports.now())
    answer = {"article": taken.article, "version": taken.number, "change": taken.change}
    return JSONResponse(answer, 200 if taken.change == "same" else 201)


def add_to(app: FastAPI) -> None:
    """The one address."""
    app.add_api_route(ENTRIES, bring, methods=["POST"])
