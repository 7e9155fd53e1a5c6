"""Tables as officials save them: encodings, sheets, and files that mean harm."""

from __future__ import annotations

import io
import zipfile

import pytest

from hotline.errors import BadInput
from switchboard import table_files
from switchboard.table_files import read_table, write_csv

ROWS = [["事项名称", "法律依据"], ["噪声，扰民", "甲法\n第“一”条"], ["镕街", ""]]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET = f"""<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}"><sheetData>
<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>法律依据</t></is></c></row>
<row r="3"><c r="B3" t="s"><v>1</v></c><c r="D3"><v>45352</v></c><c r="E3" s="2"/></row>
<row r="5"><c r="A5" s="1"/></row>
</sheetData></worksheet>"""
SHARED = f"""<sst xmlns="{MAIN}"><si><t>事项名称</t></si>
<si><r><t>噪</t></r><r><rPr/><t>声</t></r><rPh><t>zao</t></rPh></si></sst>"""
BOOK = f"""<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr/>
<sheets><sheet name="目录" sheetId="1" r:id="rId7"/><sheet name="说明" sheetId="2" r:id="rId8"/>
</sheets></workbook>"""
LINKS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId8" Target="worksheets/sheet2.xml"/>
<Relationship Id="rId7" Target="worksheets/sheet1.xml"/></Relationships>"""


def xlsx(sheet: str = SHEET, book: str = BOOK, shared: str = SHARED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", book)
        file.writestr("xl/_rels/workbook.xml.rels", LINKS)
        file.writestr("xl/worksheets/sheet1.xml", sheet)
        file.writestr("xl/sharedStrings.xml", shared)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_each_encoding_it_is_saved_in(encoding: str) -> None:
    text = write_csv(ROWS).decode("utf-8-sig")
    assert read_table(text.encode(encoding)) == ROWS
    assert read_table("甲\t乙\n1\t2,3\n".encode(encoding)) == [["甲", "乙"], ["1", "2,3"]]


def test_what_is_written_begins_with_the_mark_table_programs_look_for() -> None:
    assert write_csv(ROWS).startswith(b"\xef\xbb\xbf")
    assert read_table(write_csv(ROWS)) == ROWS


def test_the_first_sheet_is_read_with_every_cell_in_its_place() -> None:
    assert read_table(xlsx()) == [["事项名称", "法律依据"], [], ["", "噪声", "", "45352", ""]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00\x01\xff\xff\xff", "编码"),
        ('甲,"乙\n'.encode(), "引号不成对"),
        (b"\xd0\xcf\x11\xe0rest", "旧的 .xls"),
        (b"PK\x03\x04rest", "损坏"),
        (xlsx()[:-300], "损坏"),
        (xlsx(sheet="<worksheet>"), "损坏"),
        (xlsx(shared=f'<sst xmlns="{MAIN}"/>'), "损坏"),
        (xlsx(book=BOOK.replace("rId7", "rId9")), "损坏"),
        (xlsx(book=BOOK.replace("<workbookPr/>", '<workbookPr date1904="1"/>')), "1904"),
        (xlsx(sheet=SHEET.replace('r="5"', 'r="900000"')), "行"),
        (xlsx(sheet=SHEET.replace("B3", "ZZ3")), "64列"),
        (xlsx(sheet=SHEET.replace('"D3"', '"D3" t="e"')), "公式错误"),
        (b"a" * (table_files.LARGEST + 1), "最大5MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_table(content)


def test_entities_are_not_expanded_and_floods_are_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SHARED
    with pytest.raises(BadInput, match="不该有的声明"):
        read_table(xlsx(shared=bomb))
    outside = f'<!DOCTYPE x SYSTEM "file:///etc/passwd">{SHARED}'
    with pytest.raises(BadInput, match="不该有的声明"):
        read_table(xlsx(shared=outside))
    monkeypatch.setattr(table_files, "LARGEST_PART", 100_000)
    with pytest.raises(BadInput, match="展开后太大"):
        read_table(xlsx(shared=SHARED + " " * 200_000))
