"""What ``./jiesu city directory`` does: each command gives the text to print."""

from __future__ import annotations

import json
from pathlib import Path

from hotline.errors import BadInput
from switchboard.clock import utc_now
from switchboard.directory_book import DirectoryBook, day_of
from switchboard.directory_told import (
    preview_data,
    preview_text,
    version_data,
    version_head,
    versions_text,
)
from switchboard.opening import opened
from switchboard.settings import Settings
from switchboard.table_files import LARGEST

BY = "command"
"""Who imported it, in the audit: whoever may run commands on this machine."""


async def bring_in(
    settings: Settings, file: Path, since: str, *, keep: bool, as_json: bool
) -> tuple[bool, str]:
    """(whether a row is wrong, what to print). Nothing is stored unless ``keep``."""
    begins = day_of(since)
    content = _content(file)
    async with opened(settings) as here:
        book = DirectoryBook(here.ledger, here.rule)
        preview = await book.preview(content, file.name, utc_now(), begins)
        names = await book.names()
        stored = keep and not preview.wrong
        if stored:
            await book.store(preview, BY)
    if as_json:
        return bool(preview.wrong), _json(preview_data(preview, names, stored=stored))
    last = f"已导入，自{preview.effective_from}起按第{preview.number}版派单。"
    if not stored:
        last = "" if preview.wrong else "只是预览，没有导入。"
    return bool(preview.wrong), "\n".join([preview_text(preview, names), *filter(None, [last])])


async def write_out(settings: Settings, to: Path | None, number: int | None) -> str:
    """The CSV itself, or where it was written."""
    async with opened(settings) as here:
        book = DirectoryBook(here.ledger, here.rule)
        version = await book.version(number, utc_now())
        content = await book.csv(version)
    if to is None:
        return content.decode("utf-8-sig").rstrip("\r\n")
    try:
        with to.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise BadInput("to", f"{to} 已经存在，请换一个文件名") from None
    except OSError as refused:
        raise BadInput("to", f"不能写 {to}（{refused.strerror}），请换一个地方") from refused
    return f"第{version.number}版{len(version.entries)}项已写到 {to}"


async def show(settings: Settings, number: int | None, *, as_json: bool) -> str:
    """Every version, and the entries of one."""
    async with opened(settings) as here:
        book = DirectoryBook(here.ledger, here.rule)
        version = await book.version(number, utc_now())
        versions, names = await book.versions(), await book.names()
    if not as_json:
        return versions_text(versions, version, names)
    every = [version_head(one) for one in versions]
    return _json({"versions": every, "shown": version_data(version, names)})


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as table:
            return table.read(LARGEST + 1)
    except OSError as refused:
        raise BadInput("file", f"打不开 {file}（{refused.strerror}），请检查文件名") from refused


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
