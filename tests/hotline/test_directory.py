"""The dispatch directory: rows judged cell by cell, versions compared, one entry for a ticket."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import directory as d
from hotline import directory_rows as rows
from hotline.handle import act_on
from hotline.handling import Handling, handling_of
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part
from hotline.policy import ZONE
from hotline.rulings import Span, Unit
from hotline.words import TicketType, UnitId
from tests.hotline.shipped import calendar, policy

HEAD = ["事项名称", "法律依据", "承办单位", "办理期限", "建议承办的镇街所属工作机构"]
UNITS = (
    rows.KnownUnit(UnitId("chengguan"), "城管局", "部门"),
    rows.KnownUnit(UnitId("shui"), "供水公司", "公共服务企业"),
    rows.KnownUnit(UnitId("jiedao"), "中心街道", "镇街"),
    rows.KnownUnit(UnitId("dongcun"), "东村村民委员会", "村民委员会"),
    rows.KnownUnit(UnitId("xiju"), "西居委会", "部门"),
    rows.KnownUnit(UnitId("s1"), "服务站", "部门"),
    rows.KnownUnit(UnitId("s2"), "服务站", "部门"),
)
ZHONGSHAN = policy("zhongshan", dt.date(2026, 11, 2))
GROUND = rows.Ground(
    units=UNITS,
    never_lead=ZHONGSHAN.dispatch.never_lead.value or (),
    never_lead_article="第六条",
    towns_name_office="第十五条",
)
NOISE = d.Entry(
    item="噪声扰民", basis="甲法第一条", unit=UnitId("chengguan"), limit=Span(5, Unit.WORKING_DAY)
)
WATER = d.Entry(item="停水", basis="乙办法第二条", unit=UnitId("shui"), keywords=("水压低", "供水"))


def at(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def version(number: int, *entries: d.Entry, since: str = "2026-01-01") -> d.Version:
    return d.Version(
        number=number,
        effective_from=dt.date.fromisoformat(since),
        stored_at=at("2025-12-20 09:00"),
        origin="a.csv",
        entries=entries,
    )


def whys(*table: list[str], head: list[str] = HEAD) -> list[str]:
    return [str(one) for one in rows.read([head, *table], GROUND).wrong]


@pytest.mark.clause("ZS-15¶2", "ZS-5")
def test_a_row_becomes_an_entry_with_its_limit_and_the_office_of_the_town() -> None:
    found = rows.read(
        [
            [*HEAD, "关键词", "生效日期", "失效日期"],
            [
                "占道经营",
                "丙条例",
                "中心街道",
                "5 个工作日",
                "综合办",
                "摆摊，占道",
                "2026/1/1",
                "46387",
            ],
            ["", "", "", "", ""],
            ["停水", "乙办法", "shui"],
        ],
        GROUND,
    )
    assert found.wrong == []
    assert found.entries[0] == d.Entry(
        item="占道经营",
        basis="丙条例",
        unit=UnitId("jiedao"),
        limit=Span(5, Unit.WORKING_DAY),
        sub_office="综合办",
        keywords=("摆摊", "占道"),
        effective_from=dt.date(2026, 1, 1),
        effective_to=dt.date(2026, 12, 31),
    )
    assert (found.entries[1].unit, found.entries[1].limit) == ("shui", None)


def test_every_wrong_cell_is_named_with_its_row_and_column() -> None:
    wrong = whys(
        ["甲", "", "没有的局", "尽快", ""],
        ["", "乙法", "城管局", "2年", ""],
        ["丙", "丙法", "服务站", "", ""],
        ["丁", "丁法", "中心街道", "", ""],
        ["=1+1", "戊法", "城管局", "", ""],
    )
    assert wrong == [
        "第2行“法律依据”：没有写法律依据，请写明文件和条款",
        "第2行“承办单位”：没有“没有的局”这个承办单位，请先在单位目录里登记，或改成已登记的名称",
        "第2行“办理期限”：看不懂办理期限“尽快”，请写成“5个工作日”“15天”或“24小时”，没有就空着",
        "第3行“事项名称”：没有写事项名称",
        "第3行“办理期限”：看不懂办理期限“2年”，请写成“5个工作日”“15天”或“24小时”，没有就空着",
        "第4行“承办单位”：有2个单位叫“服务站”，请写单位代码：s1、s2",
        "第5行“建议承办的镇街所属工作机构”：承办单位是镇街的，还应当列明建议承办的镇街所属工作机构〔第十五条〕",
        "第6行“事项名称”：以“=”开头会被表格软件当作公式，请改写",
    ]


@pytest.mark.parametrize("unit", ["东村村民委员会", "西居委会"])
@pytest.mark.clause("ZS-6")
def test_a_committee_of_residents_is_never_the_unit_of_a_matter(unit: str) -> None:
    (why,) = whys(["甲", "甲法", unit, "", ""])
    assert "不得作为主责办理单位" in why
    assert "〔第六条〕" in why
    free = replace(GROUND, never_lead=())
    assert rows.read([HEAD, ["甲", "甲法", unit, "", ""]], free).wrong == []


def test_the_same_matter_twice_on_one_day_is_refused_and_one_after_the_other_is_not() -> None:
    head = ["事项名称", "法律依据", "承办单位", "生效日期", "失效日期"]
    first = ["停水", "乙法", "供水公司", "", "2026-06-30"]
    assert whys(first, ["停 水", "乙法", "城管局", "2026-07-01", ""], head=head) == []
    (why,) = whys(first, ["停 水", "乙法", "城管局", "2026-06-30", ""], head=head)
    assert why == (
        "第3行“事项名称”：与第2行是同一事项，日期又重叠，请留一行，或写开生效日期、失效日期"
    )
    (why,) = whys(["停水", "乙法", "供水公司", "2026-07-01", "2026-06-30"], head=head)
    assert why == "第2行“失效日期”：失效日期2026-06-30早于生效日期2026-07-01，请对调或改正"


@pytest.mark.parametrize("raw", ["2026-02-30", "明天", "2026", "9999999"])
def test_a_day_that_is_none_is_said(raw: str) -> None:
    (why,) = whys(["甲", "甲法", "城管局", raw], head=[*HEAD[:3], "生效日期"])
    assert why == f"第2行“生效日期”：看不懂日期“{raw}”，请写成 2026-01-01"


def test_the_heading_says_which_columns_are_missing_unknown_or_twice() -> None:
    assert whys(["x"], head=["事项名称", "承办单位", "承办单位", "电话"]) == [
        "第1行“承办单位”：这一列出现了两次，请留一列",
        "第1行“电话”：不认识这一列，可用的列名是" + "、".join(rows.COLUMNS),
        "第1行“法律依据”：缺这一列，请在第一行写上",
    ]
    assert rows.read([], GROUND).wrong[0].why.startswith("表是空的")
    assert whys() == ["第2行：列名下面没有一行事项"]
    assert whys(*[["甲"]] * 5001) == ["第5002行：有5001行，最多5000行，请分开"]


WORDS = st.text("甲乙丙停水噪声Aa1", min_size=1, max_size=12)
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))
ENTRIES = st.builds(
    d.Entry,
    item=WORDS,
    basis=WORDS,
    unit=st.sampled_from([UnitId("chengguan"), UnitId("shui"), UnitId("s1")]),
    limit=st.none()
    | st.builds(Span, st.integers(1, 99), st.sampled_from([Unit.WORKING_DAY, Unit.DAY, Unit.HOUR])),
    sub_office=st.just("") | WORDS,
    keywords=st.lists(WORDS, max_size=3, unique=True).map(tuple),
    effective_from=st.none() | DAYS,
)


@given(st.lists(ENTRIES, min_size=1, max_size=5, unique_by=lambda one: d.plain(one.item)))
def test_what_is_written_is_read_again_without_loss(entries: list[d.Entry]) -> None:
    found = rows.read(rows.written(entries, UNITS), GROUND)
    assert found.wrong == []
    assert found.entries == entries
    assert not d.diff(entries, found.entries)


@pytest.mark.clause("ZS-15¶3")
def test_two_versions_differ_by_what_is_new_changed_and_gone() -> None:
    longer = replace(NOISE, limit=Span(3, Unit.WORKING_DAY), sub_office="执法办")
    light = d.Entry(item="路灯", basis="丁", unit=UnitId("chengguan"))
    found = d.diff([NOISE, WATER], [light, longer])
    assert found.new == (light,)
    assert found.removed == (WATER,)
    assert [(one.before, one.after, one.names) for one in found.changed] == [
        (NOISE, longer, ("limit", "sub_office"))
    ]


def test_a_matter_is_found_by_its_name_before_any_keyword_and_only_on_its_days() -> None:
    supply = d.Entry(item="供水", basis="丙", unit=UnitId("chengguan"))
    ended = replace(NOISE, effective_to=dt.date(2026, 6, 30))
    book = version(1, WATER, supply, ended)
    day = dt.date(2026, 6, 30)
    assert book.find("供水", day) == (supply,)
    assert book.find("水压低", day) == (WATER,)
    assert book.find("噪声扰民", day) == (ended,)
    assert book.find("噪声扰民", day + dt.timedelta(days=1)) == ()
    assert book.find("", day) == ()


def test_the_version_of_a_moment_is_the_one_begun_and_known_by_then() -> None:
    first, second = version(1, NOISE), version(2, NOISE, since="2026-12-01")
    late = replace(version(3, NOISE, since="2026-11-02"), stored_at=at("2026-11-02 15:00"))

    def number(when: str) -> int | None:
        found = d.in_force([first, second, late], at(when), ZONE)
        return found.number if found else None

    assert number("2025-12-31 23:59") is None
    assert number("2026-11-02 10:00") == 1
    assert number("2026-11-02 15:00") == 3
    assert number("2026-12-01 00:00") == 2


@pytest.mark.clause("ZS-15¶3")
def test_open_tickets_that_would_get_another_unit_or_limit_are_named() -> None:
    before = version(1, NOISE, WATER)
    after = [replace(NOISE, limit=Span(3, Unit.WORKING_DAY)), replace(WATER, basis="新依据")]

    def case(number: str, item: str) -> d.OpenCase:
        return d.OpenCase(
            ticket=number, type=TicketType.COMPLAINT, item=item, unit=None, dispatched=False
        )

    cases = [case("a", "噪声扰民"), case("b", "停水"), case("c", "别的")]
    day = dt.date(2026, 12, 1)
    (one,) = d.affected(cases, before, after, day, ZHONGSHAN)
    assert (one.case.ticket, one.other_unit, one.other_limit) == ("a", False, True)
    # Zhaoqing rules its limits itself: a directory's limit changes nothing there.
    assert d.affected(cases, before, after, day, policy("zhaoqing", day)) == ()
    gone = d.affected(cases, before, [WATER], day, policy("zhaoqing", day))
    assert [(one.case.ticket, one.other_unit) for one in gone] == [("a", True)]


@pytest.mark.clause("ZS-15¶1")
def test_the_limit_of_the_directory_dates_a_ticket_and_is_cited() -> None:
    book = version(2, NOISE)
    law = d.by_law(book, NOISE)
    assert law is not None
    assert str(law.article) == "派单目录（第2版） 甲法第一条"
    assert d.by_law(book, WATER) is None
    handling = handling_of(TicketType.COMPLAINT, at("2026-11-02 09:00"), [])
    done = act_on(handling, "t", _dispatch(), at("2026-11-02 10:00"), ZHONGSHAN, calendar(), law)
    assert done.course.deadline is not None
    assert done.course.deadline.due_at == at("2026-11-09 23:59").replace(second=59)
    assert done.course.deadline.article == law.article


def _dispatch() -> Asked:
    return Asked(act=Act.DISPATCH, part=Part.CENTRE, by="u", body="热线", unit=UnitId("chengguan"))


def test_a_ticket_keeps_to_the_moment_it_was_dispatched_until_it_goes_to_another_unit() -> None:
    handling: Handling = handling_of(TicketType.COMPLAINT, at("2026-11-02 09:00"), [])
    assert d.dispatched_at(handling, at("2026-11-02 09:30")) is None
    sent = act_on(handling, "t", _dispatch(), at("2026-11-02 10:00"), ZHONGSHAN, calendar())
    later = at("2026-12-02 10:00")
    assert d.dispatched_at(sent.handling, later) == at("2026-11-02 10:00")
    assert d.dispatched_at(sent.handling, later, UnitId("chengguan")) == at("2026-11-02 10:00")
    assert d.dispatched_at(sent.handling, later, UnitId("shui")) == later
    nobodys = replace(sent.handling, unit=None, received_at=None)
    assert d.dispatched_at(nobodys, later) == at("2026-11-02 10:00")
    assert d.dispatched_at(nobodys, later, UnitId("chengguan")) == later


def test_a_limit_of_the_directory_governs_only_where_the_regulation_leaves_it_open() -> None:
    day = dt.date(2026, 11, 2)
    ruled = {
        code: d.governs(policy(code, day), TicketType.COMPLAINT)
        for code in ("zhongshan", "zhaoqing", "hebei")
    }
    assert ruled == {"zhongshan": True, "zhaoqing": False, "hebei": False}
