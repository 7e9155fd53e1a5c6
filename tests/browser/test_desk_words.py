"""Live words on the desk: who said what, what is not firm yet, and what alarms."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import pytest

from agent_desk.said import Said
from hotline.words import Service
from tests.agent_desk.fakes import CALL
from tests.browser.kit import until
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
    level: Literal["", "amber", "red"] = "",
    gap_s: float | None = None,
) -> Said:
    return Said(
        call=CALL,
        leg=leg,
        text=text,
        final=final,
        from_s=1.0,
        at=dt.datetime(2026, 9, 28, 2, 42, 16, tzinfo=dt.UTC),
        alarm=alarm,
        level=level,
        service=Service.FIRE if level else None,
        gap_s=gap_s,
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


async def test_red_words_bring_a_row_and_one_key_hands_over(desk: Screen, place: Place) -> None:
    await talk(place, desk)
    why = "听到“着火”，像火情或救援（98%）"
    place.screens.said(SEAT, said("我家着火了", alarm=why, level="red"))
    await desk.shows("#alarm", "险情 119 火警")
    await desk.shows("#alarm", "像火情或救援")
    assert await desk.flaws() == []
    await desk.page.keyboard.press("F9")
    await until(lambda: bool(place.town.acts.asked))
    ((_, _, act),) = place.town.acts.asked
    assert (act.act, act.call, act.service) == ("hand_over", CALL, Service.FIRE)


async def test_amber_words_ask_first_and_what_is_put_away_stays_away(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    place.screens.said(SEAT, said("好像有烟味", alarm="听到“烟味”", level="amber"))
    await desk.shows("#alarm", "可能是险情 119 火警")
    await desk.page.keyboard.press("F9")
    await desk.shows("#alarm", "移交紧急服务")
    await desk.page.keyboard.press("Escape")
    await desk.page.keyboard.press("Escape")
    await desk.page.locator("#alarm").wait_for(state="hidden")
    place.screens.said(SEAT, said("还是有烟味", alarm="听到“烟味”", level="amber"))
    await desk.shows("#spoken", "还是有烟味")
    assert await desk.page.locator("#alarm").is_hidden()
    place.screens.said(SEAT, said("着火了", alarm="听到“着火”", level="red"))
    await desk.shows("#alarm", "险情 119 火警")
    assert not place.town.acts.asked


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
    await desk.page.locator("#words-new").wait_for(state="hidden", timeout=60_000)
    assert await desk.page.locator("#spoken li").last.is_visible()
