"""肇庆高新区: one complaint from the call to the archive, each step by its own log-in."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import pytest

from hotline.policy import ZONE
from ivr.telephone import Answer
from tests.walks.browser_kit import at_desk, spoken
from tests.walks.handling_kit import Person, WalkedTown, take_pictures, town_at
from tests.walks.return_kit import at_home
from tests.walks.system_kit import eventually

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.telephony,
    pytest.mark.browser,
    pytest.mark.walk,
]

SAID: Final = {
    "type": "投诉",
    "category": "噪声扰民",
    "summary": "诉求人反映恒裕花园南侧工地每晚打桩到凌晨三点，要求停止夜间施工，要求告知处罚结果",
    "address": "恒裕花园",
}
ASKS: Final = ["停止夜间施工", "告知处罚结果"]
UNIT: Final = "城市管理和综合执法局"
TOO_LATE: Final = "退回申请须自收到之日起2个工作日内提出，已于9月21日届满〔第九条（二）〕"
NO_THIRD: Final = "延期不超过2次，已延期2次〔第十二条〕"
EXTENSION: Final = {
    "12345热线工单延期办理申请表": "工期长，需要复查三晚",
    "单位分管领导签批": "同意，分管副局长",
}
REPLY: Final = {
    "办理时间": "2026年11月23日",
    "办理经过": "责令停工并立案，处罚决定书已送达施工单位",
    "办理结果": "夜间施工已停止，罚款三万元",
    "相关法律政策依据": "《中华人民共和国噪声污染防治法》第七十七条",
}


@pytest.fixture(scope="module")
async def town(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[WalkedTown]:
    """肇庆高新区 on the Friday before the autumn festival."""
    friday = dt.datetime(2026, 9, 18, 10, 0, tzinfo=ZONE)
    async with town_at(tmp_path_factory.mktemp("zhaoqing"), "zhaoqing", friday) as one:
        yield one


@pytest.mark.clause(
    "ZQ-9(二)",
    "ZQ-12",
    "ZQ-14",
    "ZQ-15¶1",
    "ZQ-15(一)",
    "ZQ-15(二)(三)",
    "ZQ-15(四)",
    "ZQ-16",
)
async def test_a_complaint_returned_late_extended_twice_redone_once_and_rated_again(
    town: WalkedTown, chromium: Browser
) -> None:
    async with town.system.citizen() as citizen:
        mobile = citizen.setup.user
        number = await town.told(chromium, "1001", citizen, SAID)
    await _dispatched(town, chromium, number)
    await _returned_too_late(town, chromium, number)
    await _extended_twice_and_never_again(town, chromium, number)
    await _closed_with_every_ask_answered(town, chromium, number)
    await _rated(town, chromium, number, mobile, "4", "不满意")
    await _called_and_asked_why(town, chromium, number, mobile)
    await _done_again(town, chromium, number)
    await _second_rating_counts(town, chromium, number, mobile)


async def _dispatched(town: WalkedTown, chromium: Browser, number: str) -> None:
    async with town.person(chromium, "banzhang", "/tickets") as desk:
        await desk.shows(number)
        await desk.shot("工单清单")
        await desk.follow(number)
        assert await desk.stage() == "登记"
        assert await desk.asks() == ASKS
        await desk.act(number, "派单", 承办单位=UNIT)
        assert await desk.stage() == "待签收"
        await desk.shows("为什么是 10月15日")


async def _returned_too_late(town: WalkedTown, chromium: Browser, number: str) -> None:
    """Two working days from 9/18 end on 9/21: 9/20 is a Sunday that is worked."""
    town.go_to(dt.datetime(2026, 9, 21, 23, 40, tzinfo=ZONE))
    async with town.person(chromium, "chengban", "/portal") as unit:
        await unit.shows("可退回至 9月21日")
        await unit.shot("承办单位首页")
        await unit.follow("恒裕花园")
        form = await unit.open_act("申请退回")
        await unit.fill(form, {"理由": "不是本单位的职责", "依据": "三定方案"})
        town.go_to(dt.datetime(2026, 9, 22, 0, 10, tzinfo=ZONE))
        await unit.press_act(form)
        assert TOO_LATE in await unit.refused()
        await unit.shot("退回被拒")
        await unit.open(f"/tickets/{number}")
        assert await unit.why_not("申请退回") == TOO_LATE
        await unit.act(number, "签收")
        await unit.act(number, "联系诉求人", 联系情况="已电话联系，约定现场查看")
        assert await unit.stage() == "办理中"


async def _extended_twice_and_never_again(town: WalkedTown, chromium: Browser, number: str) -> None:
    """Due 10/15; each extension adds the fifteen working days of a complaint."""
    for day, due in ((dt.date(2026, 10, 12), "11月5日"), (dt.date(2026, 11, 2), "11月26日")):
        town.go_to(dt.datetime.combine(day, dt.time(10), ZONE))
        async with town.person(chromium, "chengban", "/portal") as unit:
            await unit.act(number, "申请延期", **EXTENSION)
            assert await unit.stage() == "延期待审"
        async with town.person(chromium, "banzhang", "/tickets?status=延期待审") as desk:
            await desk.follow(number)
            await desk.act(number, "同意延期")
            await desk.shows(f"为什么是 {due}")
    town.go_to(dt.datetime(2026, 11, 23, 10, tzinfo=ZONE))
    async with town.person(chromium, "chengban", f"/tickets/{number}") as unit:
        assert await unit.why_not("申请延期") == NO_THIRD
        await unit.shot("第三次延期被拒")


async def _closed_with_every_ask_answered(town: WalkedTown, chromium: Browser, number: str) -> None:
    async with town.person(chromium, "chengban", "/portal") as unit:
        await unit.act(number, "申请办结", **REPLY, 诉求点1="办理结果")
        assert "不得漏答：请写明在哪一部分答复" in await unit.refused()
        await _asks_to_close(unit, number)
    async with town.person(chromium, "banzhang", "/tickets?status=办结待审") as desk:
        await desk.follow(number)
        await desk.act(number, "同意办结")
        assert await desk.stage() == "待回访"


async def _asks_to_close(unit: Person, number: str) -> None:
    await unit.act(number, "申请办结", **REPLY, 诉求点1="办理结果", 诉求点2="办理经过")
    assert await unit.stage() == "办结待审"


async def _rated(
    town: WalkedTown, chromium: Browser, number: str, mobile: str, key: str, rating: str
) -> None:
    """The message of the latest closing goes to the file gateway; the caller replies a figure."""
    async with town.person(chromium, "banzhang") as desk:

        async def is_sent() -> bool:
            await desk.open(f"/tickets/{number}")
            acts = await desk.page.inner_text(".acts")
            return acts.count("已发送") == acts.count("同意办结")

        await eventually(is_sent, 60, "the message is sent", 0.4)
        sent = (town.system.data / "sms" / "outgoing.txt").read_text("utf-8").splitlines()[-1]
        assert mobile in sent, sent
        assert number in sent, sent
        await town.jiesu("sms", "reply", mobile, key)
        await desk.until_shown(f"/tickets/{number}", f"{rating}；短信原文：{key}", ".acts")
        await desk.shot(f"评价为{rating}")


async def _called_and_asked_why(
    town: WalkedTown, chromium: Browser, number: str, mobile: str
) -> None:
    """Claimed in the list, dialled from its page: the browser's telephone, then the caller's."""
    async with (
        at_desk(town.system, chromium, "1002") as seat,
        at_home(town.system, mobile, Answer()) as home,
    ):
        list_page = await town.beside(seat.page, "1002", "/follow-ups")
        await list_page.shows("不满意", ".follow-ups")
        await list_page.shot("回访清单")
        await list_page.follow("领取")
        await list_page.shot("回访")
        await list_page.page.click(f'[data-dial="{number}"]')
        await list_page.shows("正在呼叫您的电话")
        await seat.situation("ringing", within=60)
        await seat.press("F2")
        rung = await home.next_call(60)
        await seat.situation("talking", within=60)
        await seat.shows("#tel-who", spoken(mobile), within=60)
        await list_page.shot("回访通话中")
        await take_pictures(seat.page, "1002-坐席台回访通话中")
        await rung.hang_up()
        await seat.situation("ready", within=60)
        given = {"回访情况": "诉求人说工地昨晚还在施工", "不满意的原因": "夜间施工没有停"}
        await list_page.fill("form[action$='/done']", given)
        await list_page.follow("登记回访结果")
        await list_page.shows("没有待回访的工单")
        await list_page.shot("回访清单空")


async def _done_again(town: WalkedTown, chromium: Browser, number: str) -> None:
    async with town.person(chromium, "banzhang", f"/tickets/{number}") as desk:
        await desk.shows("不满意的原因：夜间施工没有停", ".acts")
        await desk.act(number, "重办", 重办的理由="首次评价为不满意，发回承办单位重办")
        assert await desk.stage() == "办理中"
        await desk.open_act("督办")
        await desk.follow("按督办程序提出", within=".handle")
        assert await desk.page.input_value("#ticket") == number
        await desk.shot("提出督办")
    town.go_to(dt.datetime(2026, 11, 27, 15, tzinfo=ZONE))
    async with town.person(chromium, "chengban", "/portal?group=redo") as unit:
        await unit.shot("要重办的")
        await unit.follow("恒裕花园")
        await _asks_to_close(unit, number)
    async with town.person(chromium, "banzhang", "/tickets?status=办结待审") as desk:
        await desk.act(number, "同意办结")


async def _second_rating_counts(
    town: WalkedTown, chromium: Browser, number: str, mobile: str
) -> None:
    await _rated(town, chromium, number, mobile, "2", "满意")
    async with town.person(chromium, "banzhang", f"/tickets/{number}") as desk:
        await desk.until_shown(f"/tickets/{number}", "已归档", "main .title .st")
        await desk.shows("以此为准", ".acts")
        await desk.shot("已归档")
