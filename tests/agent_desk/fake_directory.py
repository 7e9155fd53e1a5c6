"""A dispatch directory that remembers what it was given."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from agent_desk.directory_views import (
    DirectoryEntry,
    DirectoryNow,
    DirectoryPreview,
    DirectoryVersion,
    WrongCell,
)
from agent_desk.views import Person
from hotline.errors import BadInput, NoSuch

FIRST = DirectoryVersion(
    number=1, effective_from=dt.date(2026, 9, 1), origin="目录.csv", count=1, now=True
)
NOISE = DirectoryEntry(
    item="夜间施工噪声",
    unit_name="城市管理和综合执法局",
    sub_office="综合执法办",
    limit="5个工作日",
    basis="演示数据，无依据",
    keywords="噪声扰民",
    days="",
)
WRONG = WrongCell(row=3, column="承办单位", why="没有“某局”这个承办单位")


@dataclass
class FakeDirectory:
    """Implements Directories. A file that says ``bad`` has a wrong row, ``none`` is no table."""

    found: DirectoryNow = DirectoryNow(versions=(FIRST,), shown=FIRST, entries=(NOISE,))
    brought: list[tuple[bytes, str, str, int]] = field(default_factory=list)

    async def now(self, number: int | None, at: dt.datetime) -> DirectoryNow:
        if number not in (None, 1, 2):
            raise NoSuch("版次", f"第{number}版")
        return self.found

    async def preview(
        self, content: bytes, origin: str, since: str, at: dt.datetime
    ) -> DirectoryPreview:
        if content == b"none":
            raise BadInput("file", "这个文件不是表格")
        day = dt.date.fromisoformat(since or "2026-09-29")
        if content == b"bad":
            return DirectoryPreview(number=2, effective_from=day, wrong=(WRONG,))
        return DirectoryPreview(number=2, effective_from=day, lines=("新增1项，修改0项",))

    async def csv(self, number: int | None, at: dt.datetime) -> tuple[str, bytes]:
        return f"directory-{number or 1}.csv", "事项名称,法律依据,承办单位\n".encode()

    async def bring_in(
        self, content: bytes, origin: str, since: str, after: int, at: dt.datetime, who: Person
    ) -> int:
        if after != 1:
            raise BadInput("directory", "刚刚有人导入了另一版派单目录")
        self.brought.append((content, origin, since, after))
        return after + 1
