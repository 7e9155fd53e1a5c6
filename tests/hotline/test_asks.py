"""诉求点 read out of a summary, and held against a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.asks import LONGEST, MOST, asks_of, tidy, unanswered

pytestmark = pytest.mark.clause("ZQ-14")

SUMMARIES = {
    "工地每晚打桩到两点。要求：一、停止夜间施工；二、对施工单位处罚；三、答复结果。谢谢。": (
        "停止夜间施工",
        "对施工单位处罚",
        "答复结果",
    ),
    "小区停水三天，什么时候恢复供水？是否有补偿？": ("什么时候恢复供水？", "是否有补偿？"),
    "路灯不亮，要求尽快修复并答复处理结果。": ("尽快修复", "答复处理结果"),
    "来电人咨询灵活就业社保如何缴纳。": ("灵活就业社保如何缴纳",),
    "门口占道经营，希望城管部门清理；建议增设摊位点。": ("城管部门清理", "建议增设摊位点"),
    "诉求人反映工地夜间打桩，要求停止施工，要求告知处罚结果": ("停止施工", "告知处罚结果"),
    "诉求：1.退还押金 2.赔偿损失": ("退还押金", "赔偿损失"),
    "大旺大道12号路面塌陷。": ("大旺大道12号路面塌陷",),
    "建设路25栋，失业保险金怎样申领，请告知。": ("失业保险金怎样申领",),
    "学院路空地，建筑垃圾无人清运，要求处理": ("建筑垃圾无人清运",),
    "楼下烧烤店音响扰民，请有关部门尽快处理。": ("楼下烧烤店音响扰民",),
    "要求尽快解决。": ("尽快解决",),
    "": (),
    "   \n": (),
}


@pytest.mark.parametrize("summary", SUMMARIES)
def test_what_a_summary_asks_is_listed_one_by_one(summary: str) -> None:
    assert asks_of(summary) == SUMMARIES[summary]


def test_a_number_with_a_point_is_no_counting() -> None:
    text = "水费涨到3.5元，比去年多1.2元，为什么？"
    assert len(asks_of(text)) == 1


@given(st.text(max_size=300))
def test_any_text_gives_a_short_list_without_doubles(text: str) -> None:
    found = asks_of(text)
    assert len(found) <= MOST
    assert len(set(found)) == len(found)
    assert all(one.strip() and len(one) <= LONGEST for one in found)
    assert tidy(found) == tidy(tidy(found))


def test_an_ask_is_answered_only_where_its_section_says_something() -> None:
    sections = {"办理结果": "已停止施工。", "办理经过": "  "}
    asks = ("停止施工", "处罚", "答复")
    assert unanswered(asks, {1: "办理结果", 2: "办理经过"}, sections) == ("处罚", "答复")
    assert unanswered((), {}, sections) == ()
