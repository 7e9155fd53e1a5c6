"""Live drafts: each slot stands on words of one final, in whatever order the finals came."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_desk.aids import DraftShown, DraftSlot
from agent_desk.said import Said
from hotline.drafts import fill
from hotline.slots_time import Moment
from hotline.tickets import LIMITS
from hotline.transcript import Span
from hotline.words import CallId
from switchboard import drafting as module
from switchboard.drafting import (
    KEPT_FIRST,
    KEPT_LAST,
    Drafter,
    draft_of,
    read_places,
    time_in_words,
    turn_of,
    units_named,
)
from switchboard.models import draft_model

pytestmark = pytest.mark.anyio
CALL, OTHER = CallId("call-1"), CallId("call-2")
MODEL = draft_model()
UNITS = (
    "12345热线协管办",
    "城市管理和综合执法局",
    "住房和城乡建设局",
    "公安分局",
    "中心街道办事处",
)
# 20:00 in Shanghai, a day later than in the afternoon of UTC.
START = dt.datetime(2026, 3, 11, 17, 0, tzinfo=dt.UTC)


def said(
    text: str,
    at_s: float = 0.0,
    *,
    leg: Literal["caller", "agent"] = "caller",
    final: bool = True,
    call: CallId = CALL,
) -> Said:
    at = START + dt.timedelta(seconds=at_s)
    return Said(call=call, leg=leg, text=text, final=final, from_s=at_s, at=at)


@dataclass
class Desk:
    """A screen, and the drafter that shows on it."""

    pages: list[DraftShown] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.drafter = Drafter(MODEL, self.pages.append, units=lambda: UNITS)

    def slot(self, name: str) -> DraftSlot | None:
        slots = self.pages[-1].slots if self.pages else ()
        return next((slot for slot in slots if slot.slot == name), None)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    there = Desk()
    yield there
    await there.drafter.close()


async def until(so: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.002)


async def test_a_complaint_fills_the_form_slot_by_slot_with_its_words(desk: Desk) -> None:
    desk.drafter.heard(said("您好请讲", leg="agent"))
    desk.drafter.heard(said("我要投诉翠湖花园三号楼物业一个月不打扫楼道", 4.5))
    await until(lambda: desk.slot("address"))
    desk.drafter.heard(said("您贵姓电话多少", 9.0, leg="agent"))
    desk.drafter.heard(said("我叫周建国电话一三八零零零零一二三四", 12.0))
    await until(lambda: desk.slot("phone"))
    kind = desk.slot("type")
    assert kind is not None
    assert kind == DraftSlot(
        slot="type",
        value="投诉",
        others=kind.others,
        words="要投诉",
        leg="caller",
        from_s=4.5,
        start=1,
        end=4,
    )
    assert "投诉" not in kind.others
    told = {slot.slot: slot for slot in desk.pages[-1].slots}
    assert told["address"].value == "翠湖花园3号楼"
    assert (told["address"].words, told["address"].from_s) == ("翠湖花园三号楼", 4.5)
    assert told["happened"].value == "一个月（2026年2月）"
    assert (told["contact"].value, told["phone"].value) == ("周建国", "13800001234")
    assert told["phone"].from_s == 12.0
    assert told["summary"].value == "我要投诉翠湖花园三号楼物业一个月不打扫楼道"
    assert told["unit"].value == "住房和城乡建设局"
    assert told["category"].value.startswith("物业管理")
    assert desk.pages[-1].keywords


async def test_greetings_fill_nothing(desk: Desk) -> None:
    desk.drafter.heard(said("喂你好"))
    await until(lambda: desk.pages)
    assert desk.pages == [DraftShown(call=CALL)]


async def test_the_answer_may_be_heard_before_the_question(desk: Desk) -> None:
    desk.drafter.heard(said("我想问个事"))
    desk.drafter.heard(said("对", 9.0))
    desk.drafter.heard(said("您的电话是13800001234吗", 8.0, leg="agent"))
    await until(lambda: desk.slot("phone"))
    phone = desk.slot("phone")
    assert phone is not None
    assert (phone.leg, phone.words, phone.from_s) == ("agent", "13800001234", 8.0)


async def test_the_time_is_that_of_the_hotline_not_of_the_host(desk: Desk) -> None:
    # The call is at one o'clock in the morning of the 12th there.
    desk.drafter.heard(said("我要投诉昨天晚上八点半停电了"))
    await until(lambda: desk.slot("happened"))
    happened = desk.slot("happened")
    assert happened is not None
    assert happened.value == "昨天晚上八点半（2026年3月11日20时）"


async def test_partials_and_empty_finals_draft_nothing(desk: Desk) -> None:
    desk.drafter.heard(said("我要投诉噪声", final=False))
    desk.drafter.heard(said(""))
    assert desk.drafter.shown(CALL) is None
    await desk.drafter.finish(CALL)
    assert desk.pages == []


async def test_what_was_said_last_is_still_drafted_when_the_caller_is_gone(desk: Desk) -> None:
    desk.drafter.heard(said("我要投诉工地半夜施工"))
    await desk.drafter.finish(CALL)
    assert desk.slot("type") is not None
    assert desk.drafter.shown(CALL) is None


async def test_a_call_that_is_dropped_shows_nothing_more(desk: Desk) -> None:
    desk.drafter.heard(said("我要投诉工地半夜施工"))
    desk.drafter.drop(CALL)
    desk.drafter.drop(CALL)
    await desk.drafter.finish(CALL)
    assert desk.pages == []


async def test_two_calls_do_not_hear_each_other(desk: Desk) -> None:
    desk.drafter.heard(said("我要投诉工地半夜施工"))
    desk.drafter.heard(said("请问公积金怎么提取", call=OTHER))
    await desk.drafter.finish(CALL)
    await desk.drafter.finish(OTHER)
    kinds = {
        page.call: slot.value for page in desk.pages for slot in page.slots if slot.slot == "type"
    }
    assert kinds == {CALL: "投诉", OTHER: "咨询"}


async def test_words_that_come_while_it_computes_are_taken_together(desk: Desk) -> None:
    for number in range(30):
        desk.drafter.heard(said("我要投诉工地半夜施工", number))
    await desk.drafter.finish(CALL)
    assert len(desk.pages) == 1


async def test_of_a_very_long_call_the_beginning_and_the_end_are_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def counted(turns: list[object], *rest: object) -> object:
        seen.append(len(turns))
        return fill(turns, *rest)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(module, "fill", counted)
    desk.drafter.heard(said("我要投诉翠湖花园物业不打扫楼道"))
    for number in range(1, KEPT_FIRST + KEPT_LAST + 50):
        desk.drafter.heard(said("嗯对", number))
    desk.drafter.heard(said("电话一三八零零零零一二三四", 900.0))
    await desk.drafter.finish(CALL)
    assert max(seen) <= KEPT_FIRST + KEPT_LAST
    assert {slot.slot for slot in desk.pages[-1].slots} >= {"type", "address", "phone"}


async def test_a_fault_is_noted_without_a_word_of_the_caller_and_the_next_words_are_drafted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as broken, caplog.at_level(logging.DEBUG):
        broken.setattr(module, "fill", lambda *_: 1 / 0)
        desk.drafter.heard(said("我要投诉噪声"))
        await until(lambda: caplog.records)
    assert "噪声" not in caplog.text
    desk.drafter.heard(said("工地半夜还在施工", 3.0))
    await until(lambda: desk.slot("type"))


# ------------------------------------------------------------------------------------- evidence


PIECES = """
我要投诉 我想问一下 翠湖花园 三号楼 二单元 迎宾大道十五号 昨天晚上八点 每天夜里 三月二号 工地施工
太吵了 不打扫楼道 公积金怎么提取 我叫周建国 我姓刘 电话 一三八零零零零一二三四 幺三九 零零零零
后四位不对是 不对 对 嗯 您的电话是13800001234吗 请问在哪个小区 什么时候发生的 您贵姓 ，
"""
WORDS = st.lists(st.sampled_from([*PIECES.split(), " "]), max_size=6).map("".join)
TALK = st.lists(
    st.tuples(st.sampled_from(["caller", "agent"]), WORDS, st.integers(0, 60)), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(talk=TALK)
def test_every_value_stands_on_words_that_were_said_there(
    talk: list[tuple[Literal["caller", "agent"], str, int]],
) -> None:
    finals = [said(text, at_s, leg=leg) for leg, text, at_s in talk if text]
    finals.sort(key=lambda one: one.at)
    filled = fill([turn_of(one) for one in finals], START, MODEL, ["翠湖花园"])
    draft = draft_of(CALL, finals, filled, sure=MODEL.sure, units=UNITS)
    assert len({slot.slot for slot in draft.slots}) == len(draft.slots)
    for slot in draft.slots:
        assert slot.value
        assert slot.words
        assert len(slot.value) <= LIMITS.get(slot.slot, 2000)
        assert any(
            (one.leg, one.from_s) == (slot.leg, slot.from_s)
            and one.text[slot.start : slot.end] == slot.words
            for one in finals
        )
    for word in draft.keywords:
        assert any(one.leg == "caller" and word in one.text for one in finals)


async def _last_page(heard: Sequence[Said]) -> list[DraftShown]:
    desk = Desk()
    for one in heard:
        desk.drafter.heard(one)
    await desk.drafter.finish(CALL)
    await desk.drafter.close()
    return desk.pages[-1:]


@settings(max_examples=25, deadline=None)
@given(talk=TALK, data=st.data())
def test_whatever_leg_is_heard_first_the_draft_is_the_same(
    talk: list[tuple[Literal["caller", "agent"], str, int]], data: st.DataObject
) -> None:
    """Not a coroutine: what hypothesis raises to give up an example would end the loop that every
    later test runs in."""
    # No two things are said at one moment: their order would be a guess.
    finals = [
        said(text, at_s * 100 + number, leg=leg)
        for number, (leg, text, at_s) in enumerate(talk)
        if text
    ]
    shuffled = data.draw(st.permutations(finals))
    in_order = sorted(finals, key=lambda one: one.at)
    assert asyncio.run(_last_page(in_order)) == asyncio.run(_last_page(shuffled))


# --------------------------------------------------------------------------------- single values


@pytest.mark.parametrize(
    ("department", "units"),
    [
        ("住房和城乡建设局", ["住房和城乡建设局"]),
        ("城市管理局", ["城市管理和综合执法局"]),
        ("公安局", ["公安分局"]),
        ("街道办事处", ["中心街道办事处"]),
        ("供热公司", []),
        ("局", []),
    ],
)
async def test_a_department_goes_by_the_name_it_has_here(department: str, units: list[str]) -> None:
    assert units_named(department, UNITS) == units


@pytest.mark.parametrize(
    ("norm", "value"),
    [
        ("2026-03-11T20", "那天（2026年3月11日20时）"),
        ("2026-02", "那天（2026年2月）"),
        ("2025", "那天（2025年）"),
        ("recurring", "那天"),
        (None, "那天"),
    ],
)
async def test_a_time_says_what_was_said_and_what_it_means(norm: str | None, value: str) -> None:
    assert time_in_words(Moment("那天", norm, Span(0, 0, 2), 50)) == value
    assert time_in_words(None) is None


async def test_places_are_read_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "places.txt"
    assert read_places(file) == ()
    file.write_text("\ufeff# 小区\n桂花里 # 老城\n\n桂花里\n塘\n", "utf-8")
    assert read_places(file) == ("桂花里",)


async def test_a_list_of_places_that_cannot_be_read_is_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "places.txt"
    file.write_bytes("桂花里".encode("gb18030"))
    assert read_places(file) == ()
    assert "places not read" in caplog.text


async def test_a_place_of_the_list_needs_no_pattern() -> None:
    pages: list[DraftShown] = []
    drafter = Drafter(MODEL, pages.append, places=("石牌坊下",))
    drafter.heard(said("我要投诉石牌坊下有人烧垃圾"))
    await drafter.finish(CALL)
    await drafter.close()
    [address] = [slot for slot in pages[-1].slots if slot.slot == "address"]
    assert "石牌坊下" in address.value
