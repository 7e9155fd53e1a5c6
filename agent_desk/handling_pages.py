"""One act on a ticket, from the forms of its page."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from agent_desk import shield
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.ticket_pages import page_of, readable_ticket
from hotline.errors import BadInput, ImpossibleMove, NotAllowed, Objected
from hotline.words import TicketId

_HANDLERS = needs(*shield.HANDLERS)
_OURS: Final = frozenset({"csrf", "act", "version"})
_LONGEST_VERSION: Final = 9


async def act_on_ticket(
    request: Request, number: str, visitor: Annotated[Visitor, _HANDLERS]
) -> Response:
    """Done: back to the ticket. Not possible: the page again, with the sentence that says why and
    what was typed still in its form."""
    desk = desk_of(request)
    now = desk.ports.now()
    form = await request.form()
    await readable_ticket(desk, TicketId(number), visitor.person)
    act, typed = _text(form, "act"), _typed(form)
    try:
        await desk.ports.handlings.act(
            TicketId(number),
            act,
            typed,
            who=visitor.person,
            version=_version(form),
            at=now,
        )
    except (BadInput, ImpossibleMove, NotAllowed, Objected) as refusal:
        return await page_of(
            request, TicketId(number), visitor, told=str(refusal), act=act, typed=typed, status=422
        )
    return RedirectResponse(f"/tickets/{number}#done", 303)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _typed(form: FormData) -> dict[str, list[str]]:
    names = [name for name in form if name not in _OURS]
    return {name: [one for one in form.getlist(name) if isinstance(one, str)] for name in names}


def _version(form: FormData) -> int:
    text = _text(form, "version")
    # A version is small; int() itself refuses what is very long, and not in a sentence.
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_VERSION:
        raise BadInput("version", "页面已经过期，请刷新后再办")
    return int(text)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/tickets/{number}/acts", act_on_ticket, methods=["POST"])
