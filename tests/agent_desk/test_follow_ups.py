"""The pages 回访, and the door for a platform's replies."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest
from fastapi import FastAPI

from agent_desk.follow_up_views import Channel
from tests.agent_desk.fake_follow_ups import a_row
from tests.agent_desk.fakes import MORNING, ORIGIN, Town
from tests.agent_desk.test_handling_pages import a_ticket
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

NUMBER = "20260925-000123"


async def test_the_list_says_whom_why_and_by_when_and_never_the_number(
    agent: Visit, town: Town
) -> None:
    due = MORNING + dt.timedelta(hours=2)
    late = MORNING - dt.timedelta(hours=2)
    town.follow_ups.rows = [
        a_row(),
        a_row("20260925-000124", why="回访办理结果", rating="", due_at=due, article="第三十条"),
        a_row("20260925-000125", why="回访办理结果", rating="", due_at=late, tries=2,
              result="busy", tried_at=MORNING),
    ]  # fmt: skip
    page = (await agent.get("/follow-ups")).text
    for words in ("登记不满意的原因", "第十五条（二）", "第三十条", "138 **** 6027", "1 件已过时限",
                  "未规定", "2 次", "占线", "共 3 件"):  # fmt: skip
        assert words in page
    assert "13800006027" not in page
    page = (await agent.get("/follow-ups", why="回访办理结果")).text
    assert NUMBER not in page


async def test_with_nobody_to_follow_up_the_page_says_whom_the_city_follows_up(
    agent: Visit, town: Town
) -> None:
    town.follow_ups.rows = []
    page = (await agent.get("/follow-ups")).text
    assert "没有待回访的工单" in page
    assert "回访范围：评价为不满意" in page


async def test_who_takes_one_calls_and_writes_down_what_was_said(agent: Visit, town: Town) -> None:
    taken = await agent.post_form(f"/follow-ups/{NUMBER}/claim")
    assert (taken.status_code, taken.headers["location"]) == (303, f"/follow-ups/{NUMBER}")
    page = (await agent.get(f"/follow-ups/{NUMBER}")).text
    for words in ("已责令施工单位停止夜间作业", "不满意的原因", "第十六条（五）", "data-dial"):
        assert words in page
    rung = await agent.post_json(f"/api/follow-ups/{NUMBER}/dial", {})
    assert (rung.status_code, town.follow_ups.dialled) == (202, [NUMBER])
    done = await agent.post_form(
        f"/follow-ups/{NUMBER}/done", version="4", said="已联系", reason="仍在施工"
    )
    assert (done.status_code, done.headers["location"]) == (303, "/follow-ups")
    [(ticket, form)] = town.follow_ups.written
    assert (ticket, form["said"], form["reason"]) == (NUMBER, "已联系", "仍在施工")


async def test_one_that_a_colleague_has_is_not_taken_again(agent: Visit, town: Town) -> None:
    town.follow_ups.rows = [a_row(held_by="周远")]
    page = (await agent.get("/follow-ups")).text
    assert "周远 正在办" in page
    assert "领取</button>" not in page
    refused = await agent.post_form(f"/follow-ups/{NUMBER}/claim")
    assert refused.status_code == 409
    assert "周远正在办" in refused.text


async def test_a_confidential_matter_is_not_told_in_the_list(agent: Visit, town: Town) -> None:
    town.follow_ups.rows = [a_row(confidential=True, summary="")]
    assert "保密事项" in (await agent.get("/follow-ups")).text


@pytest.mark.clause("ZS-23")
async def test_a_ticket_asks_for_the_channel_where_its_caller_may_choose(
    agent: Visit, town: Town
) -> None:
    address = f"/tickets/{await a_ticket(town)}"
    assert "诉求人选的回访方式" not in (await agent.get(address)).text
    town.follow_ups.by = Channel(options=("电话", "短信", "网络"), chosen="", article="第二十三条")
    page = (await agent.get(address)).text
    assert "还没有问" in page
    assert "第二十三条" in page
    done = await agent.post_form(f"{address}/follow-up-by", channel="短信")
    assert (done.status_code, town.follow_ups.by.chosen) == (303, "短信")
    assert (await agent.post_form(f"{address}/follow-up-by", channel="飞鸽")).status_code == 422


# ---------------------------------------------------------------------------- the platform's door
def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)


async def test_a_platform_that_shows_its_secret_brings_a_reply(app: FastAPI, town: Town) -> None:
    key = {"X-Jiesu-Secret": town.replies.secret}
    async with client(app) as platform:
        body = {"number": "13800138000", "text": "１", "id": "mo-1"}
        taken = await platform.post("/api/sms/replies", json=body, headers=key)
        assert (taken.status_code, taken.json()["verdict"]) == (200, "rated")
        form = {"number": "13800138000", "text": "满意"}
        assert (await platform.post("/api/sms/replies", data=form, headers=key)).status_code == 200
    assert town.replies.took == [
        ("13800138000", "１", "mo-1", ""),
        ("13800138000", "满意", "", ""),
    ]


@pytest.mark.parametrize("secret", ["", "wrong", "密钥".encode().decode("latin-1")])
async def test_whoever_does_not_show_it_is_turned_away(
    app: FastAPI, town: Town, secret: str
) -> None:
    async with client(app) as stranger:
        headers = {b"X-Jiesu-Secret": secret.encode("latin-1")} if secret else {}
        body = {"number": "13800138000", "text": "1"}
        answer = await stranger.post("/api/sms/replies", json=body, headers=headers)
    assert answer.status_code == 403
    assert town.replies.took == []


async def test_where_no_secret_is_set_there_is_no_door(app: FastAPI, town: Town) -> None:
    town.replies.secret = ""
    async with client(app) as platform:
        body = {"number": "1", "text": "1"}
        answer = await platform.post("/api/sms/replies", json=body, headers={"X-Jiesu-Secret": "x"})
        assert answer.status_code == 404


@pytest.mark.parametrize("content", [b"[1]", b"not json", b"\xff\xfe"])
async def test_what_cannot_be_read_is_said_in_one_sentence(
    app: FastAPI, town: Town, content: bytes
) -> None:
    headers = {"X-Jiesu-Secret": town.replies.secret, "content-type": "application/json"}
    async with client(app) as platform:
        answer = await platform.post("/api/sms/replies", content=content, headers=headers)
    assert answer.status_code == 422
    assert "JSON" in answer.json()["error"]
