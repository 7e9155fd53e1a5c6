"""Attachments on a real disk and a real database: what is kept, what is refused, what is left."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import resource
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest

from agent_desk.errors import NoRoom
from agent_desk.views import Person
from hotline.errors import BadInput, NoSuch, NotAllowed
from hotline.handling_words import Act
from hotline.words import Role, TicketId, UserId
from ledger.seal import KeyRing
from ledger.store import Ledger
from switchboard import attachments
from switchboard.attachments import Shelf
from switchboard.attachments_kinds import clean_name, kind_of, named
from switchboard.attachments_scanning import Scanner
from switchboard.desk_attachments import MOST, PROOF, SIGNED, DeskAttachments, with_signed
from tests.switchboard.test_desk_books import BY, DRAFT, opened
from tests.switchboard.test_desk_handling import BOSS, at

pytestmark = pytest.mark.anyio

MB = 1024 * 1024
PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + bytes(40) + b"\xff\xd9"
WHEN = at("2026-11-02 10:00")


def office(*names: str, content: bytes = b"<x/>") -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return whole.getvalue()


DOCX = office("[Content_Types].xml", "word/document.xml")
XLSX = office("[Content_Types].xml", "xl/workbook.xml")


@dataclass(slots=True)
class Desk:
    """One ticket with its files."""

    ledger: Ledger
    book: DeskAttachments
    shelf: Shelf
    number: TicketId

    async def put(
        self, content: bytes, name: str = "材料.pdf", purpose: str = PROOF, by: Person = BOSS
    ) -> None:
        await self.book.put(self.number, io.BytesIO(content), name, purpose, by=by, at=WHEN)

    def on_disk(self) -> list[Path]:
        return [one for one in self.shelf.folder.rglob("*") if one.is_file()] + (
            list(self.shelf.beside.iterdir()) if self.shelf.beside.exists() else []
        )


@asynccontextmanager
async def a_desk(
    tmp_path: Path, *, spare: int = 0, scanner: Scanner | None = None
) -> AsyncIterator[Desk]:
    async with opened(tmp_path, "zhaoqing") as (ledger, tickets):
        saved = await tickets.save(DRAFT, call=None, by=BY, key="k", at=at("2026-11-02 09:00"))
        data, keys = tmp_path / "data", KeyRing(bytes(32))
        shelf = Shelf(data=data, largest=2 * MB, spare=spare, keys=keys, scanner=scanner)
        yield Desk(ledger, DeskAttachments(ledger, shelf), shelf, saved.number)


@pytest.mark.clause("ZQ-9(三)", "ZQ-12")
async def test_a_file_is_kept_whole_given_back_and_written_into_the_audit_book(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.put(PDF, "法院受理通知书.pdf")
        (file,) = await desk.book.of(desk.number)
        assert (file.name, file.kind, file.purpose) == ("法院受理通知书.pdf", "pdf", PROOF)
        assert file.sha256 == hashlib.sha256(PDF).hexdigest()
        given = await desk.book.give(desk.number, file.id, by=BOSS)
        assert (b"".join(given.blocks), given.size) == (PDF, len(PDF))
        (path,) = desk.on_disk()
        assert "法院" not in str(path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert b"%PDF" not in path.read_bytes()
        rows = await desk.ledger.audit.rows(subject=f"ticket:{desk.number}")
        assert [row.what for row in rows][:2] == ["file-read", "file-put"]
        assert rows[0].who == BOSS.id


async def test_the_name_of_a_file_lies_encrypted(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.put(PDF, "张三丰的病历.pdf")
    raw = b"".join(one.read_bytes() for one in tmp_path.glob("*.db*"))
    assert raw
    assert "张三丰".encode() not in raw


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "空.pdf", "是空的"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "答复.pdf", "网页文件"),
        (b"  <svg onload=x>", "图.png", "网页文件"),
        (PDF, "照片.png", "内容却是 PDF"),
        (b"%PDF-1.7\nhalf", "半个.pdf", "不完整"),
        (JPEG[:-2], "半张.jpg", "不完整"),
        (b"\x89PNG\r\n\x1a\nnothing", "假.png", "不完整"),
        (b"MZ\x90\x00\x03", "程序.pdf", "不能收这种文件"),
        (b"#!/bin/sh\necho \x07", "脚本.txt", "不能收这种文件"),
        (b"PK\x03\x04rubbish", "坏.docx", "已损坏"),
        (office("a.pdf"), "压缩包.docx", "不收压缩包"),
        (
            office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
            "宏.docx",
            "宏",
        ),
        (
            office("[Content_Types].xml", "word/document.xml", content=bytes(20 * MB)),
            "炸弹.docx",
            "大得不正常",
        ),
        (
            office("word/document.xml", *(f"{n}.xml" for n in range(2100))),
            "很多.docx",
            "大得不正常",
        ),
        (b"a" * (2 * MB + 1), "大.txt", "超过 2 MB"),
    ],
)
async def test_what_is_not_taken_is_said_in_a_sentence_and_leaves_nothing(
    tmp_path: Path, content: bytes, name: str, says: str
) -> None:
    async with a_desk(tmp_path) as desk:
        with pytest.raises(BadInput, match=says):
            await desk.put(content, name)
        assert not await desk.book.of(desk.number)
        assert not desk.on_disk()


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "一.PDF", "pdf"),
        (PNG, "二.png", "png"),
        (JPEG, "三.jpeg", "jpeg"),
        (DOCX, "四.docx", "docx"),
        (XLSX, "五.xlsx", "xlsx"),
        ("办理情况".encode("gb18030"), "六.txt", "text"),
        ("事项,天数\n".encode(), "七.csv", "text"),
    ],
)
def test_every_kind_is_known_by_its_content(content: bytes, name: str, kind: str) -> None:
    assert kind_of(io.BytesIO(content)) == kind
    assert named(name, kind).lower() == name.lower()


def test_a_name_is_only_text_to_be_shown() -> None:
    assert named("../../etc/passwd.pdf", "pdf") == "passwd.pdf"
    assert named("C:\\用户\\答复.pdf", "pdf") == "答复.pdf"
    assert named("答复\u202egnp.pdf", "pdf") == "答复gnp.pdf"
    assert named("一\n二\x00三.pdf", "pdf") == "一二三.pdf"
    assert named("", "jpeg") == "附件.jpg"
    assert named("扫描件", "pdf") == "扫描件.pdf"
    long = named("很" * 300 + ".pdf", "pdf")
    assert len(long) <= 80
    assert long.endswith("很.pdf")
    assert clean_name("..") == ""


async def test_a_withdrawn_file_stays_on_the_list_and_is_given_to_nobody(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.put(PDF)
        (file,) = await desk.book.of(desk.number)
        other = Person(
            id=UserId("u9"), login="1009", name="别人", roles=frozenset({Role.AGENT}), agent=None
        )
        with pytest.raises(NotAllowed, match="撤下"):
            await desk.book.withdraw(desk.number, file.id, "传错了", by=other)
        with pytest.raises(BadInput, match="请写明"):
            await desk.book.withdraw(desk.number, file.id, "  ", by=BOSS)
        await desk.book.withdraw(desk.number, file.id, "传错了", by=BOSS)
        await desk.book.withdraw(desk.number, file.id, "再撤一次", by=BOSS)
        (file,) = await desk.book.of(desk.number)
        assert file.withdrawn.endswith("撤下：传错了")
        with pytest.raises(NoSuch):
            await desk.book.give(desk.number, file.id, by=BOSS)
        assert len(desk.on_disk()) == 1


async def test_another_tickets_file_and_a_path_are_no_files_of_this_one(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.put(PDF)
        (file,) = await desk.book.of(desk.number)
        for number, name in (
            (TicketId("20261102-000099"), file.id),
            (desk.number, "../../secrets.json"),
            (desk.number, "0" * 20),
        ):
            with pytest.raises(NoSuch):
                await desk.book.give(number, name, by=BOSS)
        with pytest.raises(NoSuch):
            desk.shelf.place("../../secrets.json00")


async def test_bytes_that_were_changed_are_not_given_out(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.put(PDF)
        (file,) = await desk.book.of(desk.number)
        place = desk.shelf.place(file.id)
        whole = place.read_bytes()
        for other, says in (
            (PDF + b"more", "与登记相符"),
            (whole[:-1], "完好"),
            (whole[:-1] + bytes([whole[-1] ^ 1]), "完好"),
        ):
            place.write_bytes(other)
            with pytest.raises(NoSuch, match=says):
                await desk.book.give(desk.number, file.id, by=BOSS)


async def test_on_a_disk_that_is_low_nothing_is_taken(tmp_path: Path) -> None:
    async with a_desk(tmp_path, spare=1 << 60) as desk:
        with pytest.raises(NoRoom, match="磁盘只剩"):
            await desk.put(PDF)
        assert not await desk.book.of(desk.number)
        assert not desk.on_disk()


async def test_a_disk_that_fills_up_in_the_middle_leaves_nothing_half_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path) as desk:

        def full(_folder: Path) -> None:
            raise OSError(28, os.strerror(28))

        with no_file_beyond(100_000), pytest.raises(NoRoom, match="什么也没有留下"):
            await desk.put(b"a" * 300_000, "大.txt")
        monkeypatch.setattr(attachments, "sync_folder", full)
        with pytest.raises(NoRoom):
            await desk.put(PDF)
        monkeypatch.undo()
        assert not await desk.book.of(desk.number)
        assert not desk.on_disk()
        assert all(
            row.what != "file-put"
            for row in await desk.ledger.audit.rows(subject=f"ticket:{desk.number}")
        )


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """As on a full disk: the system itself refuses to let any file of this process grow beyond."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_what_the_scanner_finds_is_refused_and_written_into_the_audit_book(
    tmp_path: Path,
) -> None:
    scanner = Scanner(command=("sh", "-c", "! grep -q EICAR"), seconds=30)
    async with a_desk(tmp_path, scanner=scanner) as desk:
        assert desk.book.scanned
        await desk.put(PDF)
        with pytest.raises(BadInput, match="病毒扫描没有通过"):
            await desk.put(PDF + b"EICAR %%EOF")
        assert len(desk.on_disk()) == 1
        rows = await desk.ledger.audit.rows(subject=f"ticket:{desk.number}")
        assert (rows[0].what, rows[0].who) == ("file-infected", BOSS.id)


