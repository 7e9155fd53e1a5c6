"""知识库，编写: one article in its form, its preview as agents and citizens would see it, and what
happens when somebody else saved meanwhile; the acts of its life."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from agent_desk import (
    knowledge_editing_calls,
    knowledge_editing_desk,
    knowledge_editing_kept,
    knowledge_editing_queue,
    knowledge_insights,
)
from agent_desk.desk import desk_of
from agent_desk.knowledge_editing_form import (
    FIELD_NAMES,
    Difference,
    Read,
    Typed,
    differences,
    read,
    typed_from,
    typed_of,
)
from agent_desk.knowledge_editing_views import Tried
from agent_desk.knowledge_titles import titles_of
from agent_desk.knowledge_views import ArticleFull, ArticleQuery
from agent_desk.login import Visitor
from agent_desk.notice_pages import MAKERS, NOTIFIERS
from agent_desk.shield import needs
from hotline.errors import BadInput, HotlineError, NoSuch
from hotline.knowledge import STANDING_NAMES, Content, Standing
from hotline.knowledge_rules import ACT_NAMES, KnowledgeAct, Lack

WRITERS: Final = NOTIFIERS
_WRITERS = needs(*WRITERS)
_NEW: Final = "/knowledge/editing/new"
_NO_ROWS: Final = ArticleQuery(size=1)
"""Asked for the categories that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The form as it is shown. ``full`` None: an article that is not kept yet."""

    id: str
    typed: Typed
    expected: int
    full: ArticleFull | None = None
    problems: tuple[Lack, ...] = ()
    checked: bool = False
    told: str = ""
    said: str = ""
    theirs: tuple[Difference, ...] | None = None
    """Somebody saved meanwhile: mine and theirs where they differ."""
    question: str = ""
    tried: Tried | None = None


async def new_page(
    request: Request,
    _: Annotated[Visitor, _WRITERS],
    question: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """An empty form, or one begun from a question that found nothing."""
    asked = question.strip()
    sheet = Sheet(
        id=f"kb-{uuid.uuid4().hex[:12]}", typed=Typed(title=asked, asked=asked), expected=0
    )
    return await _show(request, sheet)


async def edit_page(
    request: Request,
    article: str,
    visitor: Annotated[Visitor, _WRITERS],
    said: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The newest version in its form."""
    desk = desk_of(request)
    full = await desk.ports.knowledge.one(article, visitor.person, desk.ports.now())
    told = {"saved": "草稿已保存", "discarded": "草稿已作废"}.get(said, "")
    sheet = Sheet(
        id=article,
        typed=typed_from(full.latest.content),
        expected=full.expected,
        full=full,
        problems=full.lacks,
        said=told,
    )
    return await _show(request, sheet)


async def preview(request: Request, _: Annotated[Visitor, _WRITERS]) -> Response:
    """What stands in the form as agents and citizens would see it; nothing is kept."""
    found = read(typed_of(await request.form()))
    return desk_of(request).pages.render(
        request, "knowledge_edit_preview.html.j2", **await _previewed(request, found.content)
    )


