"""Calls answered in a browser, through the whole system: what the page shows and when, what both
ends hear, and what stands in the ledger and on the board afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hotline.facts import CallMoved, CallOffered, CallTaken, OfferEnded
from hotline.policy import ZONE
from hotline.words import CallId, Outcome, TicketType
from ivr import sound
from tests.walks.browser_kit import (
    VOICE_HZ,
    BrowserDesk,
    at_desk,
    first_of,
    spoken,
    talk,
)
from tests.walks.hearing import heard_prompt, hears, hears_prompt, talk_both_ways
from tests.walks.system_kit import ACCESS, System

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.telephony,
    pytest.mark.browser,
    pytest.mark.walk,
]


async def test_a_citizen_is_answered_in_the_browser_and_goes_with_a_ticket(
    system: System, chromium: Browser
) -> None:
    before = await system.figures()
    async with (
        at_desk(system, chromium, "1001") as one,
        at_desk(system, chromium, "1002") as two,
        system.citizen() as citizen,
    ):
        number = citizen.setup.user
        call = await citizen.call(ACCESS)
        desk, other = await first_of(one, two, "ringing", within=60)
        await desk.shows("#tel-who", spoken(number))
        await talk(call, desk)
        id_ = await system.call_id(call)
        due = await filled_in_by_keyboard(desk)
        assert "15 个工作日" in due
        assert "第十一条（三）" in due
        await desk.press("Control+Enter")
        await desk.shows("#saved-number", "-")
        ticket = await desk.text("#saved-number")
        promised = await desk.text("#saved-due")
        await call.hang_up()
        await desk.situation("ready", within=60)
        assert await other.showed(number) is None
        told = [line.situation for line in await desk.diary()]
        assert {"connecting", "talking", "wrap-up"} <= set(told)
        assert told[-1] == "ready"
    booked = await system.booked(id_)
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, desk.number)
    await kept_as_promised(system, id_, ticket, promised, number)
    await system.counted(before, offered=1, answered=1)


async def filled_in_by_keyboard(desk: BrowserDesk) -> str:
    """The whole form without a mouse; what the line under it says of the due date."""
    await desk.press("Alt+2", "Space", "ArrowRight", "ArrowRight")
    await desk.shows("#due", "投诉")
    await desk.press("Tab")
    for text in ("噪声", "迎宾大道 8 号工地", "每晚十点以后", "王女士"):
        await desk.type(text)
        await desk.press("Tab")
    await desk.press("Tab", "Tab")  # not confidential; the number is there already
    await desk.type("夜间施工噪声，要求停工")
    await desk.press("Tab")
    await desk.type("城市管理和综合执法局")
    await desk.shows("#due .cite", "条")
    return await desk.text("#due")


async def kept_as_promised(
    system: System, call: CallId, ticket: str, promised: str, number: str
) -> None:
    """The ledger has the ticket that the page named, with the day it named."""
    (listed,) = await system.ledger.tickets.of_call(call)
    assert (listed.id, listed.type, listed.unit) == (ticket, TicketType.COMPLAINT, "chengguan")
    kept = await system.ledger.tickets.load(listed.id)
    deadline = kept.ticket.deadline
    assert deadline is not None
    assert deadline.due_at is not None
    day = deadline.due_at.astimezone(ZONE)
    assert f"{day.month}月{day.day}日" in promised
    assert deadline.article is not None
    assert deadline.article.number == "第十一条（三）"
    assert (kept.category, kept.texts) == (
        "噪声",
        {
            "address": "迎宾大道 8 号工地",
            "happened": "每晚十点以后",
            "contact": "王女士",
            "phone": number,
            "summary": "夜间施工噪声，要求停工",
        },
    )


async def test_a_call_that_is_not_answered_leaves_that_screen_and_comes_to_the_next(
    system: System, chromium: Browser
) -> None:
    before = await system.figures()
    async with (
        at_desk(system, chromium, "1001") as one,
        at_desk(system, chromium, "1002") as two,
        system.citizen() as citizen,
    ):
        number = citizen.setup.user
        call = await citizen.call(ACCESS)
        deaf, awake = await first_of(one, two, "ringing", within=60)
        await awake.situation("ringing", within=60)
        await talk(call, awake)
        await deaf.shows("#note", "未接听，已转下一席")
        id_ = await system.call_id(call)
        here, there = await deaf.showed(number), await awake.showed(number)
        assert here is not None
        assert there is not None
        assert 3.0 < here[1] - here[0] < 7.0, "site.toml lets a seat ring for four seconds"
        assert here[1] <= there[0], "never on both"
        await deaf.situation("paused")
        await deaf.press("F7")
        await deaf.situation("ready")
        await call.hang_up()
        booked = await system.booked(id_)
    facts = await system.facts(id_)
    assert [fact.agent for fact in facts if isinstance(fact, CallOffered)] == [
        deaf.number,
        awake.number,
    ]
    assert [(f.agent, f.why) for f in facts if isinstance(f, OfferEnded)] == [
        (deaf.number, "no-answer")
    ]
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, awake.number)
    await system.counted(before, offered=1, answered=1)


async def test_hold_plays_music_and_a_blind_transfer_sends_the_citizen_on(
    system: System, chromium: Browser
) -> None:
    before = await system.figures()
    async with at_desk(system, chromium, "1001") as desk, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await talk(call, desk)
        await desk.press("F4")
        await desk.situation("held")
        await system.seat_is("1001", "held")
        await hears_prompt(call, "tones", seconds=1.5)
        assert not sound.has_tone(call.heard_lately(1.0), VOICE_HZ)
        assert not heard_prompt(call, "wait", seconds=1.5)
        await desk.press("F4")
        await desk.situation("talking")
        await hears(call, VOICE_HZ, within=60)
        async with system.seat("1002") as seat:
            await desk.press("Alt+t")
            await desk.type("1002")
            await desk.press("Shift+Enter")
            taken = await seat.next_call()
            await talk_both_ways(call, taken)
            await desk.situation("ready", within=60)
            await system.seat_is("1002", "talking")
            id_ = await system.call_id(call)
            await call.hang_up()
            await taken.ended()
            booked = await system.booked(id_)
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    facts = await system.facts(id_)
    assert [(f.by, f.to, f.attended) for f in facts if isinstance(f, CallMoved)] == [
        ("1001", "1002", False)
    ]
    assert [f.agent for f in facts if isinstance(f, CallTaken)] == ["1002"]
    await system.counted(before, offered=1, answered=1)


async def test_an_attended_transfer_asks_the_colleague_first(
    system: System, chromium: Browser
) -> None:
    before = await system.figures()
    async with at_desk(system, chromium, "1001") as desk, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await talk(call, desk)
        async with system.seat("1002") as seat:
            await desk.press("Alt+t")
            await desk.type("1002")
            await desk.press("Enter")
            asked = await seat.next_call()
            assert asked.number == "1001"
            await asked.answered()
            await desk.shows("#tel-who", "问清后完成转接")
            await hears(asked, VOICE_HZ, within=60)
            assert not sound.has_tone(call.heard_lately(0.5), VOICE_HZ)
            await desk.press("Alt+t")
            await talk_both_ways(call, asked)
            await desk.situation("ready", within=60)
            await system.seat_is("1002", "talking")
            id_ = await system.call_id(call)
            await call.hang_up()
            await asked.ended()
            booked = await system.booked(id_)
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    facts = await system.facts(id_)
    assert [(f.by, f.attended) for f in facts if isinstance(f, CallMoved)] == [("1001", True)]
    assert [f.agent for f in facts if isinstance(f, CallTaken)] == ["1002"]
    await system.counted(before, offered=1, answered=1)


async def test_f9_and_2_hand_the_citizen_to_119(system: System, chromium: Browser) -> None:
    before = await system.figures()
    async with at_desk(system, chromium, "1001") as desk, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await talk(call, desk)
        id_ = await system.call_id(call)
        await desk.press("F9")
        await desk.shows("#alarm", "移交紧急服务")
        await desk.press("2")
        row = await system.centre_call(id_)
        assert (row["dialled"], row["caller"], row["trunk"]) == ("119", citizen.setup.user, 1)
        await desk.shows("#alarm", "119 已接听")
        assert "第 1 线接听" in await desk.text("#alarm .ladder")
        await desk.situation("ready", within=60)
        assert call.ending is None
        await call.hang_up()
        await desk.page.locator("#alarm").wait_for(state="hidden")
        booked = await system.booked(id_)
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    linkage = await system.ledger.book.linkage(id_)
    assert linkage is not None
    assert (linkage.service, linkage.reason, linkage.linked) == ("119", "agent", True)
    await system.counted(before, offered=1, answered=1)
