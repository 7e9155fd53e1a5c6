"""The files and papers of the small town's tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from agent_desk.access_views import Seen
from agent_desk.attachment_views import Attachment, Given
from agent_desk.paper_views import FORMS, Printed
from agent_desk.supervision_views import SupervisionForm
from agent_desk.views import Person
from hotline.errors import HotlineError, NoSuch
from hotline.words import TicketId

AT = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)


@dataclass(slots=True)
class FakeAttachments:
    """Implements AttachmentBook; ``fault`` is raised by the next act."""

    purposes: Sequence[str] = ("不予受理的说明材料", "现场照片")
    largest_mb: int = 20
    scanned: bool = False
    rows: list[Attachment] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    fault: HotlineError | None = None

    async def of(self, number: TicketId) -> Sequence[Attachment]:
        return tuple(self.rows)

    async def put(
        self,
        number: TicketId,
        source: BinaryIO,
        name: str,
        purpose: str,
        *,
        by: Person,
        at: dt.datetime,
    ) -> None:
        if self.fault is not None:
            raise self.fault
        content = source.read()
        id_ = f"{len(self.rows):020x}"
        self.kept[id_] = content
        self.rows.append(
            Attachment(
                id=id_,
                name=name,
                kind="pdf",
                purpose=purpose,
                bytes=len(content),
                sha256="",
                at=at,
                by=by.id,
                by_name=by.name,
            )
        )

    async def give(self, number: TicketId, file: str, *, by: Person) -> Given:
        if file not in self.kept:
            raise NoSuch("附件", file)
        self.taken.append(by.login)
        content = self.kept[file]
        name = next(one.name for one in self.rows if one.id == file)
        return Given(iter([content]), len(content), name, "application/pdf")

    async def withdraw(self, number: TicketId, file: str, why: str, *, by: Person) -> None:
        if self.fault is not None:
            raise self.fault


@dataclass(slots=True)
class FakePapers:
    """Implements Papers; remembers what was printed and for whom."""

    asked: list[tuple[str, Seen]] = field(default_factory=list)
    fault: HotlineError | None = None

    async def pdf(self, form: str, found: Seen, at: dt.datetime) -> Printed:
        if self.fault is not None:
            raise self.fault
        self.asked.append((form, found))
        return Printed(b"%PDF-1.7 paper", f"{FORMS[form]}-{found.ticket.number}.pdf")

    async def slip(self, form: SupervisionForm, at: dt.datetime) -> Printed:
        return Printed(b"%PDF-1.7 slip", f"{form.number}.pdf")


@dataclass(slots=True)
class FakeAsks:
    """Implements AskBook."""

    rows: tuple[str, ...] = ("停止夜间施工",)
    fault: HotlineError | None = None

    async def of(self, number: TicketId) -> Sequence[str]:
        return self.rows

    async def correct(
        self, number: TicketId, asks: Sequence[str], version: int, *, by: Person
    ) -> None:
        if self.fault is not None:
            raise self.fault
        self.rows = tuple(asks)
