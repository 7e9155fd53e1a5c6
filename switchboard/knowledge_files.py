"""Articles in and out by files: previewed line by line, taken all at once.

What is taken comes as a submitted version that waits for review; ``reviewed`` is for who brings a
base that was reviewed elsewhere, and says so by running the command.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from agent_desk.knowledge_views import FileKind, ImportLine, ImportPreview
from hotline.errors import BadInput
from hotline.knowledge import ArticleId, Standing, Version
from hotline.knowledge_rules import lacks
from hotline.words import UnitId, UserId
from ledger.knowledge_rows import Change, Held, digest
from ledger.store import Ledger
from switchboard.knowledge_formats import (
    HEADINGS,
    Entry,
    Line,
    cells,
    from_jsonl,
    from_markdown,
    from_rows,
    to_jsonl,
    to_markdown,
)
from switchboard.table_files import LARGEST, read_table, write_csv
from switchboard.xlsx_writing import write_xlsx

MOST: Final = 20_000
"""Articles of one file."""
KINDS: Final[tuple[FileKind, ...]] = ("xlsx", "csv", "md", "jsonl")
_BUSY: Final = {Standing.DRAFT: "有一份草稿没有提交", Standing.REVIEW: "有一版正待审核"}


def read_file(content: bytes, name: str) -> list[Line]:
    """The articles of a file by its ending (a table by its content). Raises BadInput."""
    ending = name.rpartition(".")[2].lower()
    if len(content) > LARGEST:
        raise BadInput("file", f"文件最大{LARGEST // 1024 // 1024}MB，请分成几个文件")
    if ending in ("md", "markdown", "jsonl", "ndjson"):
        try:
            text = content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            raise BadInput("file", "文件不是 UTF-8 编码，请另存为 UTF-8") from None
        lines = from_markdown(text) if ending.startswith("m") else from_jsonl(text)
    elif ending in ("xlsx", "csv", "txt", "tsv"):
        lines = from_rows(read_table(content))
    else:
        raise BadInput("file", "只能导入 .xlsx、.csv、.md 或 .jsonl 文件")
    if not lines:
        raise BadInput("file", "文件里没有知识")
    if len(lines) > MOST:
        raise BadInput("file", f"一个文件最多{MOST}篇，请分开导入")
    return lines


def file_of(entries: Sequence[Entry], kind: FileKind) -> bytes:
    """The articles as a file of a kind."""
    if kind == "md":
        return to_markdown(entries).encode()
    if kind == "jsonl":
        return to_jsonl(entries).encode()
    rows = [list(HEADINGS), *(cells(one) for one in entries)]
    return write_csv(rows) if kind == "csv" else write_xlsx(rows, "知识库")


class KnowledgeFiles:
    """Files of one city's knowledge base."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._articles = ledger.knowledge.articles

    async def bring_in(
        self,
        content: bytes,
        name: str,
        *,
        by: UserId,
        at: dt.datetime,
        take: bool,
        partly: bool = False,
        reviewed: bool = False,
    ) -> ImportPreview:
        """What a file would do; done where ``take`` is given and no line is refused (or the rest
        is wanted ``partly``). Somebody may act on an article between the reading and the taking:
        then nothing is taken and StaleVersion says so."""
        lines = read_file(content, name)
        held = await self._articles.some({one.id for one in lines if one.content})
        owners = {unit.name: unit.code for unit in await self._ledger.units.all()}
        told: list[ImportLine] = []
        changes: list[Change] = []
        seen: set[str] = set()
        for line in lines:
            there = held.get(ArticleId(line.id))
            change, problem = _judged(line, there, seen)
            seen.add(line.id)
            told.append(
                ImportLine(
                    row=line.row, id=line.id, title=line.title, change=change, problem=problem
                )
            )
            if change in ("new", "changed"):
                version = _version(line, there, owners, by, at, reviewed=reviewed)
                changes.append(Change(version=version, expected=there.version if there else 0))
        refused = any(one.change == "refused" for one in told)
        taken = take and (partly or not refused)
        if taken and changes:
            what = "knowledge.import.reviewed" if reviewed else "knowledge.import"
            await self._articles.save(changes, by=by, what=what)
        return ImportPreview(lines=tuple(told), taken=taken)

    async def entries(self) -> list[Entry]:
        """Every article by its newest published version, or its newest where there is none; those
        withdrawn or discarded are left out."""
        found: list[Entry] = []
        number, total = 1, 1
        while (number - 1) * 500 < total:
            page = await self._articles.page(number=number, size=500)
            total, number = page.total, number + 1
            held = await self._articles.some([one.id for one in page.items])
            found += [
                (one.article, version.content)
                for one in held.values()
                if (version := _exported(one)) is not None
            ]
        return sorted(found, key=lambda entry: entry[0])

    async def write_out(self, kind: FileKind) -> bytes:
        """Every article as a file."""
        return file_of(await self.entries(), kind)


def _exported(held: Held) -> Version | None:
    gone = (Standing.DISCARDED, Standing.WITHDRAWN)
    published = [one for one in held.versions if one.standing is Standing.PUBLISHED]
    newest = published[-1] if published else held.latest
    return None if newest.standing in gone else newest


def _judged(
    line: Line, held: Held | None, seen: set[str]
) -> tuple[Literal["new", "changed", "same", "refused"], str]:
    """What taking a line does, and why it cannot be taken."""
    if line.content is None:
        return "refused", line.problem
    if line.id in seen:
        return "refused", f"编号 {line.id} 在文件里出现了两次"
    blocked = next((one.why for one in lacks(line.content) if one.blocks), "")
    if blocked:
        return "refused", blocked
    if held is None:
        return "new", ""
    if busy := _BUSY.get(held.latest.standing):
        return "refused", f"{busy}，请先处理"
    current = _exported(held)
    if current is not None and digest(current.content) == digest(line.content):
        return "same", ""
    return "changed", ""


def _version(
    line: Line,
    held: Held | None,
    owners: dict[str, UnitId],
    by: UserId,
    at: dt.datetime,
    *,
    reviewed: bool,
) -> Version:
    if line.content is None:
        raise BadInput("file", line.problem)
    version = Version(
        article=ArticleId(line.id),
        number=held.latest.number + 1 if held else 1,
        content=line.content,
        standing=Standing.REVIEW,
        author=by,
        made_at=at,
        owner=held.owner if held else owners.get(line.content.unit),
        submitted_at=at,
    )
    return replace(version, standing=Standing.PUBLISHED, published_at=at) if reviewed else version
