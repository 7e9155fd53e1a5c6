"""Two versions as one text, readable in Chinese and in black and white."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_desk.knowledge_reading_compare import Piece, compared, differences, folded
from hotline.knowledge import Content, Ground

WORDS = st.text(alphabet="公积金可以租房提取，。12a\n", max_size=60)


def side(pieces: tuple[Piece, ...], kind: str) -> str:
    return "".join(one.text for one in pieces if one.kind in ("same", kind))


@given(WORDS, WORDS)
def test_both_texts_can_be_read_out_of_their_comparison(before: str, after: str) -> None:
    found = differences(before, after)
    assert side(found, "out") == before
    assert side(found, "in") == after


@given(WORDS)
def test_the_same_text_has_no_differences(text: str) -> None:
    assert {one.kind for one in differences(text, text)} <= {"same"}


def test_a_figure_is_replaced_whole_and_not_by_its_digits() -> None:
    assert differences("一般3个工作日到账。", "一般13个工作日到账。") == (
        Piece("same", "一般"),
        Piece("out", "3"),
        Piece("in", "13"),
        Piece("same", "个工作日到账。"),
    )


def test_scraps_between_two_changes_do_not_tear_a_phrase_apart() -> None:
    found = differences("请到服务大厅窗口办理。", "请到网上大厅平台办理。")
    assert [one.kind for one in found] == ["same", "out", "in", "same"]
    assert found[1].text == "服务大厅窗口"


def test_a_sentence_that_came_is_shown_as_one() -> None:
    found = differences("带身份证。一天办好。", "带身份证。周末也办。一天办好。")
    assert found[1] == Piece("in", "周末也办。")


def test_a_very_long_text_is_x_and_folded() -> None:
    text = "公积金租房提取。" * 2000
    found = tuple(folded(differences(text, text + "周末也办。")))
    assert found[-1] == Piece("in", "周末也办。")
    assert len(found[0].text) < 100
    assert "（略" in found[0].text


@pytest.mark.clause("ZQ-22¶1")
def test_every_field_of_an_article_is_compared() -> None:
    before = Content(title="租房提取", words="可以。", unit="公积金中心")
    after = Content(
        title="租房提取",
        words="可以。",
        unit="公积金管理部",
        scope="本市",
        subjects="职工",
        conditions="无房",
        grounds=(Ground("住房公积金管理条例", "第二十四条"),),
        related=("gjj-2",),
        asked=("能提吗",),
        contact="12329",
        hours="工作日",
        valid_to=dt.date(2026, 12, 31),
    )
    found = compared(before, after)
    assert [one.label for one in found.changed] == [
        "常见问法", "适用范围", "适用主体", "适用条件", "依据", "关联知识", "办理单位",
        "联系方式", "服务时间", "有效期止",
    ]  # fmt: skip
    assert found.same == ("标题", "答复口径", "内部或外部")


def test_related_articles_are_compared_by_their_titles() -> None:
    before = Content(title="租房提取", words="可以。", related=("gjj-1", "gone"))
    after = Content(title="租房提取", words="可以。", related=("gjj-1", "gjj-2", "gone"))
    titles = {"gjj-1": "公积金开户", "gjj-2": "公积金贷款"}
    (change,) = compared(before, after, titles).changed
    assert [(one.kind, one.text) for one in change.pieces if one.kind != "same"] == [
        ("in", "公积金贷款\n")
    ]
    assert "gone" in "".join(one.text for one in change.pieces)
