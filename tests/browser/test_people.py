"""Reveal, portal and administration, pressed as people press them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hotline.words import Role
from tests.agent_desk.fakes import PEOPLE
from tests.browser.kit import Place, sit_down
from tests.browser.people_rows import a_unit_at_work, somebody_looked

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.mark.clause("ZQ-24")
async def test_an_officer_writes_why_and_sees_the_number(chromium: Browser, place: Place) -> None:
    await somebody_looked(place.town)
    number = "20260928-000001"
    screen = await sit_down(chromium, place, PEOPLE[Role.OFFICER], f"/tickets/{number}")
    assert "138 **** 6027" in await screen.text("#people")
    assert "恒裕花园3栋" not in await screen.text("body")
    await screen.page.get_by_text("查看姓名、电话", exact=True).click()
    await screen.page.get_by_label("原因").select_option("contact")
    await screen.page.get_by_label("说明", exact=True).first.fill("约时间上门核实噪声")
    await screen.page.get_by_role("button", name="记下原因并查看").click()
    await screen.shows("#people", "138 0000 6027")
    assert "欧阳**" in await screen.text("#people")
    await screen.shows(".seen-by", "约时间上门核实噪声")
    assert await screen.flaws() == []
    await screen.close()


async def test_an_officer_lands_on_what_is_next_and_notes_what_is_told(
    chromium: Browser, place: Place
) -> None:
    await a_unit_at_work(place.town)
    screen = await sit_down(chromium, place, PEOPLE[Role.OFFICER], "/")
    await screen.shows("h1", "全部要办的")
    assert "补充办理后再申请办结" in await screen.text(".portal tbody tr:first-child")
    await screen.page.get_by_role("button", name="都知道了").click()
    await screen.shows("h1", "全部要办的")
    assert sorted(place.town.portal.noted) == [
        ("20260928-000001", 2),
        ("20260928-000003", 2),
        ("20260928-000007", 2),
    ]
    await screen.page.get_by_role("link", name="待签收 1").click()
    await screen.shows(".portal", "第十五条")
    await screen.close()


async def test_an_administrator_makes_a_user_and_reads_out_the_password(
    chromium: Browser, place: Place
) -> None:
    screen = await sit_down(chromium, place, PEOPLE[Role.ADMINISTRATOR], "/users")
    await screen.page.get_by_text("新建人员", exact=True).click()
    await screen.page.get_by_label("登录名").fill("o20")
    await screen.page.get_by_label("姓名", exact=True).fill("钟晓明")
    await screen.page.get_by_label("承办人员", exact=True).check()
    await screen.page.locator("#new-unit").select_option("cg")
    await screen.page.get_by_role("button", name="新建，给一次性密码").click()
    await screen.shows(".new-password", "")
    assert len(await screen.text(".new-password")) == 12
    await screen.shows("tbody", "待改密码")
    assert await screen.flaws() == []
    await screen.close()
