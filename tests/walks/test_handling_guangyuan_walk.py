"""广元: a unit that leads and one that assists, a stage report, an extension with its reason; a
committee never leads; and where the explainer is silent, the pages say so."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import pytest

from hotline.policy import ZONE
from tests.walks.handling_kit import WalkedTown, town_at

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
    "category": "物业管理",
    "summary": "河东小区地下车库漏水半年没有修，多次找物业没有结果，要求尽快维修",
    "address": "河东小区",
}
LEAD: Final = "住房和城乡建设局"
HELPER: Final = "城市管理和综合执法局"
COMMITTEE: Final = "河东社区居民委员会"
SILENT: Final = "本市办法未规定"
OVERLAY: Final = """\
[pack]
code = "guangyuan"
document = "热线办理期限的通知（走查〔2026〕1号）"
effective_from = 2026-01-01

[limits.complaint]
value = "10个工作日"
article = "第一条"
quote = "投诉十个工作日内办结"
"""


@pytest.fixture(scope="module")
async def town(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[WalkedTown]:
    """广元 on a Monday, where the city ruled the limit of complaints by a notice of its own."""
    monday = dt.datetime(2026, 9, 14, 9, 0, tzinfo=ZONE)
    folder = tmp_path_factory.mktemp("guangyuan")
    async with town_at(folder, "guangyuan", monday, rules=OVERLAY) as one:
        yield one


@pytest.mark.clause("GY-主要内容·流程", "GY-解读四-2", "GY-解读四-3")
async def test_one_unit_leads_another_assists_and_what_the_explainer_leaves_open_is_said(
    town: WalkedTown, chromium: Browser
) -> None:
    password = await town.add_officer("zhujian1", "zhujian")
    async with town.system.citizen() as citizen:
        number = await town.told(chromium, "1001", citizen, SAID)
    await _committee_never_leads(town, chromium, number)
    await _led_and_assisted(town, chromium, number)
    await _reported_and_put_off(town, chromium, number, password)
    await _answered_by_the_one_that_leads(town, chromium, number, password)


async def _committee_never_leads(town: WalkedTown, chromium: Browser, number: str) -> None:
    async with town.person(chromium, "guanli", "/units") as office:
        await office.page.get_by_text("新建单位", exact=True).click()
        form = "form[action='/units/new']"
        await office.fill(form, {"代码": "hedong", "名称": COMMITTEE, "性质": "居民委员会"})
        await office.shot("新建单位")
        await office.follow("新建", within=form)
        await office.shows(COMMITTEE, "h1")
    async with town.person(chromium, "banzhang", "/tickets") as desk:
        await desk.follow(number)
        box = desk.page.locator(await desk.open_act("派单"))
        leading = await box.locator("select[name=unit] option").all_inner_texts()
        assert LEAD in leading
        assert COMMITTEE not in leading
        assert await box.locator("input[name=helpers][value=hedong]").count() == 1
        await desk.shows("主办单位汇总统一答复", ".handle")
        # Who sends it all the same, past the form, is told why not.
        await desk.page.evaluate(
            "form => document.querySelector(`${form} select`).add(new Option('x', 'hedong'))",
            '.handle details:has(input[value="派单"])',
        )
        await box.locator("select[name=unit]").select_option("hedong")
        await desk.press_act('.handle details:has(input[name="act"][value="派单"])')
        assert "居民委员会不得作为主责办理单位，只能协办（系统默认，" in await desk.refused()
        await desk.shot("居委会不得主办")


async def _led_and_assisted(town: WalkedTown, chromium: Browser, number: str) -> None:
    async with town.person(chromium, "banzhang", f"/tickets/{number}") as desk:
        form = await desk.open_act("派单")
        await desk.unfold(f"{form} details")
        await desk.fill(form, {"承办单位": LEAD, HELPER: "✓"})
        await desk.shot("派单")
        await desk.press_act(form)
        await desk.shows(f"协办：{HELPER}", ".acts")
        await desk.shows("为什么是 9月28日")
        await desk.shows("走查〔2026〕1号", "#why-this-day")
    async with town.person(chromium, "chengban", "/portal") as helper:
        await helper.shows(f"协办，牵头 {LEAD}", ".portal")
        await helper.shot("协办单位首页")
        await helper.follow("河东小区")
        assert await helper.offered() == ["报送协办情况"]
        await helper.act(
            number, "报送协办情况", 协办情况和意见="已查明物业擅自改动排水管，责令恢复"
        )
        await helper.shows("已查明物业擅自改动排水管", ".acts")


async def _reported_and_put_off(
    town: WalkedTown, chromium: Browser, number: str, password: str
) -> None:
    """理由 and 阶段性工作情况 come with it; how long is not ruled, so the decision says it."""
    town.go_to(dt.datetime(2026, 9, 22, 9, 0, tzinfo=ZONE))
    async with town.person(chromium, "zhujian1", "/portal", password) as unit:
        await unit.shows(SILENT, ".portal")
        await unit.shot("主办单位首页")
        await unit.act(number, "阶段性报告", 阶段性情况="已现场查勘，正在核算维修资金")
        assert await unit.stage() == "办理中"
        await unit.act(number, "申请延期", 理由="维修资金须业主表决")
        assert "延期申请还缺阶段性工作情况" in await unit.refused()
        await unit.act(
            number, "申请延期", 理由="维修资金须业主表决", 阶段性工作情况="已公示表决方案"
        )
        assert await unit.stage() == "延期待审"
    async with town.person(chromium, "banzhang", "/supervision/queue") as desk:
        await desk.shows("维修资金须业主表决")
        await desk.shot("待审")
        await desk.act(number, "同意延期")
        assert "请填写延长几个工作日" in await desk.refused()
        await desk.act(number, "同意延期", 延长几个工作日="5")
        await desk.shows("为什么是 10月10日")
        await desk.shows("延长多久由审批写明，本市办法未规定", ".turns")
        await desk.unfold("#why-this-day .days-fold")
        await desk.shot("延期之后")


async def _answered_by_the_one_that_leads(
    town: WalkedTown, chromium: Browser, number: str, password: str
) -> None:
    town.go_to(dt.datetime(2026, 9, 29, 9, 0, tzinfo=ZONE))
    async with town.person(chromium, "zhujian1", "/portal", password) as unit:
        await unit.act(number, "申请办结", 说明="表决通过，9月28日开始维修，已统一答复诉求人")
        assert await unit.stage() == "办结待审"
    async with town.person(chromium, "jigou", "/supervision/queue") as body:
        await body.shows("没有等待决定的工单")
    async with town.person(chromium, "banzhang", "/supervision/queue") as desk:
        await desk.follow(number)
        await desk.act(number, "同意办结")
        assert await desk.stage() == "待回访"
        await desk.open("/cities?a=guangyuan&b=zhongshan")
        await desk.shows(SILENT)
        await desk.shot("两地对照")
