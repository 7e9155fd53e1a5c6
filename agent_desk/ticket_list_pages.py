"""工单: the list, by what must be done next, and the views people keep of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import FastAPI, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk import shield
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.shield import may_read_confidential, needs, unit_alone
from agent_desk.ticket_list_query import CHANNELS, VIEWS, Chosen, chosen_of, query_of
from agent_desk.ticket_list_views import bulk_acts
from agent_desk.views import Person
from hotline.errors import BadInput
from hotline.handling_words import Stage
from hotline.words import Role, TicketType

_READERS = needs(*shield.TICKETS)
_NAME_LONGEST: Final = 20

NEXT: Final[Mapping[Role, tuple[Stage, ...]]] = {
    Role.OFFICER: (Stage.DISPATCHED, Stage.HANDLING),
    Role.SUPERVISOR: (
        Stage.REGISTERED,
        Stage.TO_DISPATCH,
        Stage.RETURN_ASKED,
        Stage.EXTENSION_ASKED,
        Stage.CLOSE_ASKED,
    ),
    Role.MANAGER: (Stage.DISPUTED, Stage.SHELVED),
    Role.AGENT: (Stage.CLOSED,),
}
"""What waits for whom: the stages in which a role must act next."""


async def list_page(
    request: Request,
    visitor: Annotated[Visitor, _READERS],
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Fifty at a time: 待定期限 first, then by time left, what is over last. What is no condition
    counts as none. Without any, the view that this person opens first."""
    desk = desk_of(request)
    kept = await desk.ports.views.of(visitor.person.id)
    first = next((one for one in kept if one.first), None)
    if first is not None and not request.query_params:
        return RedirectResponse(f"/tickets?{first.query}", 303)
    return await page_of_list(request, visitor, dict(request.query_params), page)


async def page_of_list(
    request: Request,
    visitor: Visitor,
    asked: Mapping[str, str],
    page: int = 1,
    *,
    told: str = "",
    status: int = 200,
) -> Response:
    """The list; ``told`` is what could not be done."""
    desk, person = desk_of(request), visitor.person
    chosen = chosen_of(asked, person)
    found = await desk.ports.tickets.page(query_of(chosen, person, page), desk.ports.now())
    return desk.pages.render(
        request,
        "tickets.html.j2",
        status=status,
        told=told,
        found=found,
        chosen=chosen,
        page=page,
        last=max(math.ceil(found.total / 50), 1),
        first_row=(page - 1) * 50 + 1,
        views=_views_of(person),
        kept=await desk.ports.views.of(person.id),
        asked_for=_asked(chosen),
        stages=_stages_of(person),
        types=tuple(TicketType),
        statuses=await desk.ports.tickets.statuses(),
        units=() if unit_alone(person) else await desk.ports.tickets.units(),
        categories=await desk.ports.tickets.categories(),
        channels=CHANNELS,
        acts=bulk_acts(person),
        readable=lambda row: _readable(row.confidential, row.by, person),
    )


def _readable(confidential: bool, by: object, person: Person) -> bool:
    return not confidential or may_read_confidential(person, by)  # type: ignore[arg-type]  # a row's own user


def _views_of(person: Person) -> dict[str, str]:
    mine = Role.AGENT in person.roles or Role.SUPERVISOR in person.roles
    return {view: name for view, name in VIEWS.items() if view != "mine" or mine}


def _stages_of(person: Person) -> list[Stage]:
    return list(dict.fromkeys(one for role in NEXT if role in person.roles for one in NEXT[role]))


def _asked(chosen: Chosen) -> str:
    return chosen.address().partition("?")[2]


# --------------------------------------------------------------------------------- kept views


async def keep_view(
    request: Request,
    visitor: Annotated[Visitor, _READERS],
    name: Annotated[str, Form(max_length=200)] = "",
    query: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Keep the conditions on screen under a name."""
    asked = dict(parse_qsl(query))
    chosen = chosen_of(asked, visitor.person)
    try:
        if not chosen.kept:
            raise BadInput("query", "先选好条件，再保存为视图")
        await desk_of(request).ports.views.keep(visitor.person.id, _named(name), _asked(chosen))
    except BadInput as refusal:
        return await page_of_list(request, visitor, asked, told=refusal.why, status=422)
    return RedirectResponse(chosen.address(), 303)


async def change_view(
    request: Request,
    id_: str,
    visitor: Annotated[Visitor, _READERS],
    do: Annotated[str, Form(max_length=20)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Rename, delete, open first or no longer. Another's view is none."""
    views, owner = desk_of(request).ports.views, visitor.person.id
    try:
        match do:
            case "rename":
                await views.rename(owner, id_, _named(name))
            case "delete":
                await views.delete(owner, id_)
            case "first" | "not-first":
                await views.open_first(owner, id_, first=do == "first")
            case _:
                raise BadInput("do", "没有这一步，请刷新页面")
    except BadInput as refusal:
        return await page_of_list(request, visitor, {}, told=refusal.why, status=422)
    return RedirectResponse("/tickets?view=all", 303)


def _named(name: str) -> str:
    named = " ".join(name.split())
    if not named:
        raise BadInput("name", "请给视图起个名字")
    if len(named) > _NAME_LONGEST:
        raise BadInput("name", f"视图名有{len(named)}字，最多{_NAME_LONGEST}字，请缩短")
    return named


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/tickets", list_page, methods=["GET"])
    app.add_api_route("/tickets/views", keep_view, methods=["POST"])
    app.add_api_route("/tickets/views/{id_}", change_view, methods=["POST"])
