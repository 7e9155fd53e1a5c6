"""The page of a ticket in a real browser: what is typed is not lost, a file too large is told
before it is sent, the section of files at both sizes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import FilePayload

from agent_desk.attachment_views import Attachment
from agent_desk.handling_views import ActForm, FormField
from hotline.errors import Objected
from hotline.words import Draft, Role, TicketType, UserId
from tests.agent_desk.fake_files import AT
from tests.agent_desk.fakes import PEOPLE, Town
from tests.browser.kit import Screen, served, sit_down

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

SECTIONS = ("办理时间", "办理经过", "办理结果", "相关法律政策依据")
REPLY = ActForm(
    act="申请办结",
    fields=(
        *(
            FormField(name=f"need-{n}", label=label, kind="long", needed=False, by_rule=True)
            for n, label in enumerate(SECTIONS, start=1)
        ),
        *(
            FormField(
                name=f"ask-{n}",
                label=f"诉求点{n}：{ask}",
                kind="one",
                options=tuple((one, f"在“{one}”里") for one in SECTIONS),
                needed=False,
                by_rule=True,
            )
            for n, ask in enumerate(("停止夜间施工", "对施工单位依法处理"), start=1)
        ),
    ),
)


@pytest.fixture
async def town() -> Town:
    town = Town()
    await town.people_move_in()
    await town.tickets.save(
        Draft(TicketType.COMPLAINT, "夜间打桩。要求停止夜间施工并对施工单位依法处理。"),
        call=None,
        by=PEOPLE[Role.AGENT],
        key="k" * 16,
        at=town.time.now(),
    )
    town.handlings.forms = (REPLY, *town.handlings.forms)
    return town


@pytest.fixture
async def page(town: Town, chromium: Browser) -> AsyncIterator[Screen]:
    async with served(town) as place:
        path = "/tickets/20260928-000001"
        who = PEOPLE[Role.SUPERVISOR]
        screen = await sit_down(chromium, place, who, path, expected=("status of 422",))
        yield screen
        await screen.close()


@pytest.mark.clause("ZQ-14")
async def test_a_reply_half_written_is_there_again_after_a_reload_and_gone_when_it_is_taken(
    page: Screen, town: Town
) -> None:
    reply = page.page.locator("details", has_text="诉求点1")
    await reply.locator("summary").click()
    await page.page.fill("#申请办结-need-3", "已责令停止夜间施工。")
    await page.page.select_option("#申请办结-ask-1", "办理结果")
    await page.shows(".draft-state", "已暂存")
    await page.page.reload()
    assert await page.page.input_value("#申请办结-need-3") == "已责令停止夜间施工。"
    assert await page.page.input_value("#申请办结-ask-1") == "办理结果"
    await page.shows(".draft-state", "找回")

    town.handlings.fault = Objected("不得漏答：“对施工单位依法处理”", "第十四条（一）")
    await reply.locator("button").click()
    await page.shows("[role=alert]", "不得漏答")
    assert await page.page.input_value("#申请办结-need-3") == "已责令停止夜间施工。"

    town.handlings.fault = None
    await reply.locator("button").click()
    await page.page.wait_for_url("**#done")
    await page.page.reload()
    assert await page.page.input_value("#申请办结-need-3") == ""
    assert town.handlings.asked[-1][2]["ask-1"] == ["办理结果"]


async def test_a_file_that_is_too_large_is_told_before_it_is_sent(page: Screen, town: Town) -> None:
    town.attachments.largest_mb = 1
    await page.page.reload()
    large = FilePayload(name="大.pdf", mimeType="application/pdf", buffer=bytes(3 << 20))
    await page.page.set_input_files("#file-up", [large])
    await page.shows(".file-in [role=status]", "有 3.0 MB，最大 1 MB")
    assert not await page.page.evaluate("document.querySelector('#file-up').checkValidity()")
    small = FilePayload(name="现场.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 %%EOF")
    await page.page.set_input_files("#file-up", [small])
    await page.page.select_option("#file-for", "现场照片")
    await page.page.click(".file-in button")
    await page.page.wait_for_url("**#files")
    await page.shows(".files", "现场.pdf")


async def test_thirty_files_with_long_names_stay_in_their_column(page: Screen, town: Town) -> None:
    for number in range(30):
        town.attachments.rows.append(
            Attachment(
                id=f"{number:020x}",
                name="很长的文件名" * 12 + f"{number}.pdf",
                kind="pdf",
                purpose="不予受理的说明材料",
                bytes=1_300_000,
                sha256="",
                at=AT,
                by=UserId("u1"),
                by_name="林晓",
                withdrawn="9月28日 10:00 林晓撤下：传错了" if number == 2 else "",
            )
        )
    for width, height in ((1440, 900), (1024, 768), (390, 800)):
        await page.page.set_viewport_size({"width": width, "height": height})
        await page.page.reload()
        await page.shows("#files h2", "30 个")
        assert await page.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
        assert await page.flaws() == []
