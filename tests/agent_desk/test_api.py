"""What pages ask for in JSON."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest
from fastapi import FastAPI

from agent_desk.aids import Adopted
from agent_desk.desk import Desk
from agent_desk.said import Said
from agent_desk.screens import DeskScreens
from hotline.errors import ImpossibleMove
from hotline.words import AgentId, CallId, Role, TicketType
from tests.agent_desk.fakes import CALL, CALLER, MORNING, PEOPLE, Town
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

FORM: dict[str, Any] = {
    "key": "5f0c9a52-0a4e-4a6e",
    "call": CALL,
    "type": "投诉",
    "category": "噪声扰民 / 建筑施工噪声",
    "address": "迎宾大道恒裕花园5栋2单元",
    "happened": "9月18日起每晚",
    "contact": "欧阳慧敏",
    "phone": "138 0000 6027",
    "summary": "夜间打桩",
    "unit": "cg",
    "confidential": True,
}


async def test_saving_gives_the_number_and_the_due_date_with_its_article(
    agent: Visit, town: Town
) -> None:
    answer = await agent.post_json("/api/tickets", FORM)
    assert answer.status_code == 201
    saved = answer.json()
    assert saved["number"] == "20260928-000001"
    assert saved["due_at"] == "2026-10-23T23:59:59.000+08:00"
    assert saved["article"]["number"] == "第十一条（三）"
    assert saved["days"] == 15
    assert saved["due"]["due_at"] == saved["due_at"]
    assert saved["sentence"] == "投诉，15 个工作日，到期 10月23日〔第十一条（三）〕"
    draft = town.tickets.drafts[0]
    assert draft.phone == CALLER.digits
    assert draft.unit == "cg"
    assert draft.confidential


async def test_a_city_that_sets_no_limit_says_so(agent: Visit) -> None:
    answer = await agent.post_json("/api/tickets", {**FORM, "type": "建议"})
    saved = answer.json()
    assert saved["due_at"] is None
    assert saved["sentence"] == "意见建议，本市办法未规定办理期限，保存后列入待定期限"
    assert saved["due"]["searched"] == ["第十条", "第十一条", "第二十五条"]


async def test_asking_twice_saves_once(agent: Visit, town: Town) -> None:
    first, second = await asyncio.gather(
        agent.post_json("/api/tickets", FORM), agent.post_json("/api/tickets", FORM)
    )
    assert sorted((first.status_code, second.status_code)) == [200, 201]
    assert first.json()["number"] == second.json()["number"]
    assert len(town.tickets.drafts) == 1


async def test_a_save_that_failed_can_be_tried_again(agent: Visit, town: Town) -> None:
    town.tickets.fault = ImpossibleMove("保存工单", "磁盘已满", "保存")
    assert (await agent.post_json("/api/tickets", FORM)).status_code == 409
    town.tickets.fault = None
    assert (await agent.post_json("/api/tickets", FORM)).status_code == 201


SEAT = AgentId("1001")


@pytest.fixture
def screens(app: FastAPI) -> DeskScreens:
    desk: Desk = app.state.desk
    return desk.screens


def heard(text: str, *, leg: Literal["caller", "agent"] = "caller", call: CallId = CALL) -> Said:
    return Said(call=call, leg=leg, text=text, final=True, from_s=12.5, at=MORNING)


def evidence(**change: Any) -> dict[str, Any]:
    return {"slot": "address", "words": "恒裕花园五栋", "leg": "caller", "from_s": 12.5} | change


async def test_the_words_of_a_slot_are_kept_where_they_were_said_on_this_call(
    agent: Visit, town: Town, screens: DeskScreens
) -> None:
    screens.said(SEAT, heard("迎宾大道恒裕花园五栋二单元"))
    screens.said(SEAT, heard("请问是哪个小区", leg="agent"))
    given = [
        evidence(),
        evidence(slot="type", words="请问", leg="agent"),
        evidence(words="恒裕花园"),
        evidence(slot="summary", words="桂花园"),
        evidence(slot="happened", from_s=12.6),
        evidence(slot="contact", leg="agent"),
    ]
    answer = await agent.post_json("/api/tickets", {**FORM, "evidence": given})
    assert answer.status_code == 201
    kept = town.tickets.full[answer.json()["number"]].evidence
    assert [(one.slot, one.words, one.leg) for one in kept] == [
        ("address", "恒裕花园五栋", "caller"),
        ("type", "请问", "agent"),
    ]


async def test_words_of_another_call_or_another_desk_prove_nothing(
    agent: Visit, town: Town, screens: DeskScreens
) -> None:
    screens.said(SEAT, heard("恒裕花园五栋", call=CallId("another")))
    screens.said(AgentId("1002"), heard("恒裕花园五栋"))
    for key, call in (("form-one", CALL), ("form-two", None)):
        form = {**FORM, "key": key, "call": call, "evidence": [evidence()]}
        number = (await agent.post_json("/api/tickets", form)).json()["number"]
        assert town.tickets.full[number].evidence == ()


@pytest.mark.parametrize(
    "wrong",
    [
        evidence(slot="colour"),
        evidence(words=""),
        evidence(words="长" * 401),
        evidence(leg="ghost"),
        evidence(from_s=-1),
        evidence(more=1),
    ],
)
async def test_evidence_of_another_form_is_refused(agent: Visit, wrong: dict[str, Any]) -> None:
    answer = await agent.post_json("/api/tickets", {**FORM, "evidence": [wrong]})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "field"}


async def test_the_cards_an_agent_adopted_go_with_the_ticket(agent: Visit, town: Town) -> None:
    given = [{"article": "env-night-work", "version": 2}, {"article": "gjj", "version": 1}]
    assert (await agent.post_json("/api/tickets", {**FORM, "cards": given})).status_code == 201
    assert town.tickets.adopted == [
        (Adopted(article="env-night-work", version=2), Adopted(article="gjj", version=1))
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        [{"article": "", "version": 1}],
        [{"article": "长" * 65, "version": 1}],
        [{"article": "gjj", "version": 0}],
        [{"article": "gjj", "version": "新"}],
        [{"article": "gjj"}],
        [{"article": "gjj", "version": 1, "more": 1}],
        [{"article": f"a{n}", "version": 1} for n in range(61)],
        "gjj",
    ],
)
async def test_cards_of_another_form_are_refused(agent: Visit, town: Town, wrong: object) -> None:
    answer = await agent.post_json("/api/tickets", {**FORM, "cards": wrong})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "field"}
    assert town.tickets.adopted == []


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"summary": ""}, "summary", "请填诉求摘要"),
        ({"summary": "  "}, "summary", "请写诉求摘要"),
        ({"summary": "长" * 2001}, "summary", "诉求摘要太长，最多 2000 个字"),
        ({"type": "抱怨"}, "type", "类型不在可选的范围内，请重新选"),
        ({"phone": "没有"}, "phone", "电话只能是数字，可以带区号，例如 0758-1234567"),
        ({"unit": "nobody"}, "unit", "没有这个承办单位，请从名单里选"),
        ({"surprise": 1}, "surprise", "提交的内容里有不认识的项，请刷新页面后再试"),
        ({"key": "x"}, "key", "请填表单编号"),
    ],
)
async def test_a_fault_in_the_form_is_one_sentence_and_its_field(
    agent: Visit, change: dict[str, object], field: str, told: str
) -> None:
    answer = await agent.post_json("/api/tickets", {**FORM, **change})
    assert answer.status_code == 422
    assert answer.json() == {"error": told, "field": field}


async def test_what_is_not_json_is_refused(agent: Visit) -> None:
    answer = await agent.client.post(
        "/api/tickets",
        content=b"{",
        headers={
            "origin": "http://127.0.0.1:8000",
            "x-csrf-token": agent.csrf,
            "content-type": "application/json",
        },
    )
    assert answer.status_code == 422
    assert "不是 JSON" in answer.json()["error"]


async def test_the_due_date_is_known_before_saving(agent: Visit) -> None:
    answer = (await agent.get("/api/tickets/due?type=投诉")).json()
    assert answer["sentence"] == "投诉，15 个工作日，到期 10月23日〔第十一条（三）〕"
    assert answer["derivation"][0] == {
        "date": "2026-09-28",
        "counted": False,
        "why": "起算当日不计入",
        "running": None,
    }
    assert (await agent.get("/api/tickets/due")).json()["error"] == "缺少类型，请补上"


async def test_the_browser_learns_its_own_telephone_and_no_other(agent: Visit) -> None:
    assert (await agent.get("/api/phone")).json() == {
        "uri": "sip:1001-web@127.0.0.1",
        "password": "sip-secret",
        "ws_url": "ws://127.0.0.1:8088/ws",
        "endpoint": "1001-web",
    }
    assert (await agent.get("/api/phone?agent=1002")).json()["endpoint"] == "1001-web"


async def test_the_picture_has_the_calls_that_ring(agent: Visit, town: Town) -> None:
    town.live.rings(CALL, AgentId("1001"))
    town.live.rings(CallId("somebody-elses"), AgentId("1002"))
    picture = (await agent.get("/api/desk/picture")).json()
    assert [pop["call"] for pop in picture["pops"]] == [CALL]
    assert picture["pops"][0]["caller"]["number"] == CALLER.digits
    assert picture["strip"]["waiting"] == 6
    assert picture["gap"] == {"open": False, "since": None}


async def test_the_form_offers_what_the_town_has(agent: Visit) -> None:
    form = (await agent.get("/api/desk/form")).json()
    assert form["types"] == [t.value for t in TicketType]
    assert form["units"][0] == {"id": "cg", "name": "区城市管理和综合执法局"}
    assert "小休" in form["pause_reasons"]


async def test_seats_can_be_chosen_for_a_transfer(agent: Visit) -> None:
    seats = (await agent.get("/api/seats")).json()["seats"]
    assert [(s["agent"], s["state"]) for s in seats] == [("1001", "ready"), ("1002", "ready")]


async def test_the_board_has_every_number_with_its_division(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    board = (await stranger.get("/api/board")).json()["board"]
    assert board["today"]["loss_rate"]["numerator"] == 16
    assert board["today"]["loss_rate"]["denominator"] == 412
    assert board["day"]["connect_rate"]["standard"] == 0.95


async def test_a_list_nobody_keeps_is_refused(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    answer = await stranger.get("/api/board/calls?which=unlucky")
    assert answer.status_code == 422
    assert answer.json()["error"] == "清单不在可选的范围内，请重新选"
