"""A reply is held against every ask of the caller, and against what the city wants declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from hotline.errors import BadInput, Objected
from hotline.handling_words import Act
from hotline.policy import Policy
from ledger.ticket_asks import SLOT
from switchboard.desk_asks import DeskAsks
from switchboard.handling_forms import Filled, fields_of, filled
from switchboard.reply_asks import (
    asks_now,
    demands,
    reply_fields,
    text_of,
    with_reply,
)
from tests.switchboard.test_desk_books import PACKS
from tests.switchboard.test_desk_handling import BOSS, OFFICER, a_case, at

ASKS = ("停止夜间施工", "答复处理结果")


def pack(city: str) -> Policy:
    return PACKS.policy(city, dt.date(2026, 9, 25))


def reply(city: str, asks: Sequence[str] = ASKS, **form: str) -> Filled:
    policy = pack(city)
    typed: Mapping[str, Sequence[str]] = {
        name.replace("_", "-"): [value] for name, value in form.items()
    }
    plain = filled(Act.ASK_CLOSE, typed, policy, ())
    return with_reply(Act.ASK_CLOSE, plain, typed, asks, policy)


@pytest.mark.clause("ZQ-14")
def test_an_ask_without_an_answer_stops_the_closing_by_name_and_article() -> None:
    with pytest.raises(Objected, match=r"“停止夜间施工”、“答复处理结果”.*第十四条（一）"):
        reply("zhaoqing", need_3="已停工")
    with pytest.raises(Objected, match=r"漏答.*“答复处理结果”") as stopped:
        reply("zhaoqing", need_3="已停工", ask_1="办理结果", ask_2="办理经过")
    assert "停止夜间施工" not in str(stopped.value)
    done = reply("zhaoqing", need_3="已停工", ask_1="办理结果", ask_2="办理结果")
    assert done.texts["诉求点1"] == "停止夜间施工（见“办理结果”）"


@pytest.mark.clause("ZS-21")
def test_zhongshan_demands_it_too_and_names_its_own_article() -> None:
    assert demands(pack("zhongshan"))
    with pytest.raises(Objected, match="第二十一条（一）"):
        reply("zhongshan", need_1="已核实")


@pytest.mark.parametrize("city", ["hebei", "guangyuan", "guizhou"])
def test_where_no_rule_demands_it_what_is_left_out_is_only_noted(city: str) -> None:
    assert not demands(pack(city))
    done = reply(city, note="已处理", truth="1")
    assert done.texts["诉求点没有标明答复"] == "停止夜间施工；答复处理结果"


@pytest.mark.clause("ZQ-13")
def test_a_caller_who_wants_no_reply_needs_none() -> None:
    assert not [one for one in reply("zhaoqing", code="not_wanted").texts if "诉求点" in one]


@pytest.mark.clause("GZ-16¶1")
def test_guizhou_wants_four_fields_and_a_declaration_of_truth() -> None:
    policy = pack("guizhou")
    fields = reply_fields(Act.ASK_CLOSE, fields_of(Act.ASK_CLOSE, policy, ()), ASKS, policy)
    assert [one.label for one in fields][:4] == ["处置依据", "办理时限", "调查结论", "答复情况"]
    assert fields[-1].kind == "tick"
    with pytest.raises(BadInput, match="真实性负责（第十六条）"):
        reply("guizhou", need_1="甲")
    assert reply("guizhou", need_1="甲", truth="1").texts["处置依据"] == "甲"
    assert not any(
        one.name == "truth" for one in reply_fields(Act.ASK_CLOSE, (), ASKS, pack("zhaoqing"))
    )


@pytest.mark.clause("ZQ-14", "ZS-21")
@pytest.mark.parametrize("city", ["zhaoqing", "zhongshan"])
def test_what_goes_on_for_long_has_its_measures_asked_for(city: str) -> None:
    policy = pack(city)
    fields = reply_fields(Act.ASK_CLOSE, fields_of(Act.ASK_CLOSE, policy, ()), (), policy)
    names = [one.name for one in fields]
    lasting = names.index("lasting")
    assert "需长期推进" in fields[lasting + 1].label
    assert "需长期推进" not in reply(city, ()).given
    assert "需长期推进" in reply(city, (), lasting="yes").given


def test_each_ask_is_a_choice_of_the_sections_there_are() -> None:
    policy = pack("zhaoqing")
    fields = reply_fields(Act.ASK_CLOSE, fields_of(Act.ASK_CLOSE, policy, ()), ASKS, policy)
    first = next(one for one in fields if one.name == "ask-1")
    assert first.label == "诉求点1：停止夜间施工"
    assert "办理结果" in dict(first.options)
    plain = fields_of(Act.CONTACT, policy, ())
    assert reply_fields(Act.CONTACT, plain, ASKS, policy) == plain


@pytest.mark.anyio
@pytest.mark.clause("ZQ-14")
async def test_the_hotline_corrects_the_list_and_the_reply_is_held_against_the_new_one(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path) as case:
        asks = DeskAsks(case.ledger)
        assert await asks.of(case.number) == ("夜间施工噪声",)
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await case.does(OFFICER, "签收", "2026-11-02 11:00")
        version = (await case.ledger.tickets.load(case.number)).ticket.version
        with pytest.raises(BadInput, match="至少写一条"):
            await asks.correct(case.number, ["  ", ""], version, by=BOSS)
        await asks.correct(case.number, ["停工", "赔偿"], version, by=BOSS)
        with pytest.raises(BadInput, match="刚刚有人办过"):
            await asks.correct(case.number, ["别的"], version, by=BOSS)
        reply = {f"need_{n}": "甲" for n in range(1, 5)}
        with pytest.raises(Objected, match=r"漏答.*“赔偿”"):
            await case.does(OFFICER, "申请办结", "2026-11-10 09:00", **reply, ask_1="办理结果")
        now = await case.handling.now(case.number, OFFICER, at("2026-11-10 09:00"))
        form = next(one for one in now.forms if one.act == "申请办结")
        assert "诉求点2：赔偿" in [one.label for one in form.fields]
        rows = await case.ledger.audit.rows(subject=f"ticket:{case.number}")
        assert rows[0].what == "ticket.asks"


def test_a_corrected_list_stands_before_what_is_read_out_of_the_summary() -> None:
    texts = {"summary": "路灯不亮，要求修复。"}
    assert asks_now(texts) == ("修复",)
    assert asks_now({**texts, SLOT: text_of(["修路灯", " 修路灯 ", "答复"])}) == ("修路灯", "答复")
