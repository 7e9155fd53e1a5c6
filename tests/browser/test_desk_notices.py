"""Urgent wordings over the desk and notices beside the call, as an agent meets them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from hotline.knowledge_notices import NoticeKind
from hotline.words import Role
from tests.agent_desk.fakes import PEOPLE, SECOND_AGENT
from tests.browser.kit import sit_down, until
from tests.browser.scenes import SEAT, talk

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.browser.kit import Place, Screen

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
EDITOR = PEOPLE[Role.EDITOR]
HOURS = dt.timedelta(hours=1)
WORDS = "受台风影响，今天全区中小学停课，复课时间另行通知。孩子在校的，请家长与学校联系接回。"


async def post(place: Place, key: str = "u1", title: str = "台风停课") -> None:
    """An urgent wording, as the knowledge editor posts it."""
    notices = place.town.notices
    notices.changed = place.screens.urgent_changed
    await notices.post_urgent(title, WORDS, notices._now() + 8 * HOURS, by=EDITOR, key=key)


async def outage(place: Place) -> None:
    """A stop of water, now."""
    notices = place.town.notices
    now = notices._now()
    await notices.post_notice(
        NoticeKind.WATER,
        "文昌路管网检修停水",
        "检修期间请提前储水，恢复供水后先放一会儿再用。",
        "文昌路、国际城小区",
        starts_at=now - HOURS,
        ends_at=now + 5 * HOURS,
        by=EDITOR,
        key="n1",
    )


@pytest.mark.clause("ZQ-21(三)", "ZS-34")
async def test_an_urgent_wording_lies_over_the_desk_until_it_was_read(
    desk: Screen, place: Place
) -> None:
    await post(place)
    await desk.shows(".urgent-new", WORDS)
    assert await desk.text("#urgent-said") == f"紧急口径：台风停课。{WORDS}"
    await desk.page.click("[data-urgent=u1]")
    await until(lambda: bool(place.town.notices.words["u1"].acknowledged))
    assert place.town.notices.words["u1"].acknowledged[0][0] == SEAT
    await desk.shows(".urgent-read summary", "台风停课")
    await desk.page.reload()
    await desk.shows(".urgent-read summary", "台风停课")
    await place.town.notices.withdraw_urgent("u1", by=EDITOR)
    await desk.page.locator("#urgent").wait_for(state="hidden", timeout=60_000)
    assert await desk.flaws() == []


@pytest.mark.clause("ZQ-21(三)", "ZS-34")
async def test_what_an_editor_posts_stands_on_every_desk_and_who_has_read_it_on_the_editors_page(
    desk: Screen, place: Place, chromium: Browser
) -> None:
    """From one browser to the others and back, with nobody loading a page anew."""
    place.town.notices.changed = place.screens.urgent_changed
    other = await sit_down(chromium, place, SECOND_AGENT, "/desk")
    editor = await sit_down(chromium, place, EDITOR, "/knowledge/editing/urgent")
    await editor.page.fill("[name=title]", "台风停课")
    await editor.page.fill("[name=words]", WORDS)
    await editor.page.click("form.kb-form .btn--main")
    for screen in (desk, other):
        await screen.shows(".urgent-new", WORDS)
    await other.page.click(".urgent-new button")
    await editor.shows("[data-read]", "1")
    await editor.page.click(".kb-urgent summary")
    await editor.shows("[data-read-names]", f"坐席{SECOND_AGENT.agent}")
    await desk.shows(".urgent-new", "台风停课")
    await other.close()
    await editor.close()


@pytest.mark.clause("ZS-35", "HB-31")
async def test_an_address_that_is_typed_brings_the_notices_of_its_place(
    desk: Screen, place: Place
) -> None:
    await outage(place)
    await talk(place, desk)
    assert not await desk.page.locator("#notices").is_visible()
    await desk.page.fill("[name=address]", "文昌路12号")
    await desk.shows("#notices .notice-line summary", "文昌路管网检修停水")
    assert "地址涉及“文昌路”" in await desk.text("#notices")
    await desk.page.fill("[name=address]", "端州路8号")
    await desk.page.locator("#notices").wait_for(state="hidden", timeout=60_000)
    assert await desk.flaws() == []


async def test_which_wordings_lead_and_which_are_spoken_is_told_by_what_was_read(
    desk: Screen,
) -> None:
    script = """import('/static/js/urgent.js').then((m) => {
      const a = {id: 'a', acknowledged: true, until: '2026-09-28T10:00:00Z'};
      const b = {id: 'b', acknowledged: false, until: '2026-09-28T12:00:00Z'};
      return [m.inOrder([a, b]).map((o) => o.id), m.fresh([a], [a, b]).map((o) => o.id),
        m.acknowledged([b], 'b')[0].acknowledged,
        m.inForce([a, b], Date.parse('2026-09-28T11:00:00Z')).map((o) => o.id)];
    })"""
    assert await desk.page.evaluate(script) == [["b", "a"], ["b"], True, ["b"]]
