"""河北 961890: a question answered within its hour and rated by key in the same call; a request for
help whose result is followed up within its twenty-four hours."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import pytest

from hotline.policy import ZONE
from ivr.telephone import Answer
from tests.walks.browser_kit import BrowserDesk, at_desk
from tests.walks.handling_kit import WalkedTown, take_pictures, town_at, writes_down
from tests.walks.return_kit import at_home
from tests.walks.system_kit import eventually

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from hotline.words import CallId
    from ivr.telephone import Call

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.telephony,
    pytest.mark.browser,
    pytest.mark.walk,
]

MORNING: Final = dt.datetime(2026, 9, 16, 9, 0, tzinfo=ZONE)
QUESTION: Final = {
    "type": "咨询",
    "category": "社会保障",
    "summary": "诉求人咨询灵活就业人员跨市转移养老保险要带哪些材料",
}
HELP: Final = {
    "type": "求助",
    "category": "市政设施",
    "summary": "诉求人求助小区门口路灯连续三晚不亮，请求尽快修复",
    "address": "和平路8号",
}
UNIT: Final = "城市管理和综合执法局"


@pytest.fixture(scope="module")
async def town(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[WalkedTown]:
    """A city of 河北 on a Wednesday morning."""
    async with town_at(tmp_path_factory.mktemp("hebei"), "hebei", MORNING) as one:
        yield one


@pytest.mark.clause("HB-21¶2", "HB-30¶1")
async def test_a_question_is_answered_within_the_hour_and_rated_by_a_key_of_the_same_call(
    town: WalkedTown, chromium: Browser
) -> None:
    async with at_desk(town.system, chromium, "1001") as desk, town.system.citizen() as citizen:
        call = await citizen.call(town.access_number)
        number = await writes_down(desk, QUESTION)
        await take_pictures(desk.page, "1001-咨询已登记")
        known = await town.system.call_id(call)
        ticket = await town.beside(desk.page, "1001", f"/tickets/{number}")
        await ticket.shows("为什么是 9月16日 10:0")
        await ticket.shows("第二十一条")
        await ticket.shot("咨询一小时")
        town.go_to(MORNING + dt.timedelta(minutes=35))
        answer = "身份证、参保缴费凭证、转移申请表，带到转入地社保经办机构"
        await ticket.act(number, "直接答复", 答复内容=answer)
        assert await ticket.stage() == "已直接答复"
        await _hung_up_and_rated(town, desk, call, known, "1")
        await ticket.until_shown(f"/tickets/{number}", "非常满意", ".acts")
        await ticket.shows("按键", ".acts")
        assert await ticket.stage() == "已评价"
        await ticket.shot("按键评价")


async def _hung_up_and_rated(
    town: WalkedTown, desk: BrowserDesk, call: Call, known: CallId, key: str
) -> None:
    """The agent hangs up first; the exchange asks, the caller presses, and is thanked."""
    await desk.press("Shift+F2")

    async def told(fact: str) -> bool:
        return fact in await town.system.story(known)

    await eventually(lambda: told("AgentReleased"), 30, "the agent has hung up")
    await call.press(key)
    await eventually(lambda: told("CallRated"), 30, "a key was pressed")
    await call.ended(60)


@pytest.mark.clause("HB-30¶2")
async def test_a_result_is_followed_up_by_a_call_before_its_twenty_four_hours_are_over(
    town: WalkedTown, chromium: Browser
) -> None:
    async with town.system.citizen() as citizen:
        mobile = citizen.setup.user
        number = await town.told(chromium, "1002", citizen, HELP)
    async with town.person(chromium, "banzhang", f"/tickets/{number}") as desk:
        await desk.act(number, "审核通过")
        await desk.act(number, "派单", 承办单位=UNIT)
    town.go_to(MORNING + dt.timedelta(hours=6))
    async with town.person(chromium, "chengban", "/portal") as unit:
        await unit.follow("路灯")
        await unit.act(number, "申请办结", 说明="已更换灯杆线路，当晚亮灯")
        assert await unit.stage() == "办结待审"
    town.go_to(MORNING + dt.timedelta(hours=7, minutes=30))
    await _followed_up(town, chromium, number, mobile)
    async with town.person(chromium, "banzhang", f"/tickets/{number}") as desk:
        await desk.shows("诉求人说灯已经亮了", ".acts")
        await desk.act(number, "同意办结")
        await desk.act(number, "归档")
        assert await desk.stage() == "已归档"


async def _followed_up(town: WalkedTown, chromium: Browser, number: str, mobile: str) -> None:
    async with (
        at_desk(town.system, chromium, "1003") as seat,
        at_home(town.system, mobile, Answer()) as home,
    ):
        page = await town.beside(seat.page, "1003", "/follow-ups")
        row = page.page.locator(".follow-ups tr", has_text=number)
        told = await row.inner_text()
        assert re.search(r"剩 \d+ 小时\s+9月17日 15:0\d前", told), told
        assert "第三十条" in told
        await page.shot("24小时回访")
        await page.follow("领取", within=f".follow-ups tr:has-text('{number}')")
        await page.page.click(f'[data-dial="{number}"]')
        await seat.situation("ringing", within=60)
        await seat.press("F2")
        rung = await home.next_call(60)
        await seat.situation("talking", within=60)
        await rung.hang_up()
        await seat.situation("ready", within=60)
        await page.shot("河北回访")
        await page.fill("form[action$='/done']", {"回访情况": "诉求人说灯已经亮了"})
        await page.follow("登记回访结果")
        await page.shot("河北回访清单空")
