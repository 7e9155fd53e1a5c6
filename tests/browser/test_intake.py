"""What is known at intake, on the agent's desk: asked while the form fills, settled by a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_desk.intake_views import Intake
from hotline.words import CallId, Phone
from tests.agent_desk.fake_intakes import KNOWN, NEIGHBOUR, OWN, ZHONGSHAN
from tests.browser.album import take
from tests.browser.intake_scenes import INTAKE, asked, known_open, known_row, something_known
from tests.browser.kit import comes_true, until
from tests.browser.scenes import Scene, connects, ends, rings, talk, tells
from tests.browser.test_pure_modules import ask

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.browser.kit import Place, Screen

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.mark.parametrize("scene", INTAKE, ids=lambda scene: scene.name)
async def test_intake_has_no_flaws(chromium: Browser, scene: Scene) -> None:
    assert (await take(chromium, scene, None)).flaws == ()


async def saved_as(place: Place, desk: Screen) -> Intake:
    """Save the form; what it became."""
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#saved", "已保存")
    return place.town.tickets.intakes[-1]


@pytest.mark.clause("ZQ-7(五)", "ZS-13(三)", "GZ-10(三)")
async def test_told_again_without_news_the_words_to_say_are_recorded(
    place: Place, desk: Screen
) -> None:
    await something_known(place.town)
    await known_open(place, desk)
    await desk.shows("#known-list", "第七条（五）")
    await desk.page.click("#known-list [data-settle=again]")
    await desk.shows("#settled", f"告知{OWN.number}的情况")
    told = await saved_as(place, desk)
    assert (told.how, told.to, told.words) == ("again", OWN.number, OWN.say)


async def test_with_news_a_ticket_of_its_own_names_the_earlier_one(
    place: Place, desk: Screen
) -> None:
    await something_known(place.town)
    await known_open(place, desk)
    await desk.page.click("#known-list [data-settle=news]")
    told = await saved_as(place, desk)
    assert (told.how, told.to) == ("news", OWN.number)


async def test_another_callers_matter_is_joined_and_the_desk_says_so(
    place: Place, desk: Screen
) -> None:
    await something_known(place.town)
    await known_open(place, desk)
    await desk.page.click("#known-list [data-settle=join]")
    told = await saved_as(place, desk)
    assert (told.how, told.to) == ("join", NEIGHBOUR.number)
    await desk.shows("#saved", f"已并入{NEIGHBOUR.number}")


async def test_what_was_settled_can_be_taken_back_before_it_is_saved(
    place: Place, desk: Screen
) -> None:
    await something_known(place.town)
    await known_open(place, desk)
    await desk.page.click("#known-list [data-settle=again]")
    await desk.page.click("#settled button")
    await desk.shows("#known", "来电人反映过")
    assert await saved_as(place, desk) == Intake()


async def test_the_directorys_matter_is_taken_by_one_key(place: Place, desk: Screen) -> None:
    await something_known(place.town)
    await known_row(place, desk)
    await desk.shows("#item", "期限依本市办法：15个工作日〔第十一条（三）〕")
    await desk.page.keyboard.press("Alt+s")
    await desk.page.locator("#item").wait_for(state="hidden")
    assert await desk.page.input_value("[name=category]") == "建筑施工噪声"
    assert await desk.page.input_value("[name=unit]") == "区城市管理和综合执法局"


@pytest.mark.clause("ZQ-7", "ZS-14")
async def test_a_refusal_needs_a_case_and_its_words_and_an_emergency_its_number(
    place: Place, desk: Screen
) -> None:
    await tells(place, desk)
    await desk.page.keyboard.press("Alt+n")
    await desk.page.click("[data-do=settle-refusal]")
    await desk.shows("#refuse-said", "请先选一种情形")
    await desk.page.check("[name=refusal][value=outside_area]")
    await desk.page.click("[data-do=settle-refusal]")
    await desk.shows("#refuse-said", "请写明理由")
    await desk.page.fill("#refuse-words", "工地在邻市，已告诉拨打邻市12345")
    await desk.page.click("[data-do=settle-refusal]")
    await desk.shows("#settled", "第七条（一）")
    told = await saved_as(place, desk)
    assert (told.how, told.code) == ("refuse", "outside_area")


async def test_what_is_told_again_is_refused_only_with_its_earlier_ticket(
    place: Place, desk: Screen
) -> None:
    await something_known(place.town)
    await known_row(place, desk)
    await desk.page.keyboard.press("Alt+n")
    await desk.page.check("[name=refusal][value=repeated]")
    await desk.page.click("[data-do=settle-refusal]")
    await desk.shows("#refuse-said", "有无新情况")
    await desk.page.click("#refuse [data-do=known]")
    await desk.shows("#known-list", OWN.number)


async def test_what_an_agent_types_is_asked_about_once_and_again_after_a_break(
    place: Place, desk: Screen
) -> None:
    await talk(place, desk)
    await desk.page.fill("[name=summary]", "工地半夜打桩")
    await until(lambda: bool(asked(place.town)) and asked(place.town)[-1].summary != "")
    before = len(asked(place.town))
    place.town.intakes.known = KNOWN
    await desk.page.context.set_offline(True)
    await desk.shows("#offline", "断开")
    await desk.page.context.set_offline(False)
    await until(lambda: len(asked(place.town)) > before)
    await desk.shows("#known", "来电人反映过")


async def test_a_look_that_fails_costs_a_hint_and_no_call(place: Place, desk: Screen) -> None:
    place.town.intakes.fault = RuntimeError("no disk")
    await talk(place, desk)
    await desk.page.check("[name=type][value=投诉]")
    await desk.page.fill("[name=summary]", "工地半夜打桩")
    await until(lambda: bool(asked(place.town)))
    assert await saved_as(place, desk) == Intake()


async def test_the_lines_of_intake_are_made_without_a_page(desk: Screen) -> None:
    said = await ask(
        desk,
        "intake-model",
        "[m.formFrame(null), m.formFrame({call: 'c', state: 'saved', fields: {}}), m.knownLine([]),"
        " m.settledLine({how: 'join', to: '1'}), m.settledLine({how: '', region: '深圳市'}),"
        " m.intakeBody({how: ''}), m.limitLine({note: '', limit: '', basis: '甲', title: '乙'})]",
    )
    assert said == [
        None,
        None,
        "",
        "保存后并入1，办结后这位来电人同样回访",
        "建议异地转办：深圳市",
        None,
        "目录未定期限，依据甲〔乙〕",
    ]


async def test_a_form_that_is_not_saved_hides_nothing_that_waits(
    place: Place, desk: Screen
) -> None:
    await tells(place, desk)
    ends(place)
    other = CallId("22222222-0a4e-4a6e-9f1e-6f4a1b0c2d3e")
    rings(place, desk, other, Phone("13800006028"))
    connects(place, other, Phone("13800006028"))
    await comes_true(desk.page, "document.querySelector('[name=phone]').value === '138 0000 6028'")
    ends(place, other)
    await desk.shows("#caller", "我的待办")
    await desk.shows("#caller", "表未保存")


@pytest.mark.clause("ZS-23")
async def test_the_caller_is_asked_how_to_be_followed_up_and_a_reload_keeps_the_answer(
    place: Place, desk: Screen
) -> None:
    place.town.intakes.of_city = ZHONGSHAN
    await desk.page.reload()
    await tells(place, desk)
    await desk.shows("#follow-up-by", "回访方式 第二十三条")
    await desk.page.check("[name=follow-up-by][value=短信]", force=True)
    await desk.page.reload()
    await desk.page.wait_for_selector("[name=follow-up-by][value=短信]:checked", state="attached")
    assert (await saved_as(place, desk)).channel == "短信"
    await desk.page.wait_for_selector("#follow-up-by", state="hidden")


async def test_a_city_without_the_choice_does_not_ask(place: Place, desk: Screen) -> None:
    await tells(place, desk)
    assert await desk.page.locator("#follow-up-by").count() == 0
