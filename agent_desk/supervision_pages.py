"""督办: the matters, one of them with its papers and timeline; 待审: what waits for a decision."""

from __future__ import annotations

import math
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from agent_desk import shield
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.shield import needs, unit_alone
from hotline.errors import BadInput, ImpossibleMove, NotAllowed, Objected
from hotline.supervision import State, Step
from hotline.words import Role

_READERS = needs(*shield.SUPERVISION)
_DOERS = needs(*shield.SUPERVISION_ACTS)
_DECIDERS = needs(*shield.DECISIONS)
_OURS: Final = frozenset({"csrf", "step", "version"})
STATES: Final = tuple(one.value for one in State)
_LONGEST_VERSION: Final = 9


async def list_page(
    request: Request,
    visitor: Annotated[Visitor, _READERS],
    state: str = "",
    level: Annotated[int, Query(ge=-1, le=9)] = -1,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Fifty at a time, those that wait first. A filter that is not one counts as none."""
    desk = desk_of(request)
    state = state if state in STATES else ""
    chosen = None if level < 0 else level
    found = await desk.ports.supervision.page(
        visitor.person, desk.ports.now(), state=state, level=chosen, number=page
    )

    def address(**changed: object) -> str:
        kept = {"state": state, "level": level, "page": 1} | changed
        kept = {k: v for k, v in kept.items() if v != "" and (k, v) not in _USUAL}
        return "/supervision" + (f"?{urlencode(kept)}" if kept else "")

    return desk.pages.render(
        request,
        "supervision.html.j2",
        found=found,
        state=state,
        states=STATES,
        level=level,
        page=page,
        last=max(math.ceil(found.total / found.size), 1),
        address=address,
        may_raise=bool(visitor.person.roles & set(shield.DECISIONS)),
        own=unit_alone(visitor.person),
    )


_USUAL: Final = frozenset({("level", -1), ("page", 1)})


async def matter_page(
    request: Request, matter: int, visitor: Annotated[Visitor, _READERS]
) -> Response:
    """One matter: why, its proof, what was done, what can be done, its papers."""
    return await _matter(request, matter, visitor)


async def _matter(
    request: Request,
    matter: int,
    visitor: Visitor,
    *,
    told: str = "",
    key: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    desk = desk_of(request)
    found = await desk.ports.supervision.one(matter, visitor.person, desk.ports.now())
    acts = bool(visitor.person.roles & set(shield.SUPERVISION_ACTS))
    return desk.pages.render(
        request,
        "supervision_matter.html.j2",
        status=status,
        found=found,
        forms=found.forms if acts else (),
        told=told,
        key=key,
        typed=typed or {},
        issue=Step.ISSUE.value,
    )


async def take_step(request: Request, matter: int, visitor: Annotated[Visitor, _DOERS]) -> Response:
    """Done: back to the matter. Not possible: the page again with the sentence that says why, and
    what was typed still in its form."""
    desk = desk_of(request)
    form = await request.form()
    step, typed = _text(form, "step"), _typed(form)
    try:
        await desk.ports.supervision.step(
            matter,
            step,
            typed,
            who=visitor.person,
            version=_version(form),
            at=desk.ports.now(),
        )
    except (BadInput, ImpossibleMove, NotAllowed, Objected) as refusal:
        key = typed.get("form") or step
        return await _matter(
            request, matter, visitor, told=str(refusal), key=key, typed=typed, status=422
        )
    return RedirectResponse(f"/supervision/{matter}#done", 303)


async def raise_page(
    request: Request,
    _: Annotated[Visitor, _DECIDERS],
    ticket: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """What somebody may raise by hand."""
    return await _raising(request, typed={"ticket": ticket})


async def raise_matter(request: Request, visitor: Annotated[Visitor, _DECIDERS]) -> Response:
    """Raise a matter by hand, with the case of the city's list and a reason."""
    desk = desk_of(request)
    typed = _typed(await request.form())
    try:
        made = await desk.ports.supervision.raise_matter(
            typed, who=visitor.person, at=desk.ports.now()
        )
    except BadInput as wrong:
        return await _raising(request, typed=typed, told=str(wrong), status=422)
    return RedirectResponse(f"/supervision/{made}", 303)


async def _raising(
    request: Request, *, typed: dict[str, str], told: str = "", status: int = 200
) -> Response:
    desk = desk_of(request)
    return desk.pages.render(
        request,
        "supervision_raise.html.j2",
        status=status,
        form=await desk.ports.supervision.raising(desk.ports.now()),
        typed=typed,
        told=told,
    )


async def queue_page(
    request: Request,
    visitor: Annotated[Visitor, _DECIDERS],
    waits: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """What waits for this person's decision, the least time left first."""
    desk = desk_of(request)
    found = await desk.ports.supervision.queue(visitor.person, waits=waits, number=page)
    waits = waits if waits in found.counts else ""

    def address(**changed: object) -> str:
        kept = {k: v for k, v in ({"waits": waits} | changed).items() if v not in ("", 1)}
        return "/supervision/queue" + (f"?{urlencode(kept)}" if kept else "")

    return desk.pages.render(
        request,
        "audits.html.j2",
        found=found,
        waits=waits,
        page=page,
        last=max(math.ceil(found.total / found.size), 1),
        address=address,
        office=Role.SUPERVISOR in visitor.person.roles,
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def _typed(form: FormData) -> dict[str, str]:
    return {name: _text(form, name) for name in form if name not in _OURS}


def _version(form: FormData) -> int:
    text = _text(form, "version")
    # A version is small; int() itself refuses what is very long, and not in a sentence.
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_VERSION:
        raise BadInput("version", "页面已经过期，请刷新后再办")
    return int(text)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/supervision", list_page, methods=["GET"])
    app.add_api_route("/supervision/new", raise_page, methods=["GET"])
    app.add_api_route("/supervision/new", raise_matter, methods=["POST"])
    app.add_api_route("/supervision/queue", queue_page, methods=["GET"])
    app.add_api_route("/supervision/{matter}", matter_page, methods=["GET"])
    app.add_api_route("/supervision/{matter}/steps", take_step, methods=["POST"])
