"""知识库 for reading: search by hand, categories, one article as it is and as it was.

Making and reviewing articles is elsewhere; what a person may do to an article besides reading is
drawn by ``knowledge_actions.html.j2``, where that is there.
"""

from __future__ import annotations

import datetime as dt
import math
import secrets
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk import shield
from agent_desk.desk import Desk, desk_of
from agent_desk.knowledge_asked import KnowledgeAsked, asked
from agent_desk.knowledge_desk_search import note_asked
from agent_desk.knowledge_editing_views import Todo
from agent_desk.knowledge_reading_compare import compared
from agent_desk.knowledge_reading_views import (
    FOUND_PAGE,
    SHELF_PAGE,
    Hits,
    NotSearching,
    Shelf,
    lit,
)
from agent_desk.knowledge_titles import titles_of
from agent_desk.knowledge_views import ArticleFull, reader_of
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.views import Person
from hotline.errors import BadInput, NoSuch
from hotline.knowledge import (
    MAKERS,
    STANDING_NAMES,
    Reach,
    Standing,
    Version,
    begun,
    expired,
    may_see,
)
from hotline.knowledge_clock import CORRECTION_NAMES, expiring
from hotline.knowledge_rules import ACT_NAMES
from hotline.words import Role

_READERS = needs(*shield.EVERYBODY)
_WORDS = Annotated[str, Query(max_length=400)]
_NUMBER = Annotated[int, Query(ge=0, le=99_999)]
VALIDITY_NAMES = {"soon": "即将到期", "over": "已过期", "early": "尚未公布"}
Stance = Literal["now", "older", "over", "early", "withdrawn", "unpublished", "inner"]
STANCES: dict[Stance, str] = {
    "now": "现行",
    "older": "旧的一版",
    "over": "已过期",
    "early": "尚未公布",
    "withdrawn": "已召回",
    "unpublished": "没有发布",
    "inner": "不作答复",
}
_TOLD = {
    "report": "已报错，编辑核查后会补正。谢谢。",
}


async def knowledge_page(
    request: Request, visitor: Annotated[Visitor, _READERS], told: str = ""
) -> Response:
    """Search where words are given, else what there is by category."""
    desk, now = desk_of(request), desk_of(request).ports.now()
    chosen = asked(request.query_params)
    reading, by = desk.ports.knowledge_reading, visitor.person
    hits: Hits | None = None
    trouble = ""
    if chosen.words:
        try:
            hits = await reading.seek(chosen.words, chosen.narrowed, by, now, page=chosen.page)
        except NotSearching as refused:
            trouble = str(refused)
    if hits is not None and chosen.page == 1 and not chosen.narrow:
        await note_asked(desk, chosen.words, found=bool(hits.hits), by=by)
    page = 1 if chosen.words else chosen.page
    shelf = await reading.shelf(chosen.narrowed, by, now, validity=chosen.view, page=page)
    return desk.pages.render(
        request,
        "knowledge.html.j2",
        status=503 if trouble else 200,
        chosen=chosen,
        hits=hits,
        shelf=shelf,
        trouble=trouble,
        told=_TOLD.get(told, ""),
        last=_last(hits, shelf, chosen),
        first_row=(chosen.page - 1) * (FOUND_PAGE if chosen.words else SHELF_PAGE) + 1,
        reaches=tuple(Reach),
        validities=VALIDITY_NAMES,
        lit=lit,
        edits=_edits(visitor),
        waits=await _todo(desk, by) if chosen.bare else None,
    )


def _last(hits: Hits | None, shelf: Shelf, chosen: KnowledgeAsked) -> int:
    if chosen.words:
        return max(math.ceil((hits.total if hits else 0) / FOUND_PAGE), 1)
    return max(math.ceil(shelf.total / SHELF_PAGE), 1)


async def _todo(desk: Desk, by: Person) -> Todo | None:
    """What waits for this person, of those who write articles."""
    if not by.roles & {*MAKERS, Role.OFFICER}:
        return None
    return await desk.ports.knowledge_editing.todo(by, desk.ports.now())


def _edits(visitor: Visitor) -> bool:
    """Whether the pages for writing articles are this person's as well."""
    return bool(visitor.person.roles & MAKERS)


async def article_page(
    request: Request,
    article: str,
    visitor: Annotated[Visitor, _READERS],
    v: _NUMBER = 0,
    q: _WORDS = "",
    told: str = "",
) -> Response:
    """One version: ``v``, else the one in force, else the newest this person may see."""
    desk = desk_of(request)
    full = await desk.ports.knowledge.one(article, visitor.person, desk.ports.now())
    version = chosen_version(full, v)
    if q.strip() and v == 0:
        await desk.ports.knowledge_work.used(article, "shown", desk.ports.now())
    return await _article(request, visitor, full, version, q=q, told=_TOLD.get(told, ""))