async def test_several_at_once_are_each_kept_whole(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        contents = [PDF + b"%d %%%%EOF" % n for n in range(4)]
        await asyncio.gather(*(desk.put(one, "现场.pdf") for one in contents))
        files = await desk.book.of(desk.number)
        given = [await desk.book.give(desk.number, one.id, by=BOSS) for one in files]
        assert sorted(b"".join(one.blocks) for one in given) == contents
        assert len(desk.on_disk()) == 4


async def test_a_reader_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    class Torn(io.RawIOBase):
        def read(self, _size: int = -1) -> bytes:
            raise ConnectionResetError

    async with a_desk(tmp_path) as desk:
        torn: BinaryIO = Torn()  # type: ignore[assignment]  # only read() is ever called
        with pytest.raises(NoRoom):
            await desk.book.put(desk.number, torn, "一.pdf", PROOF, by=BOSS, at=WHEN)
        assert not desk.on_disk()


async def test_what_a_killed_process_left_beside_is_swept(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        desk.shelf.beside.mkdir(parents=True)
        old, fresh = desk.shelf.beside / "old", desk.shelf.beside / "fresh"
        old.touch()
        fresh.touch()
        os.utime(old, (time.time() - 7200,) * 2)
        await desk.put(PDF)
        assert not old.exists()
        assert fresh.exists()


async def test_a_ticket_takes_thirty_files_and_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_desk(tmp_path) as desk:
        for number in range(30):
            await desk.put(PDF, f"{number}.pdf")
        names = {one.name for one in await desk.book.of(desk.number)}
        assert names == {f"{number}.pdf" for number in range(30)}
        assert len(desk.on_disk()) == 30
        monkeypatch.setattr("switchboard.desk_attachments.MOST", 30)
        with pytest.raises(BadInput, match="合并"):
            await desk.put(PDF)
    assert MOST >= 30


@pytest.mark.clause("ZQ-12")
async def test_the_signed_sheet_put_to_the_ticket_counts_as_the_sheet_and_the_signature(
    tmp_path: Path,
) -> None:
    labels = {
        "need-1": "12345热线工单延期办理申请表",
        "need-2": "单位分管领导签批",
        "need-3": "理由",
    }
    async with a_desk(tmp_path) as desk:
        await desk.put(PDF, "申请表.pdf", SIGNED)
        files = await desk.ledger.tickets.files.of(desk.number)
        filled = with_signed(Act.ASK_EXTENSION, {"need-2": ["陈局长"]}, labels, files, None)
        assert filled == {"need-1": ["见附件：申请表.pdf"], "need-2": ["陈局长"]}
        assert with_signed(Act.ASK_EXTENSION, {}, labels, files, at("2026-11-03 09:00")) == {}
        assert with_signed(Act.ASK_CLOSE, {}, labels, files, None) == {}
