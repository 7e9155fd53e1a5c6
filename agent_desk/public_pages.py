"""办事问答: what anybody may search and read without log-in (贵州 第二十二条, 河北 第十七条).

External articles in force and nothing else, decided on the database for each page. No cookie is
read or set, no script is sent, no word that was searched is written down anywhere.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Request
from fastapi.responses import PlainTextResponse, Response

from agent_desk.desk import desk_of
from agent_desk.knowledge_asked import KnowledgeAsked, asked
from agent_desk.knowledge_reading_views import (
    FOUND_PAGE,
    SHELF_PAGE,
    Hits,
    Narrowed,
    NotSearching,
    Shelf,
    lit,
)
from agent_desk.shield import ARTICLE_TO_ALL, QUESTIONS, ROBOTS, SUGGEST
from hotline.errors import BadInput, Objected

_GET = ["GET", "HEAD"]
_FOR_ROBOTS = f"""User-agent: *
Allow: {QUESTIONS}
Disallow: {SUGGEST}
Disallow: /
"""


def _page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    index: bool = False,
    headers: dict[str, str] | None = None,
    **context: object,
) -> Response:
    """A public page; ``index``: a search engine may list it. Large letters by the address, since
    there is no cookie to keep them in."""
    large = request.query_params.get("big") == "1"
    return desk_of(request).pages.render(
        request,
        template,
        status=status,
        headers=headers,
        large=large,
        index=index and not large,
        other_size=_other_size(request.query_params, large=large),
        keep="big=1" if large else "",
        **context,
    )


def _other_size(query: Mapping[str, str], *, large: bool) -> str:
    """The query of the same page in the other size."""
    rest = {name: value for name, value in query.items() if name != "big"}
    return urlencode(rest if large else {**rest, "big": "1"})


def _wait(request: Request) -> int:
    """In how many seconds this address may ask again; 0: now."""
    desk = desk_of(request)
    address = request.client.host if request.client else ""
    return desk.public_gate.wait(address, desk.ports.monotonic())


def _too_often(request: Request) -> Response | None:
    """The page that asks to wait, where this address has asked too often; it leads on to what was
    asked."""
    seconds = _wait(request)
    if not seconds:
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return _page(
        request,
        "public_said.html.j2",
        status=429,
        headers={"retry-after": str(seconds)},
        title="查得太快了",
        text=f"请等 {seconds} 秒再查。这样是为了让每个人都查得到。",
        again=f"{request.url.path}{query}",
    )


def _said(request: Request, status: int, title: str, text: str) -> Response:
    return _page(request, "public_said.html.j2", status=status, title=title, text=text, again="")


async def questions_page(request: Request) -> Response:
    """Search, or what there is by category."""
    if (refused := _too_often(request)) is not None:
        return refused
    desk, now = desk_of(request), desk_of(request).ports.now()
    given = asked(request.query_params, QUESTIONS)
    # Neither 内部, nor days before or after today, are for outsiders.
    within = Narrowed(category=given.narrowed.category)
    reading = desk.ports.knowledge_reading
    chosen = KnowledgeAsked(
        words=given.words, narrowed=within, page=given.page, wrong=given.wrong, path=QUESTIONS
    )
    hits: Hits | None = None
    trouble = False
    if chosen.words:
        try:
            hits = await reading.seek(chosen.words, within, None, now, page=chosen.page)
        except NotSearching:
            trouble = True
    page = 1 if chosen.words else chosen.page
    shelf = await reading.shelf(within, None, now, page=page)
    return _page(
        request,
        "public.html.j2",
        status=503 if trouble else 200,
        index=chosen.bare,
        chosen=chosen,
        hits=hits,
        shelf=shelf,
        trouble=trouble,
        last=_last(hits, shelf, chosen),
        lit=lit,
    )


def _last(hits: Hits | None, shelf: Shelf, chosen: KnowledgeAsked) -> int:
    total, size = (
        (hits.total if hits else 0, FOUND_PAGE)
        if chosen.words
        else (
            shelf.total,
            SHELF_PAGE,
        )
    )
    return max(math.ceil(total / size), 1)


async def article_to_all(request: Request, article: str) -> Response:
    """One article. What is internal, under embargo, over, withdrawn or was never there is all the
    same to who is outside: there is no such page."""
    if (refused := _too_often(request)) is not None:
        return refused
    ports = desk_of(request).ports
    version = await ports.knowledge.answer(article[:64], None, ports.now())
    if version is None:
        return _said(
            request,
            404,
            "没有这一篇",
            "可能已经更新或者不再有效，请重新查一下。",
        )
    reading = ports.knowledge_reading
    (card,) = await reading.cards([version.article], None, ports.now())
    return _page(
        request,
        "public_article.html.j2",
        index=True,
        content=version.content,
        card=card,
        related=await reading.cards(version.content.related, None, ports.now()),
    )


async def suggest_page(request: Request) -> Response:
    """The form for a question without an answer, or an answer somebody knows (河北 第十九条)."""
    if (refused := _too_often(request)) is not None:
        return refused
    return _form(request)


def _form(
    request: Request,
    wrong: str = "",
    typed: Mapping[str, str] | None = None,
    *,
    status: int = 422,
    headers: dict[str, str] | None = None,
) -> Response:
    return _page(
        request,
        "public_suggest.html.j2",
        status=status if wrong else 200,
        headers=headers,
        wrong=wrong,
        typed={"question": "", "answer": "", "contact": "", **(typed or {})},
        key=secrets.token_hex(16),
    )


async def suggest(
    request: Request,
    question: Annotated[str, Form()] = "",
    answer: Annotated[str, Form()] = "",
    contact: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """It waits for an editor; what was typed comes back where it is refused."""
    ports = desk_of(request).ports
    typed = {"question": question[:4000], "answer": answer[:8000], "contact": contact[:400]}
    if seconds := _wait(request):
        wrong = f"提交得太快了，请等 {seconds} 秒再提交；您写的还在下面。"
        headers = {"retry-after": str(seconds)}
        return _form(request, wrong, typed, status=429, headers=headers)
    try:
        if not 8 <= len(key) <= 64:
            raise BadInput("key", "页面打开太久了，请再提交一次")
        await ports.knowledge_work.contribute(question, answer, contact, key=key, at=ports.now())
    except (BadInput, Objected) as error:
        return _form(request, str(error), typed)
    return _said(
        request, 200, "收到了，谢谢", "编辑审核后，会写进办事问答。急着办的事请直接打电话。"
    )


async def robots() -> Response:
    """Search engines may read the public questions and nothing else."""
    return PlainTextResponse(_FOR_ROBOTS)


def add_to(app: FastAPI) -> None:
    """Every address of this module; none asks who is there."""
    app.add_api_route(QUESTIONS, questions_page, methods=_GET)
    app.add_api_route(ARTICLE_TO_ALL, article_to_all, methods=_GET)
    app.add_api_route(SUGGEST, suggest_page, methods=_GET)
    app.add_api_route(SUGGEST, suggest, methods=["POST"])
    app.add_api_route(ROBOTS, robots, methods=_GET)
