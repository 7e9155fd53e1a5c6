"""批量办理: choose rows, see what will happen to each, confirm, see what became of each."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from agent_desk import shield
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.ticket_list_pages import page_of_list
from agent_desk.ticket_list_query import chosen_of
from agent_desk.ticket_list_views import BulkItem
from agent_desk.ticket_pages import readable_ticket
from hotline.errors import BadInput, NoSuch
from hotline.words import TicketId

_BULK = needs(*shield.BULK)
_LONGEST = 64


async def preview(request: Request, visitor: Annotated[Visitor, _BULK]) -> Response:
    """What will happen to each chosen ticket, or why not. Nothing is done yet."""
    desk, form = desk_of(request), await request.form()
    back = _text(form, "back")
    act = _text(form, "act")
    numbers = [TicketId(one[:_LONGEST]) for one in form.getlist("tickets") if isinstance(one, str)]
    try:
        seen = await desk.ports.bulk.preview(numbers, act, visitor.person, desk.ports.now())
    except BadInput as refusal:
        asked = dict(parse_qsl(back))
        return await page_of_list(request, visitor, asked, told=refusal.why, status=422)
    return desk.pages.render(
        request, "bulk.html.j2", seen=seen, back=_back(back, visitor), told="", results=None
    )


async def confirm(request: Request, visitor: Annotated[Visitor, _BULK]) -> Response:
    """Do it to each at the version that was shown. Sent again, nothing is done twice."""
    desk, form = desk_of(request), await request.form()
    act, back, now = _text(form, "act"), _text(form, "back"), desk.ports.now()
    items = [found for found in map(_item, form.getlist("item")) if found is not None]
    typed = {"note": [_text(form, "note")]}
    try:
        for item in items:
            await _may_see(request, item.number, visitor)
        results = await desk.ports.bulk.do(items, act, typed, visitor.person, now)
    except BadInput as refusal:
        numbers = [item.number for item in items]
        seen = await desk.ports.bulk.preview(numbers, act, visitor.person, now)
        return desk.pages.render(
            request,
            "bulk.html.j2",
            status=422,
            seen=seen,
            back=_back(back, visitor),
            told=refusal.why,
            results=None,
        )
    return desk.pages.render(
        request,
        "bulk.html.j2",
        seen=None,
        act=act,
        back=_back(back, visitor),
        told="",
        results=results,
    )


async def _may_see(request: Request, number: TicketId, visitor: Visitor) -> None:
    """Raises NotAllowed. One that is gone meanwhile is told in its row."""
    try:
        await readable_ticket(desk_of(request), number, visitor.person)
    except NoSuch:
        return


def _item(raw: object) -> BulkItem | None:
    """``number|version|unit`` of a form's row; None for anything else."""
    parts = raw.split("|") if isinstance(raw, str) else []
    if len(parts) != 3 or not parts[1].isascii() or not parts[1].isdigit() or len(parts[1]) > 9:
        return None
    return BulkItem(number=TicketId(parts[0][:_LONGEST]), version=int(parts[1]), unit=parts[2])


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _back(back: str, visitor: Visitor) -> str:
    """The list that was left: its own conditions and no other address."""
    return chosen_of(dict(parse_qsl(back)), visitor.person).address()


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/tickets/bulk", preview, methods=["POST"])
    app.add_api_route("/tickets/bulk/do", confirm, methods=["POST"])
