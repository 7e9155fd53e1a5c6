"""Answer cards beside the call: the right words, still under the hand, nothing internal adopted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent_desk.aids import Adopted
from hotline.knowledge import Content, Standing
from tests.agent_desk.fakes import CALL, MORNING
from tests.browser.heard import NOISE, PERMIT, ROUTING, answers, said
from tests.browser.scenes import SEAT, talk

if TYPE_CHECKING:
    from agent_desk.aids import AnswerCard
    from tests.browser.kit import Place, Screen

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

OTHER = replace(PERMIT, article="env-other", title="工地扬尘怎么反映", title_spans=())


async def shown(desk: Screen) -> list[str]:
    """The articles that stand there, by place."""
    cards = desk.page.locator("#answers .ans")
    return [str(await card.get_attribute("data-article")) for card in await cards.all()]


async def stand(place: Place, desk: Screen, *cards: AnswerCard) -> None:
    """A call with these cards."""
    await talk(place, desk)
    place.screens.aid(SEAT, answers(*cards))
    await desk.page.locator("#answers .ans").first.wait_for(timeout=60_000)


async def filled(desk: Screen) -> None:
    """What every ticket needs."""
    await desk.page.locator("#f-type label").filter(has_text="投诉").click()
    await desk.page.fill("[name=summary]", "夜间施工")


async def test_a_card_says_what_to_say_who_is_responsible_and_where_it_stands(
    desk: Screen, place: Place
) -> None:
    await stand(place, desk, NOISE, ROUTING)
    card = await desk.text("#answers .ans >> nth=0")
    assert NOISE.words in card
    assert "《中华人民共和国噪声污染防治法》第四十三条" in card
    assert "区城市管理和综合执法局" in card
    assert "演示数据" in card
    assert "第 2 版" in card
    marks = desk.page.locator("#answers .ans >> nth=0").locator("mark")
    assert await marks.all_inner_texts() == ["夜间", "施工噪声", "夜间", "施工作业"]


async def test_an_internal_card_is_stamped_and_cannot_be_adopted(
    desk: Screen, place: Place
) -> None:
    await stand(place, desk, NOISE, ROUTING)
    internal = desk.page.locator(".ans--inner")
    assert "内部 勿读给来电人" in await internal.inner_text()
    assert not await internal.locator("[data-do=adopt]").is_visible()
    await desk.page.keyboard.press("Alt+w")
    await desk.page.keyboard.press("Alt+q")
    await desk.shows("#answers .used", "已写入答复")
    assert ROUTING.words not in await desk.page.input_value("#f-reply")
    assert await internal.locator(".used").inner_text() == ""


async def test_adopting_writes_the_words_into_the_reply_and_pressing_again_takes_them_out(
    desk: Screen, place: Place
) -> None:
    await stand(place, desk, NOISE, PERMIT)
    await desk.page.focus("[name=summary]")
    await desk.page.keyboard.press("Alt+w")
    await desk.shows("#reply-from", "口径：夜间施工证明在哪里查")
    assert await desk.page.input_value("#f-reply") == PERMIT.words
    assert await desk.page.evaluate("document.activeElement.name") == "summary"
    await desk.page.keyboard.press("Alt+q")
    await desk.page.fill("#f-reply", f"您好。{await desk.page.input_value('#f-reply')}")
    await desk.page.reload()
    await desk.page.locator('[data-do=adopt][aria-pressed="true"]').nth(1).wait_for(timeout=60_000)
    assert await desk.page.input_value("#f-reply") == f"您好。{PERMIT.words}\n{NOISE.words}"
    assert await desk.flaws() == []
    await desk.page.keyboard.press("Alt+w")
    await (
        desk.page.locator('[data-do=adopt][aria-pressed="true"]')
        .nth(1)
        .wait_for(state="detached", timeout=60_000)
    )
    assert await desk.page.input_value("#f-reply") == f"您好。\n{NOISE.words}"
    await desk.page.fill("#f-reply", "禁止夜间施工，今晚派人去看。")
    await desk.shows("#reply-from", "已改动")
    await desk.page.click("#reply-from [data-undo]")
    await desk.page.locator("#reply-from").wait_for(state="hidden", timeout=60_000)
    assert await desk.page.input_value("#f-reply") == "禁止夜间施工，今晚派人去看。"


async def test_a_reply_that_answers_at_once_ends_the_matter_and_is_not_kept_here(
    desk: Screen, place: Place
) -> None:
    await stand(place, desk, NOISE)
    await desk.page.check("#f-direct")
    await desk.shows("#reply-wrong", "要写明答复了什么")
    await desk.page.keyboard.press("Alt+q")
    await desk.page.locator("#reply-wrong").wait_for(state="hidden", timeout=60_000)
    await desk.shows("#settled", "保存后即为已直接答复")
    await filled(desk)
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#saved", "已保存")
    intake = place.town.tickets.intakes[-1]
    assert (intake.how, intake.reply) == ("answer", NOISE.words)
    assert place.town.tickets.adopted == [(Adopted(article=NOISE.article, version=2),)]
    kept = await desk.page.evaluate("JSON.stringify(localStorage)")
    assert NOISE.words[:10] not in kept


async def test_what_was_adopted_and_withdrawn_since_is_marked_beside_the_reply(
    desk: Screen, place: Place
) -> None:
    await stand(place, desk, NOISE)
    await desk.page.keyboard.press("Alt+q")
    place.screens.aid(SEAT, replace(answers(), gone=(NOISE.article,)))
    await desk.shows("#reply-from", "已停用或更新，请核对")


async def test_the_agents_own_search_brings_cards_that_can_be_adopted_and_is_told_to_the_editors(
    desk: Screen, place: Place
) -> None:
    town = place.town
    content = Content(title="宠物医院怎么登记", words="到农业农村局登记。", unit="区农业农村局")
    town.knowledge.put("pet", content, Standing.PUBLISHED, MORNING)
    await talk(place, desk)
    await desk.page.keyboard.press("Control+k")
    await desk.page.keyboard.type("登记")
    await desk.page.keyboard.press("Enter")
    card = desk.page.locator("[data-found=pet]")
    await card.wait_for(timeout=60_000)
    await card.locator("[data-do=adopt]").click()
    await desk.shows("#reply-from", "宠物医院怎么登记")
    assert await desk.page.input_value("#f-reply") == "到农业农村局登记。"
    assert town.reading.beside[0] == (CALL, "pet", 1)
    assert await desk.flaws() == []
    await desk.page.fill("#find-q", "鹦鹉螺")
    await desk.page.keyboard.press("Enter")
    await desk.shows("#found-said", "没有找到“鹦鹉螺”，已记给知识编辑")
    asked = [what for name, what in town.knowledge.work.done if name == "asked"]
    assert asked == [("登记", True), ("鹦鹉螺", False)]
    await desk.page.keyboard.press("Escape")
    await desk.page.locator("#found-box").wait_for(state="hidden", timeout=60_000)


async def test_where_nothing_can_be_searched_the_agent_is_told_why(
    desk: Screen, place: Place
) -> None:
    desk.expected = ("503", "ERR_INTERNET", "WebSocket")
    place.town.reading.trouble = "索引正在建立"
    await desk.page.fill("#find-q", "登记")
    await desk.page.press("#find-q", "Enter")
    await desk.shows("#found-said", "现在不能搜：索引正在建立")
    await desk.context.set_offline(True)
    await desk.page.press("#find-q", "Enter")
    await desk.shows("#found-said", "服务器连不上")


async def test_the_adopted_cards_are_sent_with_the_ticket_and_not_with_the_next(
    desk: Screen, place: Place
) -> None:
    await stand(place, desk, NOISE, PERMIT)
    await desk.page.keyboard.press("Alt+q")
    await desk.page.keyboard.press("Alt+w")
    await desk.page.locator('[data-do=adopt][aria-pressed="true"]').nth(1).wait_for(timeout=60_000)
    await desk.page.keyboard.press("Alt+w")
    await (
        desk.page.locator('[data-do=adopt][aria-pressed="true"]')
        .nth(1)
        .wait_for(state="detached", timeout=60_000)
    )
    await filled(desk)
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#saved", "已保存")
    adopted = (Adopted(article=NOISE.article, version=NOISE.version),)
    assert place.town.tickets.adopted == [adopted]
    await desk.page.click("[data-do=another]")
    await filled(desk)
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#saved", "已保存")
    assert place.town.tickets.adopted == [adopted, ()]


async def test_a_card_under_the_pointer_does_not_move_until_the_hand_is_away(
    desk: Screen, place: Place
) -> None:
    await stand(place, desk, NOISE, ROUTING, PERMIT)
    await desk.page.hover("[data-article=env-night-permit]")
    before = await desk.page.locator("[data-article=env-night-permit]").bounding_box()
    place.screens.aid(SEAT, answers(OTHER, NOISE))
    await desk.shows("#answers-new", "有新答案 1")
    assert await shown(desk) == ["env-night-work", "in-noise-routing", "env-night-permit"]
    assert await desk.page.locator("[data-article=env-night-permit]").bounding_box() == before
    await desk.page.hover("#tel")
    await desk.page.locator("[data-article=env-other]").wait_for(timeout=60_000)
    assert await shown(desk) == ["env-other", "env-night-work"]
    assert not await desk.page.is_visible("#answers-new")


async def test_new_answers_can_be_called_for_while_the_focus_is_among_the_old(
    desk: Screen, place: Place
) -> None:
    await stand(place, desk, NOISE)
    await desk.page.focus("[data-article=env-night-work] [data-do=adopt]")
    place.screens.aid(SEAT, answers(OTHER))
    await desk.shows("#answers-new", "有新答案 1")
    await desk.page.click("#answers-new")
    await desk.page.locator("[data-article=env-other]").wait_for(timeout=60_000)


async def test_a_card_that_stays_is_the_same_element(desk: Screen, place: Place) -> None:
    await stand(place, desk, NOISE, PERMIT)
    await desk.page.evaluate(
        "globalThis.kept = document.querySelector('[data-article=env-night-work]')"
    )
    place.screens.aid(SEAT, answers(replace(NOISE, rank=3, words_spans=()), OTHER))
    await desk.page.locator("[data-article=env-other]").wait_for(timeout=60_000)
    assert await desk.page.evaluate("kept.isConnected && !kept.querySelector('.say mark')")


async def test_a_card_is_opened_whole_by_key(desk: Screen, place: Place) -> None:
    await stand(place, desk, NOISE, replace(PERMIT, words="很长的口径。" * 60))
    whole = desk.page.locator("[data-article=env-night-permit]")
    before = await whole.bounding_box()
    await desk.page.keyboard.press("Alt+6")
    await desk.page.locator("[data-article=env-night-permit].ans--open").wait_for(timeout=60_000)
    after = await whole.bounding_box()
    assert before
    assert after
    assert after["height"] > before["height"] + 100
    assert await desk.flaws() == []
    await desk.page.keyboard.press("Alt+6")
    assert await whole.locator("[data-do=open-answer]").get_attribute("aria-expanded") == "false"


async def test_no_answer_is_said_in_words(desk: Screen, place: Place) -> None:
    await desk.shows("#answers-empty", "没有通话")
    await talk(place, desk)
    await desk.shows("#answers-empty", "等来电人开口")
    place.screens.said(SEAT, said(0))
    await desk.shows("#answers-empty", "正在听")
    place.screens.aid(SEAT, answers())
    await desk.shows("#answers-empty", "没有相近的口径")


async def test_without_the_server_the_old_cards_stand_grey_with_their_time(
    desk: Screen, place: Place
) -> None:
    desk.expected = ("ERR_INTERNET", "WebSocket")
    await stand(place, desk, NOISE)
    await desk.context.set_offline(True)
    await desk.shows("#answers-old", "连不上服务器，这是 10:42:", within=60)
    await desk.context.set_offline(False)
    await desk.page.locator("#answers-old").wait_for(state="hidden", timeout=60_000)
    assert await shown(desk) == ["env-night-work"]


async def test_cards_are_those_of_the_call_on_the_screen(desk: Screen, place: Place) -> None:
    await stand(place, desk, NOISE)
    place.screens.aid(SEAT, answers(OTHER, call=type(CALL)("elsewhere")))
    place.screens.aid(SEAT, answers(NOISE, PERMIT))
    await desk.page.locator("[data-article=env-night-permit]").wait_for(timeout=60_000)
    assert await shown(desk) == ["env-night-work", "env-night-permit"]
