"""Words into drafts: each slot with its evidence, nothing without, corrections win."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.drafts import DraftModel, Filled, fill
from hotline.errors import BadInput
from hotline.transcript import Turn
from switchboard.models import draft_model

MODEL = draft_model()
SHANGHAI = dt.timezone(dt.timedelta(hours=8))
# A Thursday.
AT = dt.datetime(2026, 3, 12, 10, 20, tzinfo=SHANGHAI)


def told(*words: str, places: tuple[str, ...] = ()) -> Filled:
    """The draft of a conversation in turns: agent, citizen, agent, …"""
    roles: tuple[Literal["agent", "citizen"], ...] = ("agent", "citizen")
    turns = [Turn(roles[index % 2], text) for index, text in enumerate(words)]
    return fill(turns, AT, MODEL, places)


def test_a_complaint_fills_its_slots() -> None:
    draft = told(
        "您好",
        "我要投诉翠湖花园三号楼物业一个月不打扫楼道",
        "您贵姓电话多少",
        "我叫周建国电话一三八零零零零一二三四",
    )
    assert draft.types[0].value == "投诉"
    assert draft.categories[0].value == "物业管理/卫生保洁"
    assert "住房和城乡建设局" in draft.department
    assert draft.address == "翠湖花园3号楼"
    assert draft.name == "周建国"
    assert draft.phone == "13800001234"
    assert draft.time is not None
    assert draft.time.norm == "2026-02"
    assert draft.summary == "我要投诉翠湖花园三号楼物业一个月不打扫楼道"
    assert {"phone", "name", "address", "time", "type", "summary"} <= set(draft.evidence)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("我要举报有人在楼顶私搭乱建", "举报"),
        ("我建议在学校门口装个红绿灯", "建议"),
        ("请问公积金怎么提取要什么材料", "咨询"),
        ("自来水管爆了流了一地没人修请派人来", "求助"),
        ("饭店服务员态度太差了还多收我钱", "投诉"),
    ],
)
def test_the_type_is_told_by_how_it_is_put(words: str, kind: str) -> None:
    assert told("您好", words).types[0].value == kind


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("一三八零零零零一二三四", "13800001234"),
        ("幺三八 零零零零 幺二三四", "13800001234"),
        ("13800001234", "13800001234"),
        ("138-0000-1234", "13800001234"),
        ("我叫张三一三八零零零零一二三四", "13800001234"),
        ("固定电话零七五八二二三三四四五", "07582233445"),
        ("幺三八四个零一二三四", "13800001234"),
        ("幺三八嗯零零零零嗯幺二三四", "13800001234"),
    ],
)
def test_a_spoken_number_is_read(said: str, digits: str) -> None:
    assert told("请留电话", said).phone == digits


def test_a_number_in_pieces_over_several_turns_is_put_together() -> None:
    draft = told("您的电话", "幺三八", "嗯", "零零零零", "继续", "幺二三四")
    assert draft.phone == "13800001234"


def test_a_corrected_number_wins() -> None:
    draft = told("电话", "一三八零零零零一二三四", "好的", "不对是一三九零零零零一二三四")
    assert draft.phone == "13900001234"
    tail = told("电话", "一三八零零零零一二三四", "好的", "后四位不对是五六七八")
    assert tail.phone == "13800005678"
    at_once = told("电话", "幺三八零零零零一二三五哦不是一二三四")
    assert at_once.phone == "13800001234"
    head = told("电话", "一三八零零零零一二三四", "是幺三八吗", "说错了是一三九")
    assert head.phone == "13900001234"


def test_a_landline_told_after_a_mobile_does_not_replace_it() -> None:
    draft = told("电话", "一三八零零零零一二三四", "还有别的吗", "座机零三幺幺八八七七六六五五")
    assert draft.phone == "13800001234"


def test_a_number_the_agent_reads_back_counts_when_confirmed() -> None:
    draft = told("您好", "我想问个事", "您的电话是13800001234吗", "对")
    assert draft.phone == "13800001234"
    assert told("您好", "我想问个事", "您的电话是13800001234吗", "那是别人的").phone is None


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("我叫欧阳文静", "欧阳文静"),
        ("王芳电话一三八零零零零一二三四", "王芳"),
        ("免贵姓周周海涛", "周海涛"),
        ("一三八零零零零一二三四王芳", "王芳"),
        ("我是居民代表马超", "马超"),
        ("免贵姓陈双耳旁的陈陈建设", "陈建设"),
        ("我叫王丽萍美丽的丽浮萍的萍", "王丽萍"),
        ("高翔飞翔的翔", "高翔"),
        ("李明李子的李明天的明", "李明"),
        ("林志远双木林", "林志远"),
        ("我姓孙孙悟的孙", None),
        ("免贵姓李", None),
        ("叫我张大姐就行", None),
        ("我姓刘", None),
    ],
)
def test_a_full_name_is_a_name_and_a_surname_is_none(said: str, name: str | None) -> None:
    assert told("您怎么称呼", said).name == name


@pytest.mark.parametrize(
    ("said", "norm"),
    [
        ("路灯大前天就坏了", "2026-03-09"),
        ("上上个星期五晚上开始停水", "2026-02-27"),
        ("半小时前塌的", "2026-03-12T09"),
        ("每天夜里都施工", "recurring"),
        ("三月二号他们关门了", "2026-03-02"),
        ("今天早上七点四十车没停", "2026-03-12T07"),
        ("昨天晚上八点半停电了", "2026-03-11T20"),
        ("去年八月签的合同", "2025-08"),
        ("十二月三号买的", "2025-12-03"),
        ("上周六断网了", "2026-03-07"),
        ("周一中午的饭是馊的", "2026-03-09"),
        ("三天前断的", "2026-03-09"),
        ("前年交的押金", "2024"),
        ("二零二四年五月一号交的押金", "2024-05-01"),
        ("这个月一直没水", "2026-03"),
        ("两个月前装的", "2026-01"),
        ("两个半小时前停的电", "2026-03-12T08"),
        ("每周六都放喇叭", "recurring"),
        ("每到周末晚上都唱歌", "recurring"),
        ("去年年底签的合同", "2025-12"),
        ("昨个晚上停的电", "2026-03-11"),
        ("五号晚上开始漏水", "2026-03-05"),
        ("大上个星期报的修", "2026-02-23"),
        ("大年初三放的炮", "2026-02-19"),
        ("连续一个星期没水", "2026-03-05"),
        ("一大早就放喇叭", "2026-03-12"),
    ],
)
def test_a_time_is_normalised_against_the_call(said: str, norm: str) -> None:
    draft = told("您好", f"我要投诉物业{said}")
    assert draft.time is not None
    assert draft.time.norm == norm


def test_house_numbers_and_telephones_are_no_dates() -> None:
    draft = told("您好", "我要投诉金桂苑小区十二号楼电梯坏了", "电话", "一三八零三一五零三一五")
    assert draft.time is None
    assert draft.address == "金桂苑小区12号楼"


def test_what_is_said_after_not_that_one_replaces_its_part_of_the_address() -> None:
    draft = told("您好", "阳光城三期八号楼外墙往下掉", "是三期吗", "不对，是五号楼")
    assert draft.address == "阳光城三期5号楼"


def test_an_address_told_over_several_turns_is_put_in_order() -> None:
    draft = told("您好", "惠民超市卖过期牛奶", "在哪条路上", "和平西路")
    assert draft.address == "和平西路惠民超市"


def test_a_place_told_twice_stands_in_the_address_once() -> None:
    draft = told("请讲", "我住在和去花园五栋", "请再说一遍", "我们小区的事，住在恒大去花园五栋")
    assert draft.address is not None
    assert draft.address.count("花园") == 1


def test_a_number_after_a_road_stands_before_the_place() -> None:
    draft = told("您好", "我住在滨河路二十三号紫金花园六号楼二单元三零一没有暖气")
    assert draft.address == "滨河路23号紫金花园6号楼2单元301"


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("恒丰绿洲十三号楼一单元二零零一没暖气", "恒丰绿洲13号楼1单元2001"),
        ("幸福里八栋漏水", "幸福里8栋"),
        ("城关镇东关村三组路灯坏了", "城关镇东关村三组"),
        ("金水区文化路九十五号院八号楼停水", "金水区文化路95号院8号楼"),
        ("滨江大道时代广场负一楼没有灯", "滨江大道时代广场负一楼"),
        ("万象城A座电梯坏了", "万象城A座"),
        ("丽景湾十栋三零一漏水", "丽景湾10栋301"),
        ("阳光花园东门旁边的烧烤店太吵", "阳光花园烧烤店东门"),
    ],
)
def test_an_address_is_put_together_from_its_parts(said: str, address: str) -> None:
    assert told("您好", "我要投诉", "具体在哪里", said).address == address


def test_a_place_of_the_gazetteer_needs_no_pattern() -> None:
    words = ("您好", "我要投诉月亮湾那边没有路灯")
    assert told(*words, places=("月亮湾",)).address == "月亮湾"
    assert told("您好", "金色港湾B座天天停水", places=("金色港湾",)).address is not None


def test_nothing_is_filled_from_nothing() -> None:
    draft = told("您好", "喂")
    assert draft == Filled()
    assert told() == Filled()


def test_what_only_the_agent_said_fills_nothing() -> None:
    draft = told("您好，幸福小区三号楼的王芳女士昨天投诉过物业，电话13800001234")
    assert draft == Filled()


turns = st.builds(
    Turn,
    st.sampled_from(["agent", "citizen"]),
    st.one_of(
        st.text(max_size=30),
        st.lists(
            st.sampled_from(
                "我叫 王芳 电话 一三八零零零零一二三四 13800001234 昨天 上个月 三月五号 半小时前 "
                "幸福小区 三号楼 二单元 和平西路 不对 是 五号楼 举报 建议 "
                "投诉 怎么 停水 吗 对 ， 零 十 号".split()
            ),
            max_size=12,
        ).map("".join),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(turns, max_size=6))
def test_evidence_is_always_a_stretch_of_what_was_said(said: list[Turn]) -> None:
    draft = fill(said, AT, MODEL)
    for slot, span in draft.evidence.items():
        assert 0 <= span.start < span.end <= len(said[span.turn].text), slot
    if draft.summary:
        assert draft.evidence["summary"].words(said) == draft.summary
    if draft.time:
        assert draft.evidence["time"].words(said) == draft.time.text
    if draft.name:
        assert draft.evidence["name"].words(said) == draft.name
    everything = "".join(turn.text for turn in said)
    assert all(word in everything for word in draft.keywords)
    for slot in ("address", "phone", "name", "time", "summary"):
        assert (getattr(draft, slot) is not None) == (slot in draft.evidence)
    assert bool(draft.types) == ("type" in draft.evidence)


def test_weights_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(BadInput, match="重新训练"):
        DraftModel.parse({"version": "x"})
