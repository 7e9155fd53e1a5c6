"""What a file is, by its content: PDF, JPEG, PNG, DOCX, XLSX, plain text; and a name fit to show.

A name proves nothing and is only compared: HTML that calls itself .pdf is refused. Archives are
looked into by their directory alone; nothing is ever unpacked.
"""

from __future__ import annotations

import codecs
import os
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO, Final

from hotline.errors import BadInput

KINDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "pdf": (".pdf",),
        "jpeg": (".jpg", ".jpeg"),
        "png": (".png",),
        "docx": (".docx",),
        "xlsx": (".xlsx",),
        "text": (".txt", ".csv"),
    }
)
"""The kinds that are taken, each with the endings its name may have."""
MEDIA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pdf": "application/pdf",
        "jpeg": "image/jpeg",
        "png": "image/png",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "text": "text/plain; charset=utf-8",
    }
)
IN_WORDS: Final = "PDF、JPEG、PNG、DOCX、XLSX 和纯文本（TXT、CSV）"
LONGEST_NAME: Final = 80
MOST_PARTS: Final = 2000
LARGEST_INSIDE: Final = 300 * 1024 * 1024
STEEPEST: Final = 200
"""How many times larger than itself an archive may become: office files stay far below."""
_PARTS: Final = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
_TAIL: Final = 2048
_BLOCK: Final = 256 * 1024
_PAGE: Final = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|\?xml)", re.IGNORECASE)
_NOT_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def kind_of(file: BinaryIO) -> str:
    """The kind of a file by what is in it. Raises BadInput for what is not taken."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise BadInput("file", "这个文件是空的，请检查后重新选择")
    file.seek(0)
    head = file.read(8192)
    file.seek(max(size - _TAIL, 0))
    tail = file.read()
    if head.startswith(b"%PDF-"):
        return _whole("pdf", b"%%EOF" in tail, "PDF")
    if head.startswith(b"\xff\xd8\xff"):
        return _whole("jpeg", b"\xff\xd9" in tail, "JPEG")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _whole("png", head[12:16] == b"IHDR" and b"IEND" in tail, "PNG")
    if head.startswith(b"PK\x03\x04"):
        return _office(file, size)
    if _is_text(file, head):
        return "text"
    raise BadInput("file", f"不能收这种文件：只收{IN_WORDS}")


def _whole(kind: str, complete: bool, title: str) -> str:
    if not complete:
        raise BadInput("file", f"这个{title}文件不完整，请重新导出或扫描后再传")
    return kind


def _office(file: BinaryIO, size: int) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
        raise BadInput("file", "这个文件不完整或已损坏，请重新保存后再传") from None
    inside = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or inside > LARGEST_INSIDE or inside > STEEPEST * size:
        raise BadInput("file", "这个文件解开后大得不正常，不能收：请另存为 PDF 后再传")
    names = {part.filename for part in parts}
    kind = next((kind for kind, part in _PARTS.items() if part in names), None)
    if kind is None or "[Content_Types].xml" not in names:
        raise BadInput("file", f"不收压缩包：请逐个上传{IN_WORDS}")
    if any(part.flag_bits & 1 for part in parts):
        raise BadInput("file", "这个文件加了密码，请去掉密码后再传")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise BadInput("file", "这个文件带有宏，请另存为不带宏的格式或 PDF 后再传")
    return kind


def _is_text(file: BinaryIO, head: bytes) -> bool:
    if _PAGE.search(head):
        raise BadInput("file", "这是网页文件，不能收：请另存为 PDF 后再传")
    return any(_reads_as(encoding, file) for encoding in ("utf-8", "gb18030"))


def _reads_as(encoding: str, file: BinaryIO) -> bool:
    """Whether a file is text in this encoding from end to end; a block of it at a time."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while block := file.read(_BLOCK):
            if _NOT_TEXT.search(block):
                return False
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def named(name: str, kind: str) -> str:
    """The name as it is kept. Raises BadInput where its ending says another kind."""
    clean = clean_name(name)
    stem, dot, ending = clean.rpartition(".")
    if not dot or not stem:
        return f"{clean[: LONGEST_NAME - 5] or '附件'}{KINDS[kind][0]}"
    if f".{ending.lower()}" not in KINDS[kind]:
        raise BadInput(
            "file", f"文件名是 .{ending[:12]}，内容却是 {kind.upper()}：请换成原来的文件再传"
        )
    return f"{stem[: LONGEST_NAME - len(ending) - 1].rstrip()}.{ending.lower()}"


def clean_name(name: str) -> str:
    """Without path, control, format (bidi) characters and what file systems refuse."""
    plain = unicodedata.normalize("NFC", name)
    seen = "".join(one for one in plain if unicodedata.category(one)[0] != "C")
    last = re.split(r"[/\\]", seen)[-1]
    return re.sub(r"[<>:\"|?*\s]+", " ", last).strip(" .")
