"""What ``./jiesu kb`` does: each command gives the text to print."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path
from typing import Final

from agent_desk.knowledge_views import ImportPreview
from hotline.errors import BadInput
from hotline.knowledge import STANDING_NAMES
from hotline.words import UnitId, UserId
from ledger.knowledge_rows import ArticleFilter
from switchboard.clock import utc_now
from switchboard.knowledge_files import KINDS, KnowledgeFiles
from switchboard.opening import opened
from switchboard.settings import Settings
from switchboard.table_files import LARGEST

BY: Final = UserId("command")
"""Who did it, in the audit: whoever may run commands on this machine."""
_CHANGES: Final = {"new": "新增", "changed": "更新", "same": "相同", "refused": "有误"}
_SHOWN: Final = 20


async def bring_in(
    settings: Settings, file: Path, *, take: bool, partly: bool, reviewed: bool, as_json: bool
) -> tuple[bool, str]:
    """(whether a row is wrong, what to print)."""
    try:
        with file.open("rb") as opened_file:
            content = opened_file.read(LARGEST + 1)
    except OSError as refused:
        raise BadInput("file", f"打不开 {file}（{refused.strerror}），请检查文件名") from refused
    async with opened(settings) as here:
        told = await KnowledgeFiles(here.ledger).bring_in(
            content, file.name, by=BY, at=utc_now(), take=take, partly=partly, reviewed=reviewed
        )
    return told.count("refused") > 0, _preview_text(told, as_json=as_json, reviewed=reviewed)


def _preview_text(told: ImportPreview, *, as_json: bool, reviewed: bool) -> str:
    if as_json:
        lines = [
            {
                "row": one.row,
                "id": one.id,
                "title": one.title,
                "change": one.change,
                "problem": one.problem,
            }
            for one in told.lines
        ]
        return _json({"taken": told.taken, "lines": lines})
    counts = "，".join(f"{name} {told.count(key)} 篇" for key, name in _CHANGES.items())  # type: ignore[arg-type]  # the keys are the Literal's own members
    wrong = [one for one in told.lines if one.change == "refused"]
    rows = [f"  第{one.row}行 {one.title or one.id}：{one.problem}" for one in wrong[:_SHOWN]]
    if len(wrong) > _SHOWN:
        rows.append(f"  还有 {len(wrong) - _SHOWN} 行有误")
    done = "没有导入。"
    if told.taken:
        done = "已导入并发布。" if reviewed else "已导入，待审核后发布。"
    return "\n".join([counts, *rows, done])


async def write_out(settings: Settings, to: Path) -> str:
    """Where it was written."""
    kind = next((one for one in KINDS if to.suffix == f".{one}"), None)
    if kind is None:
        raise BadInput("to", "文件名请以 .xlsx、.csv、.md 或 .jsonl 结尾")
    async with opened(settings) as here:
        files = KnowledgeFiles(here.ledger)
        count, content = len(await files.entries()), await files.write_out(kind)
    try:
        with to.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise BadInput("to", f"{to} 已经存在，请换一个文件名") from None
    except OSError as refused:
        raise BadInput("to", f"不能写 {to}（{refused.strerror}），请换一个地方") from refused
    return f"{count}篇知识已写到 {to}"


async def listed(settings: Settings, words: str, *, as_json: bool) -> str:
    """The articles, the last changed first."""
    async with opened(settings) as here:
        wanted = ArticleFilter(words=words.strip())
        page = await here.ledger.knowledge.articles.page(wanted, size=100_000)
    if as_json:
        return _json(
            [
                {
                    "id": one.id,
                    "title": one.title,
                    "standing": one.standing.value,
                    "version": one.latest,
                    "published": one.published,
                    "reach": one.reach.value,
                }
                for one in page.items
            ]
        )
    if not page.items:
        return "没有知识。"
    return "\n".join(
        f"{one.id}  {STANDING_NAMES[one.standing]}  第{one.latest}版  {one.reach}  {one.title}"
        for one in page.items
    )


async def add_source(settings: Settings, name: str, unit: str) -> str:
    """The token, this once."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{2,40}", name):
        raise BadInput("name", "名称只能用字母、数字、- 和 _，2至40个")
    token = secrets.token_urlsafe(32)
    async with opened(settings) as here:
        codes = {one.code for one in await here.ledger.units.all() if not one.closed}
        if UnitId(unit) not in codes:
            raise BadInput("unit", f"没有代码为 {unit} 的单位；有：{'、'.join(sorted(codes))}")
        await here.ledger.knowledge.sources.add(name, UnitId(unit), token, by=BY)
    return f"已登记 {name}。令牌（只显示这一次，请交给单位的系统管理员）：\n{token}"


async def revoke_source(settings: Settings, name: str) -> str:
    """That it is done."""
    async with opened(settings) as here:
        await here.ledger.knowledge.sources.revoke(name, by=BY)
    return f"已停用 {name} 的令牌，它报送过的知识不变。"


async def list_sources(settings: Settings, *, as_json: bool) -> str:
    """Every source."""
    async with opened(settings) as here:
        found = await here.ledger.knowledge.sources.all()
    if as_json:
        return _json(
            [{"name": one.name, "unit": one.unit, "revoked": bool(one.revoked_at)} for one in found]
        )
    if not found:
        return "没有登记单位的自有知识库。"
    return "\n".join(
        f"{one.name}  {one.unit}  {'已停用' if one.revoked_at else '在用'}" for one in found
    )


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
