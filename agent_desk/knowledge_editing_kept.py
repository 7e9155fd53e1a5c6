"""知识库，维护: synonyms, each tried before it is kept; files in and out; the units' own bases."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from agent_desk.desk import desk_of
from agent_desk.knowledge_editing_queue import last_page
from agent_desk.knowledge_editing_views import Tried
from agent_desk.knowledge_views import FileKind, ImportPreview
from agent_desk.login import Visitor
from agent_desk.notice_pages import MAKERS
from agent_desk.shield import needs
from agent_desk.unit_tables import packed, unpacked
from hotline.errors import BadInput, HotlineError
from hotline.words import UnitId

_MAKERS = needs(*MAKERS)
_SYNONYMS: Final = "/knowledge/editing/synonyms"
_FILES: Final = "/knowledge/editing/files"
_SIZE: Final = 50
_TYPES: Final[dict[FileKind, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "jsonl": "application/x-ndjson",
}


def _split(text: str) -> tuple[str, ...]:
    """The words of a group as people write them: by 、, comma, line or two blanks."""
    return tuple(one for raw in re.split(r"[、，,；;\n]+|\s{2,}", text) if (one := raw.strip()))


async def synonyms_page(
    request: Request,
    _: Annotated[Visitor, _MAKERS],
    words: Annotated[str, Query(max_length=60)] = "",
    edit: Annotated[str, Query(max_length=40)] = "",
    question: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """The groups, one of them open to be changed and tried."""
    return await _synonyms(request, words=words, edit=edit, question=question, page=page)


async def _synonyms(
    request: Request,
    *,
    words: str = "",
    edit: str = "",
    page: int = 1,
    typed: str | None = None,
    question: str = "",
    tried: Tried | None = None,
    told: str = "",
    status: int = 200,
) -> Response:
    desk = desk_of(request)
    groups = await desk.ports.knowledge_work.synonyms()
    opened = next((one for one in groups if one.id == edit), None)
    wanted = [one for one in groups if not words.strip() or words.strip() in " ".join(one.words)]
    return desk.pages.render(
        request,
        "knowledge_synonyms.html.j2",
        status=status,
        rows=wanted[(page - 1) * _SIZE : page * _SIZE],
        total=len(wanted),
        every=len(groups),
        page=page,
        last=last_page(len(wanted), _SIZE),
        words=words,
        opened=opened,
        typed="、".join(opened.words) if typed is None and opened else typed or "",
        question=question,
        tried=tried,
        told=told,
    )


async def put_synonyms(request: Request, visitor: Annotated[Visitor, _MAKERS]) -> Response:
    """Tried against a question, or kept: in force for the next question asked."""
    desk = desk_of(request)
    form = await request.form()
    group = str(form.get("group") or "")[:40]
    typed, question = str(form.get("words") or "")[:1000], str(form.get("question") or "")[:200]
    expected = str(form.get("expected") or "0")
    try:
        words = _split(typed)
        if form.get("do") == "try":
            if not question.strip():
                raise BadInput("question", "请写一句市民会怎样问")
            tried = await desk.ports.knowledge_editing.try_synonyms(
                question.strip(), group or None, words, visitor.person, desk.ports.now()
            )
            return await _synonyms(request, edit=group, typed=typed, question=question, tried=tried)
        await desk.ports.knowledge_work.put_synonyms(
            group or None,
            words,
            expected=int(expected) if expected.isdigit() else 0,
            by=visitor.person,
        )
    except HotlineError as refused:
        return await _synonyms(
            request, edit=group, typed=typed, question=question, told=str(refused), status=422
        )
    return RedirectResponse(_SYNONYMS, 303)


async def remove_synonyms(
    request: Request, group: str, visitor: Annotated[Visitor, _MAKERS]
) -> Response:
    """The group goes."""
    await desk_of(request).ports.knowledge_work.remove_synonyms(group, by=visitor.person)
    return RedirectResponse(_SYNONYMS, 303)


# ------------------------------------------------------------------------------------------- files
async def files_page(request: Request, _: Annotated[Visitor, _MAKERS]) -> Response:
    """In and out, and the units' own bases."""
    return await _files(request)


