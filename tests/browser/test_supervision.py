"""督办 under people's hands, with the real rules and a real ledger behind the pages: the hotline
issues a slip, the unit answers. That nothing is cut at any size, tours.py looks at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotline.words import Role
from tests.agent_desk.fakes import PEOPLE
from tests.browser.kit import sit_down
from tests.browser.office import BOSS, OFFICER, office

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
MANAGER = PEOPLE[Role.MANAGER]


@pytest.mark.clause("GZ-17¶1", "GZ-17¶2")
async def test_a_slip_is_issued_answered_and_closed_by_three_people(
    chromium: Browser, tmp_path: Path
) -> None:
    async with office(tmp_path) as here:
        boss = await sit_down(chromium, here.place, BOSS, "/supervision", expected=("422",))
        await boss.page.click("table.sv a.one >> nth=0")
        await boss.shows("h1", "逾期未签收")
        await boss.page.click("summary:has-text('发出督办单')")
        slip = boss.page.locator("form", has=boss.page.locator("button:has-text('发出督办单')"))
        await slip.locator("[name=demand]").fill("三个工作日内签收办理，书面反馈整改情况")
        await slip.locator("[name=signer]").fill("")
        await slip.locator("button").click()
        await boss.shows("[role=alert]", "请填写签发人")
        assert "三个工作日内签收" in await slip.locator("[name=demand]").input_value()
        await slip.locator("[name=signer]").fill("梁国栋")
        await slip.locator("button").click()
        await boss.shows("#done", "督办单〔2026〕1号")

        officer = await sit_down(chromium, here.place, OFFICER, "/supervision?state=待反馈")
        await officer.page.click("table.sv a.one >> nth=0")
        await officer.page.click("summary:has-text('整改反馈')")
        await officer.page.fill("textarea[name=note]", "已签收，已到现场责令停工")
        await officer.page.click("button:has-text('整改反馈')")
        await officer.shows("#done", "已到现场责令停工")
        await officer.shows(".handle, aside", "现在没有需要您办的")
        await officer.close()

        await boss.page.reload()
        await boss.page.click("summary:has-text('销号')")
        await boss.page.locator("details[open] textarea[name=note]").fill("已核实")
        await boss.page.click("button:has-text('销号')")
        await boss.shows(".title", "已销号")
        await boss.close()


async def test_the_managing_body_meets_its_disputes_and_opens_them(
    chromium: Browser, tmp_path: Path
) -> None:
    async with office(tmp_path, "zhaoqing", days=1) as here:
        number = (await here.ledger.tickets.page()).items[0].id
        await here.does(OFFICER, number, "申请退回", need_1="不归我们", need_2="三定方案")
        await here.does(BOSS, number, "提请协调", note="三家单位都认为不归自己办")
        manager = replace(MANAGER)
        screen = await sit_down(chromium, here.place, manager, "/supervision/queue")
        await screen.shows("table.au", "争议待定")
        await screen.shows("table.au", "由区12345热线协管办定")
        link = screen.page.locator("table.au a.num")
        assert await link.get_attribute("href") == f"/tickets/{number}"
        await screen.close()
