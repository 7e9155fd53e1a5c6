"""知识库，召回: whom a wrong version was told, and the calls back that put it right."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk.desk import desk_of
from agent_desk.knowledge_editing_queue import last_page
from agent_desk.login import Visitor
from agent_desk.notice_pages import MAKERS
from agent_desk.shield import needs
from hotline.errors import BadInput, NoSuch
from hotline.knowledge import STANDING_NAMES
from hotline.words import CallId

_MAKERS = needs(*MAKERS)
_MOST: Final = 2000


async def recalls_page(
    request: Request,
    visitor: Annotated[Visitor, _MAKERS],
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Every recall and how far it has come."""
    desk = desk_of(request)
    rows, total = await desk.ports.knowledge_editing.recalls(visitor.person, page=page)
    return desk.pages.render(
        request,
        "knowledge_review_recalls.html.j2",
        rows=rows,
        total=total,
        page=page,
        last=last_page(total, 50),
    )


async def recall_page(
    request: Request,
    article: str,
    number: int,
    visitor: Annotated[Visitor, _MAKERS],
    made: Annotated[int, Query(ge=-1, le=_MOST)] = -1,
) -> Response:
    """The calls and tickets that used a version, before anybody is called back."""
    return await _recall(request, article, number, visitor, made=made)


async def _recall(
    request: Request,
    article: str,
    number: int,
    visitor: Visitor,
    *,
    made: int = -1,
    told: str = "",
    status: int = 200,
) -> Response:
    desk = desk_of(request)
    full = await desk.ports.knowledge.one(article, visitor.person, desk.ports.now())
    version = next((one for one in full.versions if one.number == number), None)
    if version is None:
        raise NoSuch("知识版本", f"{article} 第{number}版")
    calls = await desk.ports.knowledge_work.told(article, number, visitor.person)
    return desk.pages.render(
        request,
        "knowledge_review_recall.html.j2",
        status=status,
        full=full,
        version=version,
        calls=calls,
        free=[one for one in calls if one.dialable and not one.recalled],
        adopted=len({ticket for one in calls for ticket in one.adopted}),
        tasks=sum(one.will == "task" for one in calls),
        made=made,
        told=told,
        standing_names=STANDING_NAMES,
    )


async def recall(
    request: Request, article: str, number: int, visitor: Annotated[Visitor, _MAKERS]
) -> Response:
    """Tasks for the calls that were chosen, each once."""
    desk = desk_of(request)
    form = await request.form()
    chosen = [CallId(str(one)) for one in form.getlist("call")][:_MOST]
    if not chosen:
        return await _recall(request, article, number, visitor, told="请至少选一通电话", status=422)
    try:
        made = await desk.ports.knowledge_work.recall(
            article, number, chosen, visitor.person, desk.ports.now()
        )
    except BadInput as wrong:
        return await _recall(request, article, number, visitor, told=str(wrong), status=422)
    return RedirectResponse(f"/knowledge/editing/{article}/recall/{number}?made={made}", 303)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    one = "/knowledge/editing/{article}/recall/{number}"
    app.add_api_route("/knowledge/editing/recalls", recalls_page, methods=["GET"])
    app.add_api_route(one, recall_page, methods=["GET"])
    app.add_api_route(one, recall, methods=["POST"])
