"""The dispatch directory on its page, from the ledger."""

from __future__ import annotations

import datetime as dt

from agent_desk import directory_views as dv
from agent_desk.views import Person
from hotline.directory import Entry, Version, in_force
from hotline.errors import BadInput, NoSuch
from ledger.store import Ledger
from switchboard.directory_book import DirectoryBook, Rule, day_of
from switchboard.directory_told import preview_text


class DeskDirectory:
    """Implements :class:`agent_desk.directory_views.Directories`."""

    def __init__(self, ledger: Ledger, policy: Rule) -> None:
        self._book = DirectoryBook(ledger, policy)
        self._policy = policy

    async def now(self, number: int | None, at: dt.datetime) -> dv.DirectoryNow:
        versions = await self._book.versions()
        current = in_force(versions, at, self._policy(at).zone)
        wanted = number or (current.number if current else len(versions))
        shown = next((one for one in versions if one.number == wanted), None)
        if shown is None and number is not None:
            raise NoSuch("版次", f"第{number}版")
        names = await self._book.names()
        listed = {one.number: _version(one, current) for one in reversed(versions)}
        return dv.DirectoryNow(
            versions=tuple(listed.values()),
            shown=listed[shown.number] if shown else None,
            entries=tuple(_entry(one, names) for one in shown.entries) if shown else (),
        )

    async def preview(
        self, content: bytes, origin: str, since: str, at: dt.datetime
    ) -> dv.DirectoryPreview:
        found = await self._book.preview(content, origin, at, day_of(since))
        lines = preview_text(found, await self._book.names()).splitlines()
        return dv.DirectoryPreview(
            number=found.number,
            effective_from=found.effective_from,
            wrong=tuple(
                dv.WrongCell(row=one.row, column=one.column, why=one.why) for one in found.wrong
            ),
            lines=() if found.wrong else tuple(line.strip() for line in lines),
        )

    async def csv(self, number: int | None, at: dt.datetime) -> tuple[str, bytes]:
        version = await self._book.version(number, at)
        name = f"directory-{version.number}-{version.effective_from.isoformat()}.csv"
        return name, await self._book.csv(version)

    async def bring_in(
        self,
        content: bytes,
        origin: str,
        since: str,
        after: int,
        at: dt.datetime,
        who: Person,
    ) -> int:
        preview = await self._book.preview(content, origin, at, day_of(since))
        if preview.number != after + 1:
            raise BadInput("directory", "刚刚有人导入了另一版派单目录，请重新预览")
        return (await self._book.store(preview, who.id)).number


def _version(version: Version, current: Version | None) -> dv.DirectoryVersion:
    return dv.DirectoryVersion(
        number=version.number,
        effective_from=version.effective_from,
        origin=version.origin,
        count=len(version.entries),
        now=version is current,
    )


def _entry(entry: Entry, names: dict[str, str]) -> dv.DirectoryEntry:
    begins = f"自{entry.effective_from}" if entry.effective_from else ""
    ends = f"至{entry.effective_to}" if entry.effective_to else ""
    return dv.DirectoryEntry(
        item=entry.item,
        unit_name=names.get(entry.unit, entry.unit),
        sub_office=entry.sub_office,
        limit=str(entry.limit) if entry.limit else "",
        basis=entry.basis,
        keywords="、".join(entry.keywords),
        days=begins + ends,
    )
