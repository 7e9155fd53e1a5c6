"""Attachments from the page of a ticket: what is kept, who takes it away, what is withdrawn."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import BinaryIO, Final

from agent_desk.attachment_views import Attachment, Given
from agent_desk.views import Person
from hotline.errors import BadInput, NotAllowed
from hotline.handling_gates import PAPERS
from hotline.handling_words import Act
from hotline.policy import ZONE
from hotline.words import Role, TicketId, UserId
from ledger.attachments import TicketFile
from ledger.seal import KeyRing
from ledger.store import Ledger
from switchboard.attachments import Shelf
from switchboard.attachments_kinds import MEDIA
from switchboard.attachments_scanning import Infected, scanner_of
from switchboard.installation import Installation
from switchboard.site_keep import GB, MB

SIGNED: Final = "延期办理申请表（已签批）"
PROOF: Final = PAPERS
PURPOSES: Final = (PROOF, SIGNED, "书面答复", "办理材料", "现场照片", "其他")
MOST: Final = 100
"""Files of one ticket; more is an archive, not a ticket."""
LONGEST_WHY: Final = 200


def shelf_of(here: Installation) -> Shelf:
    """Where this installation keeps its files, under which key, within which limits."""
    keep = here.site.keep
    return Shelf(
        data=here.settings.data,
        largest=keep.attachment_mb * MB,
        spare=keep.low_disk_gb * GB,
        keys=KeyRing(here.secrets.field_key),
        scanner=scanner_of(keep),
    )


class DeskAttachments:
    """Implements :class:`agent_desk.attachment_views.AttachmentBook`."""

    def __init__(self, ledger: Ledger, shelf: Shelf) -> None:
        self._ledger = ledger
        self._files = ledger.tickets.files
        self._shelf = shelf
        self.purposes: Sequence[str] = PURPOSES
        self.largest_mb = shelf.largest // MB
        self.scanned = shelf.scanner is not None

    async def of(self, number: TicketId) -> Sequence[Attachment]:
        found = await self._files.of(number)
        if not found:
            return ()
        people = {user.id: user.display_name for user in await self._ledger.accounts.users()}
        return tuple(_shown(one, people) for one in found)

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
        if purpose not in PURPOSES:
            raise BadInput("purpose", "请选择附件的用途")
        if len(await self._files.of(number)) >= MOST:
            raise BadInput("file", f"这件工单已有{MOST}个附件，请合并成一个文件再传")
        taking = self._shelf.take(source, name)
        # Entered and left in a thread: the file is sealed, hashed, looked at there.
        try:
            taken = await asyncio.to_thread(taking.__enter__)
        except Infected:
            await self._ledger.audit.record(by.id, "file-infected", f"ticket:{number}")
            raise
        try:
            file = TicketFile(
                id=taken.id,
                ticket=number,
                name=taken.name,
                kind=taken.kind,
                purpose=purpose,
                bytes=taken.bytes,
                sha256=taken.sha256,
                at=at,
                by=by.id,
            )
            try:
                await self._files.add(file, lambda: asyncio.to_thread(self._shelf.keep, taken))
            except BaseException:
                self._shelf.drop(taken.id)
                raise
        finally:
            await asyncio.to_thread(taking.__exit__, None, None, None)

    async def give(self, number: TicketId, file: str, *, by: Person) -> Given:
        found = await self._files.read(number, file, by=by.id)
        blocks = await asyncio.to_thread(self._shelf.read, found.id, found.sha256)
        return Given(blocks, found.bytes, found.name, MEDIA[found.kind])

    async def withdraw(self, number: TicketId, file: str, why: str, *, by: Person) -> None:
        reason = why.strip()
        if not reason:
            raise BadInput("why", "请写明为什么撤下这个附件")
        if len(reason) > LONGEST_WHY:
            raise BadInput("why", f"理由最多{LONGEST_WHY}字，请删减")
        found = await self._files.one(number, file)
        if found.by != by.id and Role.SUPERVISOR not in by.roles:
            raise NotAllowed("没有上传它的人", "撤下这个附件")
        await self._files.withdraw(number, file, by=by.id, why=reason)


def _shown(file: TicketFile, people: Mapping[UserId, str]) -> Attachment:
    withdrawn = ""
    if file.withdrawn_at is not None:
        local = file.withdrawn_at.astimezone(ZONE)
        who = people.get(file.withdrawn_by or UserId(""), "")
        withdrawn = f"{local.month}月{local.day}日 {local:%H:%M} {who}撤下：{file.why}"
    return Attachment(
        id=file.id,
        name=file.name,
        kind=file.kind,
        purpose=file.purpose,
        bytes=file.bytes,
        sha256=file.sha256,
        at=file.at,
        by=file.by,
        by_name=people.get(file.by, str(file.by)),
        withdrawn=withdrawn,
    )


def _fresh(
    files: Sequence[TicketFile], purpose: str, since: dt.datetime | None
) -> list[TicketFile]:
    return [
        one
        for one in files
        if one.purpose == purpose
        and one.withdrawn_at is None
        and (since is None or one.at >= since)
    ]


def with_signed(
    act: Act,
    form: Mapping[str, Sequence[str]],
    labels: Mapping[str, str],
    files: Sequence[TicketFile],
    since: dt.datetime | None,
) -> Mapping[str, Sequence[str]]:
    """The form of an application for more time, where the signed sheet was put to the ticket since
    ``since``: the fields that ask for the sheet and the signature then name it (ZQ 12). So does the
    closing of a matter that the unit does not accept with its papers (ZQ 9三)."""
    if act is Act.ASK_CLOSE and "papers" in labels:
        # Only a file counts as papers: what is typed in its place does not.
        proof = _fresh(files, PROOF, since)
        return {**form, "papers": [f"见附件：{proof[-1].name}"] if proof else []}
    if act is not Act.ASK_EXTENSION:
        return form
    fresh = _fresh(files, SIGNED, since)
    if not fresh:
        return form
    filled = dict(form)
    for name, label in labels.items():
        asks_paper = "申请表" in label or "签批" in label
        if asks_paper and not any(one.strip() for one in form.get(name, ())):
            filled[name] = [f"见附件：{fresh[-1].name}"]
    return filled
