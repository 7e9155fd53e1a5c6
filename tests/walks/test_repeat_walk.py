"""A caller calls again about the same: through the real trunk, telephone, server and browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from hotline.handling_words import Stage
from hotline.matters import Tie
from tests.walks.browser_kit import BrowserDesk, at_desk
from tests.walks.system_kit import ACCESS, System

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from hotline.words import CallId, TicketId
    from ivr.telephone import Telephone

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.telephony,
    pytest.mark.browser,
    pytest.mark.walk,
]

FIRST: Final = "诉求人反映恒裕花园南侧在建工地每晚打桩到凌晨三点，影响睡眠，要求停止夜间施工"
AGAIN: Final = "我上次打过电话，工地半夜还在打桩，睡不着"


async def told(system: System, desk: BrowserDesk, citizen: Telephone, words: str) -> CallId:
    """A call is answered and the agent writes down what is told; the caller hangs up."""
    call = await citizen.call(ACCESS)
    await desk.situation("ringing", within=60)
    await desk.press("F2")
    await desk.situation("talking", within=60)
    call_id = await system.call_id(call)
    await desk.page.check("[name=type][value=投诉]")
    await desk.page.fill("[name=category]", "噪声扰民")
    await desk.page.fill("[name=summary]", words)
    if words == AGAIN:
        await desk.shows("#known", "来电人反映过", within=60)
        await desk.press("Alt+r")
        await desk.page.click("#known-list [data-settle=again]")
        await desk.shows("#settled", "记为重复来电", within=60)
    await desk.press("Control+Enter")
    await desk.shows("#saved-number", "-", within=60)
    await call.hang_up()
    return call_id


async def only(system: System, call: CallId) -> TicketId:
    (listed,) = await system.ledger.tickets.of_call(call)
    return listed.id


@pytest.mark.clause("ZQ-7(五)")
async def test_who_calls_again_without_news_is_told_the_progress_and_no_second_one_is_opened(
    system: System, chromium: Browser
) -> None:
    async with at_desk(system, chromium, "1001") as desk, system.citizen() as citizen:
        first_call = await told(system, desk, citizen, FIRST)
        await desk.situation("ready", within=60)
        second_call = await told(system, desk, citizen, AGAIN)
        await desk.situation("ready", within=60)
    await system.booked(second_call)
    first, second = await only(system, first_call), await only(system, second_call)
    kept = await system.ledger.tickets.load(second)
    assert kept.ticket.status == Stage.REFUSED
    assert f"编号{first}" in kept.texts["act-1"]
    (tie,) = await system.ledger.tickets.links.of(second)
    assert (tie.other, tie.tie) == (first, Tie.AGAIN)
    assert len(await system.ledger.tickets.links.callers(first)) == 1
    assert len(await system.ledger.tickets.links.tellings(first)) == 2