async def _files(
    request: Request,
    *,
    found: ImportPreview | None = None,
    name: str = "",
    kept: str = "",
    token: tuple[str, str] | None = None,
    told: str = "",
    status: int = 200,
) -> Response:
    desk = desk_of(request)
    return desk.pages.render(
        request,
        "knowledge_edit_files.html.j2",
        status=status,
        found=found,
        name=name,
        kept=kept,
        token=token,
        told=told,
        sources=await desk.ports.knowledge_editing.sources(),
        units=await desk.ports.tickets.units(),
    )


async def preview_file(request: Request, visitor: Annotated[Visitor, _MAKERS]) -> Response:
    """What a file would change, row by row; nothing is kept."""
    ports = desk_of(request).ports
    try:
        name, content = await _chosen(request)
        found = await ports.knowledge_work.import_file(
            content, name, by=visitor.person, at=ports.now()
        )
    except BadInput as wrong:
        return await _files(request, told=str(wrong), status=422)
    return await _files(request, found=found, name=name, kept=packed(content))


async def _chosen(request: Request) -> tuple[str, bytes]:
    form = await request.form()
    chosen = form.get("file")
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        raise BadInput("file", "请先选择一个文件（XLSX、CSV、Markdown 或 JSONL）")
    name, content = chosen.filename, await chosen.read(_LARGEST + 1)
    await form.close()
    if len(content) > _LARGEST:
        raise BadInput(
            "file",
            f"网页上最大{_LARGEST // 1024}KB，请分成几个文件，或用 ./jiesu kb import 导入",
        )
    return name, content


_LARGEST: Final = 160 * 1024
"""Bytes of a file on a page, where it travels twice, the second time a third longer."""


async def import_file(request: Request, visitor: Annotated[Visitor, _MAKERS]) -> Response:
    """Bring in what was looked at: it waits for review like everything else."""
    ports = desk_of(request).ports
    form = await request.form()
    name = str(form.get("name") or "")[:200]
    try:
        content = unpacked(form)
        found = await ports.knowledge_work.import_file(
            content,
            name,
            by=visitor.person,
            at=ports.now(),
            take=True,
            partly=form.get("partly") == "1",
        )
    except HotlineError as refused:
        return await _files(request, told=str(refused), status=422)
    return await _files(request, found=found, name=name, kept=packed(content))


async def export_file(
    request: Request, kind: FileKind, visitor: Annotated[Visitor, _MAKERS]
) -> Response:
    """Every article, as a file that can be brought in again."""
    content = await desk_of(request).ports.knowledge_work.export_file(kind, visitor.person)
    headers = {
        "content-disposition": f'attachment; filename="knowledge.{kind}"',
        "cache-control": "no-store",
    }
    return Response(content, media_type=_TYPES[kind], headers=headers)


# ----------------------------------------------------------------------------------------- sources
async def open_source(request: Request, visitor: Annotated[Visitor, _MAKERS]) -> Response:
    """A unit's own base may bring entries: its token is shown now and never again."""
    form = await request.form()
    name, unit = str(form.get("name") or "").strip(), str(form.get("unit") or "")
    try:
        if not unit:
            raise BadInput("unit", "请选择是哪个单位的知识库")
        token = await desk_of(request).ports.knowledge_editing.open_source(
            name, UnitId(unit), visitor.person
        )
    except BadInput as wrong:
        return await _files(request, told=str(wrong), status=422)
    return await _files(request, token=(name, token))


async def revoke_source(
    request: Request, source: str, visitor: Annotated[Visitor, _MAKERS]
) -> Response:
    """Its token opens nothing any more."""
    await desk_of(request).ports.knowledge_editing.revoke_source(source, visitor.person)
    return RedirectResponse(_FILES, 303)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route(_SYNONYMS, synonyms_page, methods=["GET"])
    app.add_api_route(_SYNONYMS, put_synonyms, methods=["POST"])
    app.add_api_route(f"{_SYNONYMS}/{{group}}/remove", remove_synonyms, methods=["POST"])
    app.add_api_route(_FILES, files_page, methods=["GET"])
    app.add_api_route(f"{_FILES}/preview", preview_file, methods=["POST"])
    app.add_api_route(f"{_FILES}/import", import_file, methods=["POST"])
    app.add_api_route(f"{_FILES}/export/{{kind}}", export_file, methods=["GET"])
    app.add_api_route(f"{_FILES}/sources", open_source, methods=["POST"])
    app.add_api_route(f"{_FILES}/sources/{{source}}/revoke", revoke_source, methods=["POST"])
