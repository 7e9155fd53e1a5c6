"""中山: one complaint sent back, given to another unit with its limit anew, its audit not counted,
answered in writing and followed up by the way its caller chose; each step by its own log-in."""

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
    "category": "噪声扰民",
    "summary": "恒裕花园南侧工地每晚打桩到凌晨三点，要求停止夜间施工，要求公布准许施工的时间",
    "address": "恒裕花园",
}
FIRST_UNIT: Final = "城市管理和综合执法局"
SECOND_UNIT: Final = "住房和城乡建设局"
REPLY: Final = {
    "正面回应": "夜间施工自10月8日起停止，施工单位已书面承诺，逐晚巡查未见再犯",
    "说明": "准许施工时间为每日7时至12时、14时至22时，已张贴在工地出入口",
}
CHOSEN: Final = "网络"


@pytest.fixture(scope="module")
async def town(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[WalkedTown]:
    """中山 on the Monday before the autumn festival; its directory is in force from this day."""
    monday = dt.datetime(2026, 9, 21, 9, 0, tzinfo=ZONE)
    async with town_at(tmp_path_factory.mktemp("zhongshan"), "zhongshan", monday) as one:
        yield one


@pytest.mark.clause("ZS-15¶1", "ZS-17¶1", "ZS-20(一)(二)", "ZS-21", "ZS-22", "ZS-23")
async def test_a_ticket_sent_back_starts_anew_and_its_caller_is_asked_by_the_way_he_chose(
    town: WalkedTown, chromium: Browser
) -> None:
    password = await town.add_officer("zhujian1", "zhujian")
    async with town.system.citizen() as citizen:
        number = await town.told(chromium, "1001", citizen, SAID)
    await _chooses_how_to_be_asked(town, chromium, number)
    await _dispatched_by_the_directory(town, chromium, number)
    await _sent_back_and_granted(town, chromium, number)
    await _given_to_another_with_its_limit_anew(town, chromium, number)
    await _refused_and_the_audit_does_not_count(town, chromium, number, password)
    await _closed_with_a_reply_in_writing(town, chromium, number, password)
    await _asked_by_the_way_he_chose(town, chromium, number)


async def _chooses_how_to_be_asked(town: WalkedTown, chromium: Browser, number: str) -> None:
    async with town.person(chromium, "1001", f"/tickets/{number}") as agent:
        # Where the directory has the limit, none is silent: it comes with the dispatch.
        await agent.shows("派单时按当日目录确定", "#why-this-day")
        await agent.fill("form[action$='/follow-up-by']", {"诉求人选的回访方式": CHOSEN})
        await agent.follow("记下", within="form[action$='/follow-up-by']")
        chosen = agent.page.get_by_label("诉求人选的回访方式")
        assert await chosen.input_value() == CHOSEN
        await agent.shot("登记后")


async def _dispatched_by_the_directory(town: WalkedTown, chromium: Browser, number: str) -> None:
    """Five working days of the directory: the 25th is a holiday."""
    async with town.person(chromium, "banzhang", "/tickets") as desk:
        await desk.follow(number)
        form = await desk.open_act("派单")
        first = desk.page.locator(form).locator("select[name=unit] option").nth(1)
        told = await first.inner_text()
        assert FIRST_UNIT in told
        assert "夜间施工噪声" in told
        await desk.act(number, "派单", 承办单位=FIRST_UNIT)
        await desk.shows("为什么是 9月29日")
        await desk.shows("派单目录（第1版", "#why-this-day")


async def _sent_back_and_granted(town: WalkedTown, chromium: Browser, number: str) -> None:
    town.go_to(dt.datetime(2026, 9, 22, 9, 30, tzinfo=ZONE))
    async with town.person(chromium, "chengban", "/portal") as unit:
        await unit.shows(number, ".portal")
        await unit.shot("承办单位首页")
        await unit.act(number, "申请退回", 理由="夜间施工许可由住建部门核发")
        assert "退回申请还缺依据" in await unit.refused()
        await unit.act(
            number,
            "申请退回",
            理由="夜间施工许可由住建部门核发",
            依据="《建设工程施工许可管理办法》",
        )
        assert await unit.stage() == "退回待审"
    town.go_to(dt.datetime(2026, 9, 23, 10, 0, tzinfo=ZONE))
    async with town.person(chromium, "banzhang", "/supervision/queue") as desk:
        await desk.shows("夜间施工许可由住建部门核发")
        await desk.shot("待审")
        await desk.follow(number)
        await desk.act(number, "同意退回")
        assert await desk.stage() == "待派单"


async def _given_to_another_with_its_limit_anew(
    town: WalkedTown, chromium: Browser, number: str
) -> None:
    """From the 24th: 28, 29, 30, then the seven days of the national holiday, 10/8 and 10/9."""
    town.go_to(dt.datetime(2026, 9, 24, 11, 0, tzinfo=ZONE))
    async with town.person(chromium, "banzhang", "/tickets?status=待派单") as desk:
        await desk.follow(number)
        await desk.act(number, "派单", 承办单位=SECOND_UNIT)
        await desk.shows("为什么是 10月9日")
        await desk.shows("退回后重新派单，重新起算", ".turns")
        await desk.shows("自诉求工单转派之日起重新计算", ".turns")


async def _refused_and_the_audit_does_not_count(
    town: WalkedTown, chromium: Browser, number: str, password: str
) -> None:
    """Asked on the 28th, refused on the 30th: the 29th and 30th are not counted, the limit stays
    that of the first day; it ends with the Monday after the Saturday that is worked."""
    town.go_to(dt.datetime(2026, 9, 28, 9, 0, tzinfo=ZONE))
    async with town.person(chromium, "zhujian1", "/portal", password) as unit:
        await unit.shows(number, ".portal")
        await unit.act(number, "申请退回", 理由="噪声由城管部门执法", 依据="三定方案")
        assert await unit.stage() == "退回待审"
    town.go_to(dt.datetime(2026, 9, 30, 16, 0, tzinfo=ZONE))
    async with town.person(chromium, "banzhang", "/supervision/queue") as desk:
        await desk.follow(number)
        await desk.act(number, "驳回退回", 不同意的理由="夜间施工许可属住建职责")
        assert await desk.stage() == "办理中"
        await desk.shows("为什么是 10月12日")
        await desk.shows("退回审核期间，不计入", "#why-this-day")
        await desk.shows("自首次接到诉求工单之日起计算", ".turns")
        await desk.shows("第十七条", ".turns")
        await desk.unfold("#why-this-day .days-fold")
        await desk.shot("为什么是这一天")


async def _closed_with_a_reply_in_writing(
    town: WalkedTown, chromium: Browser, number: str, password: str
) -> None:
    town.go_to(dt.datetime(2026, 10, 9, 9, 0, tzinfo=ZONE))
    async with town.person(chromium, "zhujian1", "/portal", password) as unit:
        await unit.act(number, "联系诉求人", 联系情况="10月8日电话联系，听取意见，到现场查看")
        await unit.act(number, "申请办结", **REPLY, 诉求点1="正面回应", 诉求点2="说明")
        assert await unit.stage() == "办结待审"
    async with town.person(chromium, "banzhang", "/supervision/queue") as desk:
        await desk.follow(number)
        await desk.act(number, "退回继续办理", 哪里不符合要求="没有写明巡查的日期")
        await desk.shows("为什么是 10月12日")
        await desk.shows("自首次收到诉求工单时间起计算", ".turns")
    async with town.person(chromium, "zhujian1", "/portal?group=returned", password) as unit:
        await unit.shows(number, ".portal")
        await unit.shot("退回继续办理的")
        await unit.act(number, "申请办结", **REPLY, 诉求点1="正面回应", 诉求点2="说明")
        await _opens_the_reply(unit, number)
    async with town.person(chromium, "banzhang", "/supervision/queue") as desk:
        await desk.act(number, "同意办结")
        assert await desk.stage() == "待回访"


async def _opens_the_reply(unit: Person, number: str) -> None:
    """书面答复: a file with letters in it, not a picture."""
    link = unit.page.get_by_role("link", name="书面答复")
    address = await link.get_attribute("href")
    answer = await unit.page.request.get(f"{unit.origin}{address}")
    assert answer.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(await answer.body())).pages
    said = re.sub(r"[\s\0]+", "", "".join(page.extract_text() for page in pages))
    assert number in said
    assert REPLY["正面回应"] in said
    assert SECOND_UNIT in said


async def _asked_by_the_way_he_chose(town: WalkedTown, chromium: Browser, number: str) -> None:
    async with town.person(chromium, "1002", "/follow-ups") as agent:
        await agent.shot("回访清单")
        await agent.follow(CHOSEN, within="nav.views")
        await agent.shows(number, ".follow-ups")
        await agent.shows("第二十三条", ".follow-ups")
        await agent.follow("领取")
        await agent.shows(REPLY["正面回应"])
        await agent.shot("回访")
        await agent.fill("form[action$='/done']", {"回访情况": "通过网络回访，诉求人说夜间已安静"})
        await agent.page.check("input[name=rating][value=满意]")
        await agent.follow("登记回访结果")
        await agent.shows("没有待回访的工单")
        await agent.open(f"/tickets/{number}")
        await agent.shows("通过网络回访，诉求人说夜间已安静", ".acts")
        await agent.shot("回访之后")
