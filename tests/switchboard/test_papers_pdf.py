"""Papers as PDF: every character is there as text, the fonts travel with it, pages break well."""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import replace
from functools import cache
from typing import cast

import pytest
from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject

from asterisk_conf.debian import default_cache
from hotline.papers import (
    Answer,
    Extension,
    Matter,
    Paper,
    Step,
    Supervising,
    answer_paper,
    extension_paper,
    supervision_paper,
    ticket_paper,
)
from switchboard.papers_fonts import PaperFonts, bring
from switchboard.papers_pdf import LACKING, pdf_of

pytestmark = pytest.mark.slow

AT = dt.datetime(2026, 10, 12, 9, 0, tzinfo=dt.UTC)
RARE = "䶮𠮷喆堃㛃𬱖䲜䶶鿿𪜀𰀁"
MATTER = Matter(
    number="20260918-000046",
    type="投诉",
    status="办理中",
    headline="恒裕花园南侧在建工地夜间连续打桩",
    summary="恒裕花园南侧在建工地夜间连续打桩，影响休息。",
    category="噪声扰民",
    address="高新区大旺大道12号",
    happened="2026年9月15日起",
    contact="林**",
    phone="138 **** 6027",
    opened="2026年9月18日",
    received="2026年9月18日 09:12",
    due="2026年10月15日",
    why="第十条",
    unit="区城市管理和综合执法局",
    helpers="",
    line="肇庆高新区12345政务服务便民热线",
    document="肇庆高新区12345政务服务便民热线运行管理办法",
    printed="2026年10月12日",
)
EXTENSION = Extension(
    title="12345热线工单延期办理申请表",
    count="第1次（不超过2次）",
    was="2026年10月15日",
    until="",
    reason="须待噪声监测报告。",
    done="",
    approver="12345热线\n工作机构审核",
    rule="依据：第十二条。",
)
SLIP = Supervising(
    slip="20260918-000046",
    form="督办单",
    reason="超过期限",
    demand="请办结",
    until="2026年10月20日",
    by="12345热线",
    on="2026年10月16日",
    rule="依据：第十七条。",
)


@cache
def fonts() -> PaperFonts:
    return bring(default_cache())


def read(paper: Paper) -> PdfReader:
    return PdfReader(io.BytesIO(pdf_of(paper, fonts(), AT)))


def words(reader: PdfReader) -> str:
    return "".join(said(page) for page in reader.pages)


def said(page: PageObject) -> str:
    """pypdf puts a NUL where a two-byte code has an empty half."""
    return re.sub(r"[\s\0]+", "", page.extract_text())


def answer(text: str) -> Paper:
    sections = (("办理时间", "9月26日"), ("办理经过", text), ("办理结果", "已停止"))
    return answer_paper(MATTER, Answer(sections=sections, unit="区城管局", on="2026年10月9日"))


@pytest.mark.clause("ZQ-12")
def test_the_application_fits_one_page_and_has_room_for_two_hands() -> None:
    reader = read(extension_paper(MATTER, EXTENSION))
    assert len(reader.pages) == 1
    text = words(reader)
    for part in ("12345热线工单延期办理申请表", "第1次（不超过2次）", "须待噪声监测报告。"):
        assert part in text
    assert text.count("年月日") == 3  # until when, and under both signatures
    assert "—1—" in text


def test_nobody_signs_on_a_page_that_says_nothing() -> None:
    text = "\n".join(f"第{number}日到现场检查。" for number in range(10))
    reader = read(answer(text))
    assert len(reader.pages) == 2
    assert "特此答复。区城管局（盖章）2026年10月9日" in said(reader.pages[1])


@pytest.mark.clause("ZS-20(一)(二)")
def test_a_long_answer_goes_over_pages_with_all_its_words_and_numbers() -> None:
    text = "".join(f"第{number}日到现场检查，责令停止施工。" for number in range(1, 150))
    reader = read(answer(text))
    assert len(reader.pages) >= 4
    pages = [said(page) for page in reader.pages]
    assert all(page.startswith(f"—{number}—") for number, page in enumerate(pages, start=1))
    whole = "".join(page.partition("—")[2].partition("—")[2] for page in pages)
    assert text in whole
    assert whole.endswith("特此答复。区城管局（盖章）2026年10月9日")


def test_rare_characters_are_characters_and_no_boxes() -> None:
    printed = words(read(answer(f"联系人{RARE}。")))
    assert RARE in printed
    assert LACKING not in printed


def test_what_no_font_has_is_marked_and_the_rest_is_printed() -> None:
    printed = words(read(answer("\u16a0好了。")))
    assert f"{LACKING}好了。" in printed


def test_every_font_travels_with_the_file_and_none_whole() -> None:
    data = pdf_of(answer(RARE), fonts(), AT)
    assert len(data) < 200_000
    reader = PdfReader(io.BytesIO(data))
    found = {}
    for page in reader.pages:
        resources = page["/Resources"].get_object()
        assert isinstance(resources, DictionaryObject)
        for font in cast("DictionaryObject", resources["/Font"]).values():
            below = font.get_object()["/DescendantFonts"][0].get_object()
            described = below["/FontDescriptor"].get_object()
            found[str(below["/BaseFont"])] = {"/FontFile2", "/FontFile3"} & set(described)
    assert len(found) == 3
    assert all(found.values())
    assert all("+" in name for name in found)


def test_a_table_repeats_its_head_on_every_page_and_stays_with_its_heading() -> None:
    steps = [
        Step(f"9月{day}日", "阶段性报告", "区城管局", "已到现场，正在核实。" * 12)
        for day in range(1, 20)
    ]
    reader = read(ticket_paper(MATTER, steps, ("停止施工", "答复结果")))
    pages = [said(page) for page in reader.pages]
    assert len(pages) >= 4
    assert all("时间动作经办内容" in page for page in pages[1:])
    assert "办理经过时间动作经办内容" in pages[1]  # not at the foot of the form alone
    assert "1.停止施工2.答复结果" in pages[0]


def test_a_ticket_nobody_worked_on_says_so() -> None:
    assert "还没有办理记录" in words(read(ticket_paper(MATTER, (), ())))


def test_the_supervision_slip_leaves_room_for_the_reply() -> None:
    reader = read(supervision_paper(MATTER, SLIP))
    assert len(reader.pages) == 1
    assert "承办单位办理反馈" in words(reader)


def test_words_of_ten_thousand_characters_in_a_cell_are_all_there() -> None:
    text = "".join(f"{number}号楼，" for number in range(2000))
    reader = read(extension_paper(MATTER, replace(EXTENSION, reason=text)))
    printed = words(reader)
    assert all(f"{number}号楼" in printed for number in (0, 999, 1999))
    assert len(reader.pages) > 5
