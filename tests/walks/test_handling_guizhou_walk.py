"""贵州: a ticket that its unit does not sign for: the reminder, the supervision that the clock
raises, its paper, the next rung that is proposed, the answer, the end; each by its own log-in."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import pytest
from pypdf import PdfReader

from hotline.policy import ZONE
from tests.walks.handling_kit import Person, WalkedTown, town_at

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
    "category": "市容环境",
    "summary": "南门巷夜市油烟直排居民楼，多次反映没有人管，要求派人查处",
    "address": "南门巷",
}
UNIT: Final = "城市管理和综合执法局"
REPLY: Final = {
    "处置依据": "《中华人民共和国大气污染防治法》第八十一条",
    "办理时限": "2026年9月30日前",
    "调查结论": "三家摊点没有安装油烟净化设施，情况属实",
    "答复情况": "已责令停业整改，9月29日电话答复诉求人",
}


@pytest.fixture(scope="module")
async def town(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[WalkedTown]:
    """A city of 贵州 on a Monday."""
    monday = dt.datetime(2026, 9, 14, 9, 0, tzinfo=ZONE)
    async with town_at(tmp_path_factory.mktemp("guizhou"), "guizhou", monday) as one:
        yield one


@pytest.mark.clause("GZ-7", "GZ-9", "GZ-15", "GZ-17¶1", "GZ-17¶2", "GZ-16¶1")
async def test_a_ticket_not_signed_in_a_working_day_is_reminded_of_and_supervised(
    town: WalkedTown, chromium: Browser
) -> None:
    async with town.system.citizen() as citizen:
        number = await town.told(chromium, "1001", citizen, SAID)
    await _dispatched_at_once(town, chromium, number)
    await _reminded_before_the_day_is_over(town, chromium, number)
    await _raised_by_the_clock(town, chromium, number)
    await _issued_and_not_answered(town, chromium)
    await _answered_and_ended(town, chromium, number)
    await _result_with_what_the_article_asks(town, chromium, number)


async def _dispatched_at_once(town: WalkedTown, chromium: Browser, number: str) -> None:
    async with town.person(chromium, "banzhang", "/tickets") as desk:
        await desk.follow(number)
        # The limit stands in other books (第十五条): no date is invented.
        await desk.shows("须逐件确定", "#why-this-day")
        await desk.act(number, "派单", 承办单位=UNIT)
        await desk.shows("签收", ".clocks")
        await desk.shows("9月15日 24:00", ".clocks")
        await desk.shows("第十五条", ".clocks")
        await desk.unfold("#why-this-day .clocks details")
        await desk.shot("签收期限逐日")


async def _reminded_before_the_day_is_over(
    town: WalkedTown, chromium: Browser, number: str
) -> None:
    town.go_to(dt.datetime(2026, 9, 15, 9, 0, tzinfo=ZONE))
    async with town.person(chromium, "chengban", "/portal") as unit:
        await unit.until_shown("/portal", "催办")
        await unit.shows("第十五条", ".portal")
        await unit.shot("承办单位首页")
        await unit.open(f"/tickets/{number}")
        await unit.shows("签收期限即将届满", ".acts")
        await unit.shows("第十七条", ".acts")
        form = await unit.why_not("申请办结")
        assert form == "请先签收，签收期限是1个工作日〔第十五条〕"
        await unit.shot("催办")


async def _raised_by_the_clock(town: WalkedTown, chromium: Browser, number: str) -> None:
    town.go_to(dt.datetime(2026, 9, 16, 0, 5, tzinfo=ZONE))
    async with town.person(chromium, "jigou", "/supervision") as body:
        await body.until_shown("/supervision", "逾期未签收", ".sv")
        await body.shows("第十五条", ".sv")
        await body.shows(number, ".sv")
        await body.shot("督办")
        await body.open("/supervision/queue")
        await body.shows("没有等待决定的工单")
        await body.open(f"/tickets/{number}")
        await body.shows("逾期未签收", ".acts")
        await body.shot("工单上的督办")


async def _issued_and_not_answered(town: WalkedTown, chromium: Browser) -> None:
    """督办单 by the hotline; its day passes, and the next rung is proposed, not taken."""
    town.go_to(dt.datetime(2026, 9, 16, 9, 0, tzinfo=ZONE))
    async with town.person(chromium, "banzhang", "/supervision") as desk:
        await desk.follow("逾期未签收")
        await desk.shot("督办事项")
        await desk.step("发出督办单", 督办要求="两日内签收并说明原因", 反馈期限="2026-09-18")
        await desk.shows("待反馈", ".title .st")
        await _opens_the_paper(desk)
    town.go_to(dt.datetime(2026, 9, 21, 9, 0, tzinfo=ZONE))
    async with town.person(chromium, "banzhang", "/supervision") as desk:
        await desk.shows("建议提请上级", ".sv")
        await desk.shows("仍无理由拖延办理", ".sv")
        await desk.shot("建议提请上级")
        await desk.follow("逾期未签收")
        await desk.shows("逾期未反馈", ".title")
        await desk.shows("热线管理机构或者行业主管部门", ".ladder-list")
        await desk.shot("逾期未反馈")


async def _opens_the_paper(desk: Person) -> None:
    link = desk.page.locator("a[href$='.pdf']").first
    answer = await desk.page.request.get(f"{desk.origin}{await link.get_attribute('href')}")
    assert answer.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(await answer.body())).pages
    said = re.sub(r"[\s\0]+", "", "".join(page.extract_text() for page in pages))
    assert "督办单" in said
    assert "逾期未签收" in said
    assert UNIT in said


async def _answered_and_ended(town: WalkedTown, chromium: Browser, number: str) -> None:
    async with town.person(chromium, "chengban", "/supervision") as unit:
        await unit.follow("逾期未签收")
        await unit.shot("承办单位的督办")
        await unit.step("签收督办")
        await unit.step("整改反馈", 整改情况="已签收工单，明确专人每日两次查看本单位工单")
        await unit.shows("待核查", ".title .st")
        await unit.act(number, "签收")
        assert await unit.stage() == "办理中"
    async with town.person(chromium, "banzhang", "/supervision?state=待核查") as desk:
        await desk.follow("逾期未签收")
        await desk.step("销号", 核查情况="已签收并落实专人")
        await desk.shows("已销号", ".title .st")
        await desk.shot("已销号")


async def _result_with_what_the_article_asks(
    town: WalkedTown, chromium: Browser, number: str
) -> None:
    async with town.person(chromium, "chengban", "/portal") as unit:
        await unit.act(number, "申请办结", 处置依据=REPLY["处置依据"])
        assert "第十六条" in await unit.refused()
        await unit.shot("办结缺项")
