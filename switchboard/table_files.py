"""Tables that officials keep (CSV, XLSX) as rows of texts, and back to CSV.

CSV may be UTF-8, with or without its mark, or GB18030, as Chinese table programs save it. Of an
XLSX the first sheet is read, its texts and numbers only: no formula is reckoned, nothing it refers
to is opened, and what grows beyond all measure when unpacked is refused.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, Final
from xml.etree import ElementTree as ET

from hotline.errors import BadInput

LARGEST: Final = 5 * 1024 * 1024
"""Bytes of a file."""
LARGEST_PART: Final = 16 * 1024 * 1024
"""Bytes of a part of an XLSX when it is unpacked."""
WIDEST: Final = 64
TALLEST: Final = 20_000
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BOM: Final = b"\xef\xbb\xbf"


def read_table(content: bytes) -> list[list[str]]:
    """The rows of a file by its content, whatever its name. Raises BadInput with one sentence."""
    if len(content) > LARGEST:
        raise _bad(f"文件有{len(content) // 1024 // 1024}MB，最大{LARGEST // 1024 // 1024}MB")
    if content.startswith(b"PK\x03\x04"):
        return _xlsx(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise _bad("这是旧的 .xls 或加了密码的文件，请另存为不加密码的 .xlsx 或 CSV")
    return _csv(_text(content))


def write_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """The rows as UTF-8 with its mark, so that Chinese table programs read it right."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return _BOM + out.getvalue().encode("utf-8")


def _bad(why: str) -> BadInput:
    return BadInput("file", why)


# --------------------------------------------------------------------------------------------- CSV


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _bad("读不懂这个文件的文字编码，请另存为 CSV UTF-8 或 .xlsx")


def _csv(text: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    delimiter = "\t" if "\t" in first and "," not in first else ","
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise _bad("CSV 里的引号不成对或单元格过长，请用表格软件重新另存") from None


# -------------------------------------------------------------------------------------------- XLSX


def _xlsx(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            shared = _shared(book)
            return _rows(_part(book, _first_sheet(book)), shared)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, ET.ParseError) as wrong:
        raise _bad("这个 .xlsx 文件损坏或不是表格，请用表格软件重新另存") from wrong
    except (NotImplementedError, RuntimeError) as wrong:
        raise _bad("这个 .xlsx 文件加了密码或用了少见的压缩，请另存为普通 .xlsx 或 CSV") from wrong


def _part(book: zipfile.ZipFile, name: str) -> ET.Element:
    """A part as a tree. Read only up to a size, as UTF-8, without declarations of its own: with no
    DOCTYPE there are no entities to expand."""
    with book.open(name) as part:
        text = _limited(part).decode("utf-8-sig")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _bad("这个 .xlsx 文件里有不该有的声明，没有读取")
    return ET.fromstring(text)  # noqa: S314 - sizes are limited and a DOCTYPE was refused


def _limited(part: IO[bytes]) -> bytes:
    content = part.read(LARGEST_PART + 1)
    if len(content) > LARGEST_PART:
        raise _bad("这个 .xlsx 文件展开后太大，没有读取，请只留派单目录这一张表")
    return content


def _first_sheet(book: zipfile.ZipFile) -> str:
    """The name of the part that holds the first sheet."""
    workbook = _part(book, "xl/workbook.xml")
    settings = workbook.find(f"{_MAIN}workbookPr")
    if settings is not None and settings.get("date1904") in ("1", "true"):
        raise _bad("这个表用1904年日期系统，日期会读错，请另存为 CSV")
    sheet = workbook.find(f"{_MAIN}sheets/{_MAIN}sheet")
    if sheet is None:
        raise KeyError("sheet")
    for link in _part(book, "xl/_rels/workbook.xml.rels"):
        if link.get("Id") == sheet.get(_LINK):
            target = link.get("Target", "")
            return target[1:] if target.startswith("/") else f"xl/{target}"
    raise KeyError("sheet")


def _shared(book: zipfile.ZipFile) -> list[str]:
    """The texts that cells refer to by number."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    return [_words(one) for one in _part(book, "xl/sharedStrings.xml").iter(f"{_MAIN}si")]


def _words(element: ET.Element) -> str:
    """The text of a cell in all its formats; what stands above characters is left out."""
    runs = [element.find(f"{_MAIN}t"), *element.findall(f"{_MAIN}r/{_MAIN}t")]
    return "".join(run.text or "" for run in runs if run is not None)


def _rows(sheet: ET.Element, shared: Sequence[str]) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in sheet.iter(f"{_MAIN}row"):
        number = int(row.get("r") or len(rows) + 1) if (row.get("r") or "1").isdigit() else 0
        if not len(rows) < number <= TALLEST:
            raise _bad(f"这张表超过{TALLEST}行或行号混乱，请只留有内容的行")
        rows.extend([] for _ in range(number - 1 - len(rows)))
        rows.append(_cells(row, shared))
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


def _cells(row: ET.Element, shared: Sequence[str]) -> list[str]:
    cells: list[str] = []
    for place, cell in _placed(row):
        text = _value(cell, shared)
        if place >= WIDEST:
            if text:
                raise _bad(f"这张表超过{WIDEST}列，请只留有内容的列")
            continue
        cells.extend("" for _ in range(place + 1 - len(cells)))
        cells[place] = text
    return cells


def _placed(row: ET.Element) -> Iterator[tuple[int, ET.Element]]:
    """Each cell with its column, counted from nought."""
    following = 0
    for cell in row.iter(f"{_MAIN}c"):
        letters = re.match(r"[A-Z]{1,3}", cell.get("r", ""))
        if letters:
            following = 0
            for letter in letters[0]:
                following = following * 26 + ord(letter) - ord("A") + 1
            following -= 1
        yield following, cell
        following += 1


def _value(cell: ET.Element, shared: Sequence[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        inline = cell.find(f"{_MAIN}is")
        return _words(inline) if inline is not None else ""
    text = cell.findtext(f"{_MAIN}v", "")
    if kind == "e":
        raise _bad(f"单元格{cell.get('r', '')}是公式错误（{text}），请改正后再导入")
    if kind == "s" and text.isdigit():
        if int(text) >= len(shared):
            raise KeyError("shared string")
        return shared[int(text)]
    return text
