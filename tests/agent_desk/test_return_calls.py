"""The page 回拨: whom to call back, what is pressed, and what nobody may read."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from agent_desk.chinese import since
from agent_desk.return_views import ReturnRow
from hotline.errors import ImpossibleMove
from hotline.words import AgentId, Outcome, Phone, ReturnCallId, Role
from tests.agent_desk.fakes import CALLER, MORNING, PEOPLE, Town
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

ROW = ReturnRow(
    id=ReturnCallId("c1"),
    caller=CALLER,
    state="waiting",
    urgent="",
    place="queue",
    outcome=Outcome.ABANDONED,
    losses=3,
    waited_s=47.0,
    opened_at=MORNING - dt.timedelta(minutes=25),
    lost_at=MORNING - dt.timedelta(minutes=5),
)


async def test_without_anybody_to_call_back_the_page_says_so(agent: Visit) -> None:
    page = (await agent.get("/return-calls")).text
    assert "没有人等着回拨" in page
    assert "data-return" not in page


async def test_a_task_is_told_with_its_losses_its_wait_and_the_last_attempt(
    agent: Visit, town: Town
) -> None:
    tried = replace(
        ROW, tries=2, tried_at=MORNING, result="busy", agent=AgentId("1001"), agent_name="林晓岚"
    )
    town.return_calls.rows = [tried]
    page = (await agent.get("/return-calls")).text
    for words in ("138 **** 6027", "共 3 次", "00:47", "占线", "共 2 次", "林晓岚", "已过 25 分钟"):
        assert words in page
    assert CALLER.digits not in page


async def test_an_emergency_that_reached_nobody_is_red(agent: Visit, town: Town) -> None:
    town.return_calls.rows = [replace(ROW, urgent="119", outcome=Outcome.EMERGENCY)]
    page = (await agent.get("/return-calls")).text
    assert "returns-urgent" in page
    assert '<span class="tag tag--red">119</span>' in page


async def test_while_somebody_dials_there_is_nothing_to_press(agent: Visit, town: Town) -> None:
    town.return_calls.rows = [replace(ROW, state="dialling", agent_name="周远")]
    page = (await agent.get("/return-calls")).text
    assert "拨打中" in page
    assert "周远 正在拨打" in page
    assert "data-return" not in page


async def test_what_cannot_be_called_back_is_listed_with_its_reason(
    agent: Visit, town: Town
) -> None:
    town.return_calls.rows = [
        replace(ROW, state="closed", caller=Phone(""), reason="no-number", closed_at=MORNING)
    ]
    for which in ("closed", "today"):
        page = (await agent.get("/return-calls", which=which)).text
        assert "无法回拨：号码不可用" in page
        assert "未显示号码" in page


async def test_ten_thousand_are_turned_over_by_fifty(agent: Visit, town: Town) -> None:
    town.return_calls.rows = [replace(ROW, id=ReturnCallId(f"c{n}")) for n in range(10_000)]
    page = (await agent.get("/return-calls", page="200")).text
    assert page.count("data-return=") == 50
    assert "第 200／200 页" in page
    assert "第 9,951–10,000 件" in page


async def test_pressing_calls_back_and_says_what_comes_next(agent: Visit, town: Town) -> None:
    answer = await agent.post_json("/api/return-calls/c1/dial", {})
    assert answer.status_code == 202
    assert "接起后" in answer.json()["said"]
    assert town.return_calls.asked == [("c1", "u-1001")]


async def test_who_is_second_is_told_who_dials(agent: Visit, town: Town) -> None:
    town.return_calls.fault = ImpossibleMove("这件回拨", "席位 1002 正在拨打", "再拨")
    answer = await agent.post_json("/api/return-calls/c1/dial", {})
    assert answer.status_code == 409
    assert "席位 1002 正在拨打" in answer.json()["error"]


async def test_not_calling_back_takes_a_reason(agent: Visit, town: Town) -> None:
    assert (await agent.post_json("/api/return-calls/c1/dismiss", {})).status_code == 422
    answer = await agent.post_json("/api/return-calls/c1/dismiss", {"reason": "nuisance"})
    assert answer.status_code == 200
    assert town.return_calls.asked == [("c1", "nuisance", "u-1001")]


async def test_the_desk_gets_the_first_ones_masked(agent: Visit, town: Town) -> None:
    town.return_calls.rows = [replace(ROW, id=ReturnCallId(f"c{n}")) for n in range(9)]
    found = (await agent.get("/api/return-calls")).json()
    assert (len(found["rows"]), found["open"]) == (4, 9)
    assert found["rows"][0]["caller"] == "138 **** 6027"
    assert found["rows"][0]["about"] == "排队中没有接到"


async def test_a_supervisor_without_a_seat_sees_the_list_and_cannot_dial(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    town.return_calls.rows = [ROW]
    page = (await stranger.get("/return-calls")).text
    assert "data-dismiss" in page
    assert "data-return" not in page
    answer = await stranger.post_json("/api/return-calls/c1/dial", {})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        ({"seconds": 30}, "已过 0 分钟"),
        ({"minutes": 185}, "已过 3 小时 5 分"),
        ({"days": 3}, "已过 3 天"),
    ],
)
def test_how_long_ago_is_told_to_the_minute(ago: dict[str, float], words: str) -> None:
    assert since(MORNING - dt.timedelta(**ago), MORNING) == words