async def _article(
    request: Request,
    visitor: Visitor,
    full: ArticleFull,
    version: Version,
    *,
    q: str = "",
    told: str = "",
    wrong: str = "",
    typed: str = "",
) -> Response:
    desk, now = desk_of(request), desk_of(request).ports.now()
    reading = desk.ports.knowledge_reading
    return desk.pages.render(
        request,
        "knowledge_article.html.j2",
        status=422 if wrong else 200,
        full=full,
        version=version,
        content=version.content,
        back=asked({"q": q}),
        related=await reading.cards(version.content.related, visitor.person, now),
        stance=stance_of(full, version, visitor.person, now),
        stances=STANCES,
        days_left=expiring(version, now),
        owner=await _owner(desk, version),
        standings=STANDING_NAMES,
        corrections=CORRECTION_NAMES,
        act_names=ACT_NAMES,
        told=told,
        wrong=wrong,
        typed=typed,
        key=secrets.token_hex(8),
    )


def stance_of(full: ArticleFull, version: Version, by: Person, at: dt.datetime) -> Stance:
    """What may be done with a version now, for the one line that says so."""
    standing, content = version.standing, version.content
    if standing is Standing.WITHDRAWN:
        return "withdrawn"
    if standing is not Standing.PUBLISHED:
        return "unpublished"
    if full.in_force is not None and version.number < full.in_force:
        return "older"
    if expired(content, at):
        return "over"
    if not begun(content, at):
        return "early"
    # 内部 is not for this person's answers, though they may look at it.
    return "now" if may_see(version, reader_of(by), at) else "inner"


def chosen_version(full: ArticleFull, number: int) -> Version:
    """The version of this number among those this person may see; 0: the one in force, else the
    newest. Raises NoSuch."""
    wanted = number or full.in_force or full.latest.number
    for one in full.versions:
        if one.number == wanted:
            return one
    raise NoSuch("知识版本", f"{full.id} 第{number}版")


def earlier(full: ArticleFull, version: Version) -> Version | None:
    """The version before this one, of those this person may see."""
    before = [one for one in full.versions if one.number < version.number]
    return before[-1] if before else None


async def _owner(desk: Desk, version: Version) -> str:
    if version.owner is None:
        return "热线"
    units = await desk.ports.tickets.units()
    return next((one.name for one in units if one.id == version.owner), str(version.owner))


async def compare_page(
    request: Request,
    article: str,
    visitor: Annotated[Visitor, _READERS],
    old: _NUMBER = 0,
    new: _NUMBER = 0,
) -> Response:
    """What changed from one version to another, field by field."""
    desk = desk_of(request)
    by = visitor.person
    full = await desk.ports.knowledge.one(article, by, desk.ports.now())
    later = chosen_version(full, new)
    before = chosen_version(full, old) if old else earlier(full, later)
    if before is None:
        return RedirectResponse(f"/knowledge/{article}?v={later.number}", 303)
    return desk.pages.render(
        request,
        "knowledge_compare.html.j2",
        full=full,
        before=before,
        later=later,
        comparison=compared(
            before.content,
            later.content,
            await titles_of(desk, (*before.content.related, *later.content.related), by),
        ),
        standings=STANDING_NAMES,
    )


async def report_mistake(
    request: Request,
    article: str,
    visitor: Annotated[Visitor, _READERS],
    number: Annotated[int, Form(ge=1, le=99_999)],
    key: Annotated[str, Form(min_length=8, max_length=64)],
    what: Annotated[str, Form()] = "",
) -> Response:
    """报错: it becomes a correction for the editors to check; what was typed comes back refused."""
    ports = desk_of(request).ports
    try:
        await ports.knowledge_work.report(
            article, number, what, by=visitor.person, key=key, at=ports.now()
        )
    except BadInput as refused:
        full = await ports.knowledge.one(article, visitor.person, ports.now())
        version = chosen_version(full, number)
        return await _article(
            request, visitor, full, version, wrong=str(refused), typed=what[:4000]
        )
    told = urlencode({"v": number, "told": "report"})
    return RedirectResponse(f"/knowledge/{article}?{told}", 303)


def add_to(app: FastAPI) -> None:
    """Every address of this module. ``/knowledge/{article}`` would answer for what another module
    has below ``/knowledge``: that one goes first."""
    app.add_api_route("/knowledge", knowledge_page, methods=["GET"])
    app.add_api_route("/knowledge/{article}", article_page, methods=["GET"])
    app.add_api_route("/knowledge/{article}/compare", compare_page, methods=["GET"])
    app.add_api_route("/knowledge/{article}/report", report_mistake, methods=["POST"])
