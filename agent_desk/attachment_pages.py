"""附件: a file put to a ticket, taken away, withdrawn."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.datastructures import UploadFile

from agent_desk import shield
from agent_desk.access_pages import seen_by
from agent_desk.access_views import Seen
from agent_desk.attachment_shown import HERE
from agent_desk.desk import Desk, desk_of
from agent_desk.errors import NotScanned
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.ticket_pages import page_of
from agent_desk.views import Person
from hotline.errors import BadInput, HotlineError, NoSuch, NotAllowed
from hotline.words import TicketId

_READERS = needs(*shield.TICKETS)
_HANDLERS = needs(*shield.HANDLERS)
_LONGEST_NAME: Final = 1000
_FULL: Final = 507
"""Insufficient Storage (RFC 4918 11.5): what a disk that takes no more is."""
_AWAY: Final = 503


async def put_file(
    request: Request, number: str, visitor: Annotated[Visitor, _HANDLERS]
) -> Response:
    """Kept: back to the list of files. Refused: the page again with the sentence at the form."""
    desk = desk_of(request)
    form = await request.form()
    purpose, chosen = form.get("purpose"), form.get("file")
    try:
        await _may_act(desk, number, visitor.person)
        if not isinstance(chosen, UploadFile) or not chosen.filename:
            raise BadInput("file", "请先选择一个文件")
        await desk.ports.attachments.put(
            TicketId(number),
            chosen.file,
            chosen.filename[-_LONGEST_NAME:],
            purpose if isinstance(purpose, str) else "",
            by=visitor.person,
            at=desk.ports.now(),
        )
    except (NoSuch, NotAllowed):
        raise
    except HotlineError as refused:
        return await page_of(
            request,
            TicketId(number),
            visitor,
            told=str(refused),
            act=HERE,
            status=_status(refused),
        )
    finally:
        await form.close()
    return RedirectResponse(f"/tickets/{number}#files", 303)


def _status(refused: HotlineError) -> int:
    if isinstance(refused, BadInput):
        return 422
    return _AWAY if isinstance(refused, NotScanned) else _FULL


async def get_file(
    request: Request, number: str, file: str, visitor: Annotated[Visitor, _READERS]
) -> Response:
    """The file, to be saved and never to be shown by the browser; whoever takes it is written
    down."""
    desk = desk_of(request)
    await _may_read(desk, number, visitor.person)
    given = await desk.ports.attachments.give(TicketId(number), file, by=visitor.person)
    headers = {
        "content-disposition": f"attachment; filename*=utf-8''{quote(given.name, safe='')}",
        "content-length": str(given.size),
    }
    return StreamingResponse(given.blocks, media_type=given.media, headers=headers)


async def withdraw_file(
    request: Request,
    number: str,
    file: str,
    visitor: Annotated[Visitor, _HANDLERS],
    why: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Withdrawn, with the reason; the line stays."""
    desk = desk_of(request)
    try:
        await _may_act(desk, number, visitor.person)
        await desk.ports.attachments.withdraw(TicketId(number), file, why, by=visitor.person)
    except BadInput as refused:
        return await page_of(
            request, TicketId(number), visitor, told=str(refused), act=HERE, status=422
        )
    return RedirectResponse(f"/tickets/{number}#files", 303)


async def _may_read(desk: Desk, number: str, person: Person) -> Seen:
    found = await seen_by(desk, TicketId(number), person)
    if not found.readable:
        raise NotAllowed(shield.roles_in_words(person), "看这件保密工单的附件")
    return found


async def _may_act(desk: Desk, number: str, person: Person) -> None:
    found = await _may_read(desk, number, person)
    if not found.may_act:
        raise NotAllowed(shield.roles_in_words(person), "在这件工单上传或撤下附件")


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/tickets/{number}/files", put_file, methods=["POST"])
    app.add_api_route("/tickets/{number}/files/{file}", get_file, methods=["GET"])
    app.add_api_route("/tickets/{number}/files/{file}/withdraw", withdraw_file, methods=["POST"])
