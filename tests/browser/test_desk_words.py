"""Live words on the desk: who said what, what is not firm yet, and what alarms."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import pytest

from agent_desk.said import Said
from tests.agent_desk.fakes import CALL
from tests.browser.scenes import SEAT, talk

if TYPE_CHECKING:
    from tests.browser.kit import Place, Screen

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


def said(
    text: str,
    leg: Literal["caller", "agent"] = "caller",
    *,
    final: bool = True,
    alarm: str = "",
    gap_s: float | None = None,
) -> Said:
    at = dt.datetime(2026, 9, 28, 2, 42, 16, tzinfo=dt.UTC)
    return Said(
        call=CALL, leg=leg, text=text, final=final, from_s=1.0, at=at, alarm=alarm, gap_s=gap_s
    )


async def test_a_partial_is_replaced_and_a_final_stays(desk: Screen, place: Place) -> None:
    await talk(place, desk)
    place.screens.said(SEAT, said("我要投", final=False))
    await desk.shows("#spoken .live", "我要投")
    place.screens.said(SEAT, said("我要投诉噪声"))
    await desk.shows("#spoken .caller", "我要投诉噪声")
    assert await desk.page.locator("#spoken .live").count() == 0
    place.screens.said(SEAT, said("请问是哪个小区", "agent"))
    await desk.shows("#spoken .agent", "请问是哪个小区")
    await desk.shows("#spoken", "10:42:16")
    assert await desk.flaws() == []


async def test_why_words_alarm_and_how_long_nobody_listened_is_said(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    place.screens.said(SEAT, said("我家着火了", alarm="听到“着火”，像火情或救援（98%）"))
    place.screens.said(SEAT, said("", gap_s=3.6))
    await desk.shows("#spoken .life", "像火情")
    await desk.shows("#spoken .gap", "转写中断 4 秒")


async def test_a_long_conversation_keeps_the_newest_words_in_sight(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    for number in range(60):
        place.screens.said(SEAT, said(f"第 {number} 句话，说得比较长，为的是占满这一栏的高度"))
    await desk.shows("#spoken", "第 59 句话")
    newest = desk.page.locator("#spoken li").last
    box, zone = await newest.bounding_box(), await desk.page.locator(".z-course").bounding_box()
    assert box is not None
    assert zone is not None
    assert box["y"] + box["height"] <= zone["y"] + zone["height"] + 1


async def test_the_words_are_there_again_after_a_reload(desk: Screen, place: Place) -> None:
    await talk(place, desk)
    place.screens.said(SEAT, said("我要投诉噪声"))
    await desk.shows("#spoken", "我要投诉噪声")
    assert [words.text for words in place.screens.picture(SEAT).words] == ["我要投诉噪声"]
    await desk.page.reload()
    await desk.shows("#spoken", "我要投诉噪声")


async def test_who_scrolled_up_is_left_there_and_told_of_new_words(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    for number in range(60):
        place.screens.said(SEAT, said(f"第 {number} 句话，说得比较长，为的是占满这一栏的高度"))
    await desk.shows("#spoken", "第 59 句话")
    zone = desk.page.locator(".z-course .body")
    await zone.evaluate("(zone) => { zone.scrollTop = 40; }")
    place.screens.said(SEAT, said("还有一句"))
    place.screens.said(SEAT, said("再有一句"))
    await desk.shows("#words-new", "↓ 2 句新话")
    assert await zone.evaluate("(zone) => zone.scrollTop") == 40
    await desk.page.click("#words-new")
    await desk.page.locator("#words-new").wait_for(state="hidden", timeout=15_000)
    assert await desk.page.locator("#spoken li").last.is_visible()