async def save_new(request: Request, visitor: Annotated[Visitor, _WRITERS]) -> Response:
    """Keep a new article, or look at it first."""
    form = await request.form()
    id_ = str(form.get("id") or "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id_):
        raise BadInput("id", "页面已经过期，请重新打开“写一篇”")
    return await _done(request, visitor, form, id_)


async def save(request: Request, article: str, visitor: Annotated[Visitor, _WRITERS]) -> Response:
    """Keep the next draft of an article, or look at it first."""
    return await _done(request, visitor, await request.form(), article)


async def _done(request: Request, visitor: Visitor, form: FormData, id_: str) -> Response:
    desk, typed = desk_of(request), typed_of(form)
    found, do = read(typed), str(form.get("do") or "save")
    question = str(form.get("question") or "").strip()[:200]
    full = await _kept(request, visitor, id_)
    sheet = Sheet(
        id=id_,
        typed=typed,
        expected=_expected(form),
        full=full,
        problems=found.problems,
        checked=True,
        question=question,
    )
    if do == "preview":
        return await _show(request, sheet)
    if do == "try":
        if not question:
            return await _show(request, replace(sheet, told="请写一句市民会怎样问"), 422)
        now = desk.ports.now()
        tried = await desk.ports.knowledge_editing.try_draft(
            found.content, question, visitor.person, now
        )
        return await _show(request, replace(sheet, tried=tried))
    return await _save(request, visitor, sheet, found, submit=do == "submit")


async def _save(
    request: Request, visitor: Visitor, sheet: Sheet, found: Read, *, submit: bool
) -> Response:
    """Saved: back to the form, or to what waits. Not saved: the form again with all that was
    typed, and where somebody else was quicker, with what they wrote beside it."""
    if found.unread:
        return await _show(request, replace(sheet, told=found.unread[0].why), 422)
    if submit and found.problems and found.problems[0].blocks:
        told = f"还不能提交审核：{found.problems[0].why}"
        return await _show(request, replace(sheet, told=told), 422)
    desk = desk_of(request)
    knowledge, now = desk.ports.knowledge, desk.ports.now()
    by = visitor.person
    if sheet.full is not None and sheet.full.expected != sheet.expected:
        return await _conflict(request, sheet, found)
    try:
        saved = await knowledge.save(
            sheet.id, found.content, expected=sheet.expected, by=by, at=now
        )
    except HotlineError as refused:
        full = await _kept(request, visitor, sheet.id)
        if full is not None and full.expected != sheet.expected:
            sheet = replace(sheet, full=full)
            return await _conflict(request, sheet, found)
        return await _show(request, replace(sheet, full=full, told=str(refused)), 422)
    if not submit:
        return RedirectResponse(f"/knowledge/editing/{saved.id}/edit?said=saved", 303)
    try:
        await knowledge.act(
            saved.id, saved.number, KnowledgeAct.SUBMIT, expected=saved.expected, by=by, at=now
        )
    except HotlineError as refused:
        full = await _kept(request, visitor, sheet.id)
        told = f"草稿已保存，没有提交：{refused}"
        sheet = replace(sheet, full=full, expected=saved.expected, told=told)
        return await _show(request, sheet, 422)
    return RedirectResponse("/knowledge/editing/review?said=submitted", 303)


async def _conflict(request: Request, sheet: Sheet, found: Read) -> Response:
    """Both, field by field. The next save knows of theirs and goes over it."""
    full = sheet.full
    if full is None:
        raise NoSuch("知识", sheet.id)
    who = full.names.get(full.latest.author, "另一个人")
    told = (
        f"{who}刚才保存了这篇（第{full.latest.number}版，{STANDING_NAMES[full.latest.standing]}），"
        "您填的还在下面，没有保存。请逐项核对，再保存一次就以您填的为准。"
    )
    kept = full.latest.content
    linked = (*found.content.related, *kept.related)
    titles = await titles_of(desk_of(request), linked, request.state.visitor.person)
    theirs = differences(found.content, kept, titles)
    sheet = replace(sheet, expected=full.expected, told=told, theirs=theirs)
    return await _show(request, sheet, 409)


async def _kept(request: Request, visitor: Visitor, id_: str) -> ArticleFull | None:
    desk = desk_of(request)
    try:
        return await desk.ports.knowledge.one(id_, visitor.person, desk.ports.now())
    except NoSuch:
        return None


def _expected(form: FormData) -> int:
    text = str(form.get("expected") or "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadInput("expected", "页面已经过期，请重新打开")
    return int(text)


async def _show(request: Request, sheet: Sheet, status: int = 200) -> Response:
    desk = desk_of(request)
    person = request.state.visitor.person
    by_field: dict[str, list[Lack]] = {}
    for one in sheet.problems:
        by_field.setdefault(one.field, []).append(one)
    full = sheet.full
    next_number = 1
    if full is not None:
        mine = full.latest.standing is Standing.DRAFT
        next_number = full.latest.number + (not mine)
    page = await desk.ports.knowledge.browse(_NO_ROWS, person, desk.ports.now())
    return desk.pages.render(
        request,
        "knowledge_edit.html.j2",
        status=status,
        sheet=sheet,
        full=full,
        by_field=by_field,
        names=FIELD_NAMES,
        standing_names=STANDING_NAMES,
        act_names=ACT_NAMES,
        where=f"/knowledge/editing/{sheet.id}/edit" if full else _NEW,
        next_number=next_number,
        locked=full is not None and not full.may_edit,
        units=await desk.ports.tickets.units(),
        categories=page.categories,
        maker=bool(person.roles & set(MAKERS)),
        **await _previewed(request, read(sheet.typed).content),
    )


async def _previewed(
    request: Request, content: Content
) -> dict[str, Any]:  # a template takes what its route gives
    """What the preview's template takes; the titles of related articles that exist."""
    desk = desk_of(request)
    by, now = request.state.visitor.person, desk.ports.now()
    related: list[tuple[str, str]] = []
    for one in content.related[:20]:
        try:
            kept = await desk.ports.knowledge.one(one, by, now)
            related.append((one, kept.latest.content.title))
        except HotlineError:
            related.append((one, ""))
    return {"content": content, "related": related}


async def act(request: Request, article: str, visitor: Annotated[Visitor, _WRITERS]) -> Response:
    """Pass, return, publish, withdraw, discard: and on to what follows from it."""
    desk = desk_of(request)
    form = await request.form()
    wanted, number = str(form.get("act") or ""), str(form.get("number") or "")
    if wanted not in ACT_NAMES or not number.isdigit():
        raise BadInput("act", "页面已经过期，请重新打开")
    step = KnowledgeAct(wanted)
    made = await desk.ports.knowledge.act(
        article,
        int(number[:9]),
        step,
        expected=_expected(form),
        by=visitor.person,
        at=desk.ports.now(),
        note=str(form.get("note") or "")[:2000],
    )
    match step:
        case KnowledgeAct.WITHDRAW:
            return RedirectResponse(f"/knowledge/editing/{article}/recall/{made.number}", 303)
        case KnowledgeAct.DISCARD:
            return RedirectResponse(f"/knowledge/editing/{article}/edit?said=discarded", 303)
        case _:
            return RedirectResponse(f"/knowledge/editing/review?said={step}", 303)


def _add_all(app: FastAPI) -> None:
    # Two parts before one: /knowledge/editing/new is no article.
    for module in (
        knowledge_editing_queue,
        knowledge_editing_calls,
        knowledge_editing_desk,
        knowledge_editing_kept,
        knowledge_insights,
    ):
        module.add_to(app)


def add_to(app: FastAPI) -> None:
    """Every address of the editors' side."""
    app.add_api_route(_NEW, new_page, methods=["GET"])
    app.add_api_route(_NEW, save_new, methods=["POST"])
    app.add_api_route("/knowledge/editing/preview", preview, methods=["POST"])
    _add_all(app)
    app.add_api_route("/knowledge/editing/{article}/edit", edit_page, methods=["GET"])
    app.add_api_route("/knowledge/editing/{article}/edit", save, methods=["POST"])
    app.add_api_route("/knowledge/editing/{article}/acts", act, methods=["POST"])
